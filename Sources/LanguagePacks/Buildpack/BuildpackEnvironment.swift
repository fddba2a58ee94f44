internal import PackCore

/// Environment variables as layers change them (buildpack.md, "Environment").
struct BuildpackEnvironment {
  private(set) var variables: [String: String]

  init(_ variables: [String: String]) { self.variables = variables }

  enum Phase {
    case build
    /// With the type of the process that is started.
    case launch(process: String)

    /// Directories of a layer and the path variables that they join.
    fileprivate var directories: [(name: String, variables: [String])] {
      switch self {
      case .build:
        [
          ("bin", ["PATH"]), ("lib", ["LD_LIBRARY_PATH", "LIBRARY_PATH"]), ("include", ["CPATH"]),
          ("pkgconfig", ["PKG_CONFIG_PATH"]),
        ]
      case .launch: [("bin", ["PATH"]), ("lib", ["LD_LIBRARY_PATH"])]
      }
    }
    fileprivate var files: [String] {
      switch self {
      case .build: ["env", "env.build"]
      case .launch(let process): ["env", "env.launch", "env.launch/\(process)"]
      }
    }
  }

  static let paths: Set<String> = ["PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"]

  /// The `bin`, `lib`, … of one buildpack's layers (in alphabetical order) come before what is there.
  mutating func addDirectories(of layers: [HostPath], _ phase: Phase) {
    for (name, variables) in phase.directories {
      let found = layers.map { $0 / name }.filter(FileSystem.isDirectory).map(\.description)
      guard !found.isEmpty else { continue }
      for variable in variables { prepend(found.joined(separator: ":"), to: variable, ":") }
    }
  }

  /// The env files of one layer.
  mutating func addFiles(of layer: HostPath, _ phase: Phase) throws {
    for directory in phase.files { try addFiles(in: layer / directory) }
  }

  /// Files that are named `NAME` or `NAME.action`; directories are those of processes.
  private mutating func addFiles(in directory: HostPath) throws {
    guard FileSystem.isDirectory(directory) else { return }
    var files: [(name: String, action: String, value: String)] = []
    var delimiters: [String: String] = [:]
    for bytes in try DirectoryWalk.names(in: directory) {
      let path = directory / HostPath(bytes: bytes)
      guard try FileSystem.target(path)?.kind == .file else { continue }
      let value = try Self.text(path)
      let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      let (name, action) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "override")
      guard Self.isName(name) else {
        throw Failure("buildpack_env", "\(path): \"\(name)\" is not the name of a variable", exit: .badInput)
      }
      if action == "delim" { delimiters[name] = value } else { files.append((name, action, value)) }
    }
    for (name, action, value) in files {
      try apply(action, name, value, delimiters[name] ?? "", directory)
    }
  }

  private mutating func apply(
    _ action: String, _ name: String, _ value: String, _ delimiter: String, _ directory: HostPath
  ) throws {
    switch action {
    case "override": variables[name] = value
    case "default": if variables[name, default: ""].isEmpty { variables[name] = value }
    case "prepend": prepend(value, to: name, delimiter)
    case "append":
      let present = variables[name, default: ""]
      variables[name] = present.isEmpty ? value : present + delimiter + value
    default:
      throw Failure(
        "buildpack_env",
        "\(directory)/\(name).\(action): \"\(action)\" is none of append, default, delim, override, prepend",
        hint: "this is a fault of the buildpack", exit: .badInput)
    }
  }

  private mutating func prepend(_ value: String, to name: String, _ delimiter: String) {
    let present = variables[name, default: ""]
    variables[name] = present.isEmpty ? value : value + delimiter + present
  }

  /// What the user gives for the build: before the paths that are there, and over every other variable.
  mutating func addUser(_ given: [String: String]) {
    for (name, value) in given {
      if Self.paths.contains(name) { prepend(value, to: name, ":") } else { variables[name] = value }
    }
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains { $0 == 0x3d || $0 < 0x21 || $0 == 0x7f }
  }

  /// The content as it is, the newline at its end too.
  private static func text(_ path: HostPath) throws -> String {
    let bytes = try FileSystem.read(path, limit: 1 << 20)
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Failure("buildpack_env", "\(path) is not UTF-8 text, so it cannot be a variable", exit: .badInput)
    }
    return text
  }
}
