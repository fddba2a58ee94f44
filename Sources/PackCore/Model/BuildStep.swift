/// One command of a build, as data: what `packc plan` prints is what the executor runs.
///
/// Paths and arguments may hold these variables, which the executor replaces; a plan is the same for every directory:
///
///     ${source}  the copy of the project in which the steps run (the default working directory)
///     ${work}    where outputs are left, empty at first
///     ${cache}   the pack's cache that outlives builds; only the directories named in `cacheDirectories` exist below it
///     ${pack}    the pack's own directory, read only
public struct BuildStep: Hashable, Sendable {
  /// Unique in the plan: lower-case letters, digits and dashes.
  public var id: String
  public var argv: [String]
  /// Relative to `${source}`.
  public var workingDirectory: RootPath
  public var environment: [String: String]
  /// What the step depends on: paths below `${source}` (files or directories; `.` is all of it), and `${work}/…` for
  /// outputs of earlier steps. Empty means everything.
  public var inputs: [String]
  /// Names below `${work}` that the step must have made when it ends.
  public var outputs: [RootPath]
  /// Text files written before the step starts, by path (with variables): a resolved lock, a small script.
  public var files: [String: String]
  /// True only for a fetch step.
  public var network: Bool
  public var cacheDirectories: [RootPath]
  /// Host paths (a tool and what it brings) whose identity is part of the step's: a new compiler runs it again.
  public var tools: [String]
  /// Top-level directories that exist for the step only, by absolute path, and what they show: a directory below
  /// `${work}` or `${source}`. For tools whose outputs hold the absolute path of the image that they are made for.
  public var mounts: [RootPath: String]

  public init(
    id: String, argv: [String], workingDirectory: RootPath = .root, environment: [String: String] = [:],
    inputs: [String] = [], outputs: [RootPath] = [], files: [String: String] = [:], network: Bool = false,
    cacheDirectories: [RootPath] = [], tools: [String] = [], mounts: [RootPath: String] = [:]
  ) {
    self.id = id
    self.argv = argv
    self.workingDirectory = workingDirectory
    self.environment = environment
    self.inputs = inputs
    self.outputs = outputs
    self.files = files
    self.network = network
    self.cacheDirectories = cacheDirectories
    self.tools = tools
    self.mounts = mounts
  }

  public init(_ reader: JSONReader) throws {
    id = try reader.required("id").string()
    guard !id.isEmpty, id.utf8.count <= 64,
      id.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    else { throw reader.failure("a step's id is lower-case letters, digits and dashes") }
    let argvReader = try reader.required("argv")
    argv = try argvReader.strings()
    guard !argv.isEmpty, argv.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw argvReader.failure("a command needs a program, and no argument holds a NUL")
    }
    workingDirectory = try reader.optional("cwd")?.rootPath() ?? .root
    environment = try reader.optional("env")?.stringMap() ?? [:]
    inputs = try reader.optional("inputs")?.strings() ?? []
    outputs = try reader.optional("outputs")?.array().map { try $0.rootPath() } ?? []
    files = try reader.optional("files")?.stringMap() ?? [:]
    network = try reader.optional("network")?.bool() ?? false
    cacheDirectories = try reader.optional("cache_dirs")?.array().map { try $0.rootPath() } ?? []
    tools = try reader.optional("tools")?.strings() ?? []
    mounts = try Self.mounts(reader.optional("mounts"))
  }

  private static func mounts(_ reader: JSONReader?) throws -> [RootPath: String] {
    guard let reader else { return [:] }
    return try reader.stringMap().reduce(into: [:]) { mounts, pair in
      guard pair.key.hasPrefix("/"), let place = RootPath(pair.key) else {
        throw reader.failure("\"\(pair.key)\" is not an absolute path")
      }
      mounts[place] = pair.value
    }
  }

  public var json: JSONValue {
    var object: [String: JSONValue] = ["id": .string(id), "argv": JSONValue(strings: argv)]
    if !workingDirectory.isRoot { object["cwd"] = JSONValue(workingDirectory) }
    if !environment.isEmpty { object["env"] = JSONValue(strings: environment) }
    if !inputs.isEmpty { object["inputs"] = JSONValue(strings: inputs) }
    if !outputs.isEmpty { object["outputs"] = .array(outputs.map { JSONValue($0) }) }
    if !files.isEmpty { object["files"] = JSONValue(strings: files) }
    if network { object["network"] = true }
    if !cacheDirectories.isEmpty { object["cache_dirs"] = .array(cacheDirectories.map { JSONValue($0) }) }
    if !tools.isEmpty { object["tools"] = JSONValue(strings: tools) }
    if !mounts.isEmpty {
      object["mounts"] = .object(Dictionary(uniqueKeysWithValues: mounts.map { ($0.key.absolute, .string($0.value)) }))
    }
    return .object(object)
  }
}

extension JSONReader {
  /// A path that stays inside its root; `.` is the root.
  public func rootPath() throws -> RootPath {
    let text = try string()
    if text == "." { return .root }
    guard let path = RootPath(text) else {
      throw failure("\"\(text)\" is not a path inside its root (no \"..\", no \".\")")
    }
    return path
  }
}
