internal import PackCore
internal import Runner

/// `machine.json`: what a deployment should be, and its releases. Commands write it under the deployment's lock, in one step.
public struct DeploymentRecord: Hashable, Sendable {
  public struct Release: Hashable, Sendable {
    /// From 1; never given twice.
    public let number: Int
    /// Nanoseconds since the epoch.
    public let created: Int64
    /// `deploy`, `rollback to 3`
    public let why: String
    public let spec: DeploymentSpec
  }

  public static let schema: Int64 = 1
  /// Older releases are forgotten.
  static let kept = 10

  public private(set) var name: String
  /// Random; stands in the environment of every process of the deployment (`mark`).
  public private(set) var id: String
  public let created: Int64
  /// It should run: `stop` was not the last word.
  public var isWanted: Bool
  /// In order of their numbers.
  public var releases: [Release]
  public var current: Int
  /// The deployment that this one is a replica of (`packc scale`).
  public private(set) var replicaOf: String?
  /// What is gone back to when the current one does not become ready.
  public var fallback: Int?

  /// The variable that finds its processes.
  public static let mark = "PACKC_MACHINE"

  public init(name: String, spec: DeploymentSpec, replicaOf: String? = nil, now: Int64) {
    self.name = name
    self.replicaOf = replicaOf
    id = Self.newID()
    created = now
    isWanted = true
    releases = [Release(number: 1, created: now, why: "deploy", spec: spec)]
    current = 1
  }

  private static func newID() -> String {
    String((0..<24).map { _ in "0123456789abcdef".randomElement() ?? "0" })
  }

  /// The same under another name, as one that does not run yet: with a mark of its own, and nobody's replica.
  ///
  /// - Parameter renames: the names that its volumes have from now on, where those are others.
  func restored(as name: DeploymentName, volumes renames: [VolumeName: VolumeName]) -> DeploymentRecord {
    var copy = self
    copy.name = "\(name)"
    copy.id = Self.newID()
    copy.replicaOf = nil
    copy.isWanted = false
    copy.releases = releases.map { release in
      var spec = release.spec
      spec.keptVolumes = spec.keptVolumes.map { $0.named(renames[$0.name] ?? $0.name) }
      return Release(number: release.number, created: release.created, why: release.why, spec: spec)
    }
    return copy
  }

  /// With this release alone, which is the current one.
  func reduced(to release: Release) -> DeploymentRecord {
    var copy = self
    copy.releases = [release]
    copy.current = release.number
    copy.fallback = nil
    return copy
  }

  /// Volumes that packc keeps and one of the releases names, sorted, each once.
  var volumeNames: [VolumeName] {
    Set(releases.flatMap(\.spec.keptVolumes).map(\.name)).sorted { $0.description < $1.description }
  }
  /// Files of this host that are the disks of a release, each once.
  var volumeFiles: [AttachedVolume] {
    var seen: Set<HostPath> = []
    return releases.flatMap(\.spec.volumes).filter { seen.insert($0.file).inserted }
  }
  var secretNames: [String] { Set(releases.flatMap(\.spec.secrets).map { "\($0.name)" }).sorted() }

  public func release(_ number: Int) -> Release? { releases.first { $0.number == number } }

  /// Appends a release and makes it the current one; `ready` is what is gone back to.
  mutating func add(_ spec: DeploymentSpec, why: String, fallback ready: Int?, now: Int64) {
    let number = (releases.last?.number ?? 0) + 1
    releases.append(Release(number: number, created: now, why: why, spec: spec))
    current = number
    fallback = ready
    if releases.count > Self.kept {
      releases = releases.filter { $0.number > number - Self.kept || $0.number == ready }
    }
  }

  /// The release that runs, or would: one that failed gives way to what was there before it.
  public func effective(_ outcomes: ReleaseOutcomes) -> Release {
    if outcomes[current] == .failed, let fallback, let release = release(fallback) { return release }
    // `init(json:)` and `add` see to it that there is one.
    return release(current) ?? releases[releases.count - 1]
  }

  // MARK: - The file

  /// - Returns: nil when there is none.
  /// - Throws: `state_newer`, `state_damaged`, which name the file.
  static func read(_ directory: MachineDirectory) throws -> DeploymentRecord? {
    try StoredDocument.read(directory.record, schema: schema) { try DeploymentRecord(json: $0) }
  }

  func write(_ directory: MachineDirectory) throws {
    try StoredDocument.write(json, to: directory.record)
  }

