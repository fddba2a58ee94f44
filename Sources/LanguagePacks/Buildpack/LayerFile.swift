internal import PackCore

/// `<layers>/<layer>.toml`: what a layer is for.
struct LayerFile {
  var launch: Bool
  var build: Bool
  var cache: Bool
  /// The document without `[types]`: what the next build gets back.
  var rest: JSONValue

  var isIgnored: Bool { !launch && !build && !cache }

  init(_ bytes: [UInt8], shown: String) throws {
    let reader = try TOMLReader(bytes, path: shown)
    let types = try reader.optional("types")
    let metadata = try reader.optional("metadata")
    let isOurs = try metadata?.value.table == nil || BuildpackDescriptor.runsInProduction(metadata ?? reader)
    launch = try types?.optional("launch")?.bool() ?? false && isOurs
    build = try types?.optional("build")?.bool() ?? false && isOurs
    cache = try types?.optional("cache")?.bool() ?? false
    var object = try reader.table().json
    object["types"] = nil
    rest = .object(object)
  }
}

/// `<layers>/launch.toml`: what can be started.
struct LaunchFile {
  struct Process {
    var type: String
    var command: [String]
    var arguments: [String]
    /// False: the command is a line for a shell (Buildpack API 0.8 and older).
    var direct: Bool
    var isDefault: Bool
    var directory: String?
    /// `samples/hello-world@0.0.1: launch.toml:3`
    var source: String = ""
  }
  var processes: [Process]
  var labels: [(key: String, value: String)]
  /// There are slices, or an old bill of materials.
  var ignored: [String]

  static let nothing = LaunchFile(processes: [], labels: [], ignored: [])

  private init(processes: [Process], labels: [(key: String, value: String)], ignored: [String]) {
    (self.processes, self.labels, self.ignored) = (processes, labels, ignored)
  }

  /// `owner`: the buildpack that wrote it.
  init(_ bytes: [UInt8], of owner: BuildpackDescriptor) throws {
    let reader = try TOMLReader(bytes, path: "launch.toml of \(owner.name)")
    let processes =
      try reader.optional("processes")?.array().compactMap { element -> Process? in
        guard try BuildpackDescriptor.runsInProduction(element) else { return nil }
        var process = try Self.process(element, owner.api)
        process.source = element.location.description
        return process
      } ?? []
    var seen: Set<String> = []
    for process in processes where !seen.insert(process.type).inserted {
      throw reader.failure("two processes have the type \"\(process.type)\"")
    }
    guard processes.count(where: \.isDefault) <= 1 else { throw reader.failure("two processes are the default") }
    let labels =
      try reader.optional("labels")?.array().map {
        (key: try $0.required("key").string(), value: try $0.required("value").string())
      } ?? []
    self.init(processes: processes, labels: labels, ignored: ["slices", "bom"].filter { reader.value[$0] != nil })
  }

  private static func process(_ reader: TOMLReader, _ api: BuildpackAPI) throws -> Process {
    let type = try reader.required("type")
    let name = try type.string()
    let isPlain = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "._-".utf8.contains($0)
    }
    guard isPlain, !name.isEmpty, name != ".", name != ".." else {
      throw type.failure("\"\(name)\" is not a process type (letters, digits, dots, dashes, underscores)")
    }
    let command = try reader.required("command")
    if api.startsDirectly, reader.value["direct"] != nil {
      throw reader.failure(
        "\"direct\" is no longer known in Buildpack API \(api): a process is always started directly")
    }
    // Before 0.9 a command was one string; a list of one word means the same.
    let words = api.startsDirectly ? try command.strings() : try command.value.string.map { [$0] } ?? command.strings()
    guard let program = words.first, !program.isEmpty else { throw command.failure("a command needs a program") }
    return Process(
      type: name, command: words, arguments: try reader.optional("args")?.strings() ?? [],
      direct: try api.startsDirectly || reader.optional("direct")?.bool() ?? false,
      isDefault: try reader.optional("default")?.bool() ?? false,
      directory: try reader.optional("working-dir")?.string())
  }
}

/// `<layers>/build.toml`: requirements that this buildpack leaves to later ones.
struct UnmetFile {
  var names: Set<String>

  init(_ bytes: [UInt8], shown: String) throws {
    let reader = try TOMLReader(bytes, path: shown)
    names = Set(try reader.optional("unmet")?.array().map { try $0.required("name").string() } ?? [])
  }
}
