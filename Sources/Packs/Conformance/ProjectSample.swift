internal import PackCore

/// A project on which a pack is tried: a directory below the pack's own `test`, or one that somebody names.
struct ProjectSample {
  /// What `expect.json` beside the project's files says; it is no part of the project.
  struct Expectation {
    var status: PackStatus?
    var confidence: Int?
    var role: DetectRole?
    var candidates: [String]?
    /// `--app` of the plan.
    var app: String?
    var entrypoint: [String]?
    var ports: [String]?
    /// The code with which the plan is refused.
    var error: String?
  }

  static let expectationFile = RootPath(literal: "expect.json")

  let name: String
  let directory: HostPath
  let expectation: Expectation

  init(name: String, directory: HostPath) throws {
    self.name = name
    self.directory = directory
    let path = directory / Self.expectationFile
    guard let bytes = try FileSystem.readIfPresent(path, limit: 1 << 20) else {
      expectation = Expectation()
      return
    }
    expectation = try Expectation(JSONReader(try JSONParser.parse(bytes, name: path.description)))
  }

  /// The samples that a pack brings, by name.
  static func all(of pack: HostPath) throws -> [ProjectSample] {
    let place = pack / "test"
    guard FileSystem.isDirectory(place) else { return [] }
    return try DirectoryWalk.names(in: place).compactMap { bytes in
      let directory = place / HostPath(bytes: bytes)
      guard FileSystem.isDirectory(directory), directory.name != StandIns.directoryName else { return nil }
      return try ProjectSample(name: directory.name, directory: directory)
    }
  }

  /// Whether a plan is asked for.
  var isPlanned: Bool {
    if expectation.status == .notApplicable || expectation.status == .error { return false }
    return (expectation.candidates ?? []).isEmpty || expectation.app != nil || expectation.error != nil
  }
  /// Whether that plan is to be a good one.
  var givesPlan: Bool { isPlanned && expectation.error == nil }

  // MARK: Copies

  private static let leftOut = [".git", ".hg", ".svn", ".packc"].map { Array($0.utf8) }
  private static let maximumFiles = 20_000

  /// Copies the project to `target`, which does not exist. `reversed` makes the files in the other order, for tools that
  /// take a directory's as it comes.
  func copy(to target: HostPath, reversed: Bool = false) throws {
    let entries = try DirectoryWalk.sortedByPath(directory) { entry in
      let isLeftOut = Self.leftOut.contains { $0[...] == entry.path.nameBytes } || entry.path == Self.expectationFile
      return isLeftOut || entry.status.kind == .other ? .skip : .take
    }
    guard entries.count <= Self.maximumFiles else {
      throw Failure(
        "sample_too_large", "\(directory) holds more than \(Self.maximumFiles) files",
        hint: "a sample for the conformance suite is a small project", exit: .badInput)
    }
    try FileSystem.createDirectory(target)
    for entry in entries where entry.status.kind == .directory { try FileSystem.createDirectory(target / entry.path) }
    for entry in reversed ? entries.reversed() : entries {
      switch entry.status.kind {
      case .file:
        let mode: UInt32 = entry.status.isExecutable ? 0o755 : 0o644
        try FileSystem.copyFile(directory / entry.path, to: target / entry.path, mode: mode)
      case .link: try FileSystem.createLink(target / entry.path, to: FileSystem.linkTarget(directory / entry.path))
      case .directory, .other: continue
      }
    }
  }
}

extension ProjectSample.Expectation {
  private static let keys: Set<String> = [
    "status", "confidence", "role", "candidates", "app", "entrypoint", "ports", "error",
  ]

  init(_ reader: JSONReader) throws {
    for key in (reader.value.object ?? [:]).keys.sorted() where !Self.keys.contains(key) {
      throw reader.failure("\"\(key)\" is none of \(Self.keys.sorted().joined(separator: ", "))")
    }
    status = try reader.optional("status").map { try Self.known(PackStatus.init, $0) }
    confidence = try reader.optional("confidence").map { Int(try $0.integer(in: 0...100)) }
    role = try reader.optional("role").map { try Self.known(DetectRole.init, $0) }
    candidates = try reader.optional("candidates")?.strings()
    app = try reader.optional("app")?.string()
    entrypoint = try reader.optional("entrypoint")?.strings()
    ports = try reader.optional("ports")?.strings()
    error = try reader.optional("error")?.string()
  }

  private static func known<T>(_ make: (String) -> T?, _ reader: JSONReader) throws -> T {
    guard let value = make(try reader.string()) else { throw reader.failure("unknown value") }
    return value
  }
}