  var json: JSONValue {
    JSONValue(compact: [
      "schema": .integer(Self.schema), "name": .string(name), "id": .string(id), "created": .integer(created),
      "wanted": .bool(isWanted), "current": .integer(Int64(current)), "fallback": fallback.map { .integer(Int64($0)) },
      "replica_of": replicaOf.map(JSONValue.string),
      "releases": .array(
        releases.map {
          [
            "number": .integer(Int64($0.number)), "created": .integer($0.created), "why": .string($0.why),
            "spec": $0.spec.json,
          ]
        }),
    ])
  }

  init(json reader: JSONReader) throws {
    name = try reader.required("name").string()
    id = try reader.required("id").string()
    guard id.utf8.count == 24 else { throw reader.failure("\"id\" is not one of ours") }
    created = try reader.required("created").integer()
    replicaOf = try reader.optional("replica_of")?.string()
    isWanted = try reader.required("wanted").bool()
    let range = Int64(1)...Int64(Int32.max)
    current = Int(try reader.required("current").integer(in: range))
    fallback = try reader.optional("fallback").map { Int(try $0.integer(in: range)) }
    releases = try reader.required("releases").array().map {
      Release(
        number: Int(try $0.required("number").integer(in: range)), created: try $0.required("created").integer(),
        why: try $0.required("why").string(), spec: try DeploymentSpec(json: try $0.required("spec")))
    }
    guard release(current) != nil else { throw reader.failure("the current release is not among the releases") }
  }
}

/// `outcomes.json`: which releases became ready. Only supervisors write it (and a command that could not start one).
public struct ReleaseOutcomes: Hashable, Sendable {
  public enum Outcome: String, Sendable { case ready, failed }
  private var outcomes: [String: Outcome] = [:]
  private var reasons: [String: String] = [:]

  public init() {}
  public subscript(number: Int) -> Outcome? {
    get { outcomes[String(number)] }
    set { outcomes[String(number)] = newValue }
  }

  /// It did not become ready. Of one release the reason is kept: nobody asks for those before it.
  mutating func fail(_ number: Int, _ reason: String) {
    self[number] = .failed
    reasons = [String(number): reason]
  }
  /// Why it did not become ready, where that is known.
  func reason(_ number: Int) -> String? { reasons[String(number)] }

  static func read(_ directory: MachineDirectory) throws -> ReleaseOutcomes {
    try StoredDocument.read(directory.outcomes, schema: 1) { document in
      var found = try ReleaseOutcomes(json: try document.required("outcomes"))
      found.reasons = try document.optional("reasons")?.stringMap() ?? [:]
      return found
    } ?? ReleaseOutcomes()
  }
  func write(_ directory: MachineDirectory) throws {
    let reasons = reasons.isEmpty ? nil : JSONValue(strings: reasons)
    try StoredDocument.write(
      JSONValue(compact: ["schema": 1, "outcomes": json, "reasons": reasons]), to: directory.outcomes)
  }

  var json: JSONValue { JSONValue(strings: outcomes.mapValues(\.rawValue)) }
  init(json reader: JSONReader) throws { outcomes = try reader.stringMap().compactMapValues { Outcome(rawValue: $0) } }
}

/// Documents of the state directory: with a version that is looked at first, replaced in one step.
enum StoredDocument {
  private static let limit = 8 << 20

  static func read<T>(_ path: HostPath, schema: Int64, _ body: (JSONReader) throws -> T) throws -> T? {
    guard let bytes = try readIfThere(path) else { return nil }
    do {
      let reader = JSONReader(try JSONParser.parse(bytes, name: path.description))
      let found = try reader.required("schema").integer(in: 1 ... .max)
      guard found <= schema else { throw DeployFailure.newer(path, found) }
      return try body(reader)
    } catch let failure as Failure {
      if failure.code == "state_newer" { throw failure }
      throw DeployFailure.damaged(path, failure.location.map { "\($0): \(failure.message)" } ?? failure.message)
    }
  }

  /// It may be gone between a look and the reading.
  private static func readIfThere(_ path: HostPath) throws -> [UInt8]? {
    do { return try FileSystem.readIfPresent(path, limit: limit) } catch {
      guard try FileSystem.status(path) != nil else { return nil }
      throw error
    }
  }

  static func write(_ json: JSONValue, to path: HostPath) throws {
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(json), to: path, mode: 0o600)
  }
}
