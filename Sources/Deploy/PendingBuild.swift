internal import Kernel
public import PackCore
internal import Runner

/// `build.json`: the first stage of a deployment whose project has to be built. The command writes it, under the deployment's
/// lock; the builder adds why it failed; when the release is there it goes away.
public struct PendingBuild: Sendable {
  static let schema: Int64 = 1

  /// The operation that it is the first stage of.
  public let operation: String
  /// Random; stands in the environment of the builder (`DeploymentRecord.mark`).
  public let id: String
  /// Nanoseconds since the epoch.
  public let began: Int64
  public let bootID: String
  public let call: DeployCall
  public let draft: DeployDraft
  /// Drift is meant.
  public let confirms: Bool
  /// Volumes are copied before the new release takes them over.
  public let backsUp: Bool
  /// Nil while it goes on, or when nobody was left to write it.
  public var failure: Failure?

  init(_ operation: String, _ call: DeployCall, _ draft: DeployDraft, confirms: Bool, backsUp: Bool) {
    self.operation = operation
    id = String((0..<24).map { _ in "0123456789abcdef".randomElement() ?? "0" })
    began = WallClock.now()
    bootID = ProcessIdentity.currentBootID()
    self.call = call
    self.draft = draft
    self.confirms = confirms
    self.backsUp = backsUp
  }

  /// The command that builds it again.
  func again(_ name: String) -> String {
    "packc deploy \(draft.spec.source.map(ShellWord.quoted) ?? "DIR") --name \(name)"
  }

  // MARK: - What is seen

  /// With `failure` when it failed or its builder is gone; nil when nothing is built.
  static func seen(_ directory: MachineDirectory) throws -> PendingBuild? {
    for attempt in 0... {
      // Asked before the file is read: a builder that ends has written its last word before.
      let lives = try FileLock.isHeld(directory.buildLock)
      guard var build = try read(directory) else { return nil }
      if lives || build.failure != nil { return build }
      if try FileLock.isHeld(directory.lock) { return build }
      // It may have begun between the two looks.
      guard attempt > 0 else { continue }
      build.failure = DeployFailure.buildKilled(
        directory.name, build, isSameBoot: build.bootID == ProcessIdentity.currentBootID())
      return build
    }
    return nil
  }

  // MARK: - The file

  static func read(_ directory: MachineDirectory) throws -> PendingBuild? {
    try StoredDocument.read(directory.build, schema: schema) { try PendingBuild(json: $0) }
  }
  func write(_ directory: MachineDirectory) throws { try StoredDocument.write(json, to: directory.build) }

  var json: JSONValue {
    JSONValue(compact: [
      "schema": .integer(Self.schema), "operation": .string(operation), "id": .string(id), "began": .integer(began),
      "boot_id": .string(bootID), "call": call.json, "spec": draft.spec.json,
      "image_ports": .bool(draft.takesImagePorts),
      "confirms": .bool(confirms), "backs_up": .bool(backsUp), "failure": failure?.json,
    ])
  }

  init(json reader: JSONReader) throws {
    operation = try reader.required("operation").string()
    id = try reader.required("id").string()
    guard id.utf8.count == 24 else { throw reader.failure("\"id\" is not one of ours") }
    began = try reader.required("began").integer()
    bootID = try reader.required("boot_id").string()
    call = try DeployCall(json: try reader.required("call"))
    draft = DeployDraft(
      spec: try DeploymentSpec(json: try reader.required("spec")),
      takesImagePorts: try reader.required("image_ports").bool())
    confirms = try reader.required("confirms").bool()
    backsUp = try reader.required("backs_up").bool()
    failure = try reader.optional("failure").map {
      guard let failure = Failure(written: $0.value) else { throw $0.failure("not an error") }
      return failure
    }
  }
}

/// A command line whose build is carried out elsewhere.
public struct DeployCall: Sendable {
  public let directory: HostPath
  public let operands: [String]
  public let flags: [String: [String]]

  public init(directory: HostPath, operands: [String], flags: [String: [String]]) {
    self.directory = directory
    self.operands = operands
    self.flags = flags
  }

  var json: JSONValue {
    [
      "directory": JSONValue(directory), "operands": JSONValue(strings: operands),
      "flags": .object(flags.mapValues { JSONValue(strings: $0) }),
    ]
  }
  init(json reader: JSONReader) throws {
    directory = HostPath(try reader.required("directory").string())
    operands = try reader.required("operands").strings()
    let flags = try reader.required("flags")
    self.flags = try Dictionary(
      uniqueKeysWithValues: (flags.value.object ?? [:]).keys.map { ($0, try flags.required($0).strings()) })
  }
}

/// What a deployment will be when its image is there: of `spec` everything but the image counts.
public struct DeployDraft: Sendable {
  public var spec: DeploymentSpec
  /// The ports that the image names are published.
  public var takesImagePorts: Bool

  public init(spec: DeploymentSpec, takesImagePorts: Bool) {
    self.spec = spec
    self.takesImagePorts = takesImagePorts
  }

  public func complete(_ image: ReleaseStore.Candidate, container: Digest?) throws -> DeploymentSpec {
    var spec = spec
    spec.image = image.digest
    spec.container = container
    if takesImagePorts {
      spec.publish = image.machine.ports.map { PublishedPort(hostPort: $0.number, guest: $0) }
    }
    for reference in spec.keptVolumes { _ = try reference.place(in: image.machine.volumes) }
    return spec
  }

  /// Of no image: what stands in a draft.
  public static let noImage = Digest(of: [])
}

extension Failure {
  /// As `json` has written it; nil for what is none.
  init?(written json: JSONValue) {
    guard let code = json["code"]?.string else { return nil }
    let place = json["location"]
    self.init(
      code, json["message"]?.string ?? code, hint: json["hint"]?.string,
      at: place?["path"]?.string.map {
        SourceLocation(
          path: $0, line: place?["line"]?.integer.map { Int($0) }, column: place?["column"]?.integer.map { Int($0) })
      }, exit: ExitCode(rawValue: Int32(clamping: json["exit"]?.integer ?? 1)), cause: json["cause"]?.string)
  }
}
