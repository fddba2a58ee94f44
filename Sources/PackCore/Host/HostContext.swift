internal import CHost
internal import Glibc

/// What packc may know of the machine and the person: environment, directories, terminal, clock. One value, made once in
/// `main` (or by a test), handed down; nothing else reads the environment.
public struct HostContext: Sendable {
  public var environment: [String: String]
  public var workingDirectory: HostPath
  /// Where packc's own files are (packs, guest init); see `Installation`.
  public var executable: HostPath
  public var standardErrorColumns: Int
  public var standardOutputIsTerminal: Bool
  /// Nanoseconds of a clock that only goes forward; for durations shown to people, never for output.
  public var monotonicNanoseconds: @Sendable () -> UInt64

  public init(
    environment: [String: String], workingDirectory: HostPath, executable: HostPath, standardErrorColumns: Int = 0,
    standardOutputIsTerminal: Bool = false,
    monotonicNanoseconds: @escaping @Sendable () -> UInt64 = HostContext.monotonicClock
  ) {
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.executable = executable
    self.standardErrorColumns = standardErrorColumns
    self.standardOutputIsTerminal = standardOutputIsTerminal
    self.monotonicNanoseconds = monotonicNanoseconds
  }

  /// The real one.
  public static func current() throws -> HostContext {
    guard let directory = FileSystem.resolve(".") else {
      throw Failure(
        "no_working_directory", "the working directory does not exist any more", hint: "cd to one that does")
    }
    var environment: [String: String] = [:]
    var cursor = chost_environ()
    while let entry = cursor?.pointee {
      let text = String(cString: entry)
      if let cut = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
        environment[String(text[..<cut])] = String(text[text.utf8.index(after: cut)...])
      }
      cursor = cursor?.advanced(by: 1)
    }
    return HostContext(
      environment: environment, workingDirectory: directory,
      executable: FileSystem.resolve("/proc/self/exe") ?? "/proc/self/exe",
      standardErrorColumns: Int(chost_terminal_columns(2)), standardOutputIsTerminal: isatty(1) == 1)
  }

  public static let monotonicClock: @Sendable () -> UInt64 = {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Empty counts as unset, as the XDG base directory specification says.
  public func variable(_ name: String) -> String? {
    guard let value = environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// XDG base directory specification: the variable when it holds an absolute path, else the default below HOME.
  private func base(_ name: String, _ fallback: String) throws -> HostPath {
    if let value = variable(name), value.hasPrefix("/") { return HostPath(value) / "packc" }
    guard let home = variable("HOME"), home.hasPrefix("/") else {
      throw Failure(
        "no_home", "neither HOME nor \(name) is set to an absolute path", hint: "set \(name)=/some/directory",
        exit: .usage)
    }
    return HostPath(home) / fallback / "packc"
  }
  public func cacheDirectory() throws -> HostPath { try base("XDG_CACHE_HOME", ".cache") }
  public func configDirectory() throws -> HostPath { try base("XDG_CONFIG_HOME", ".config") }
  public func stateDirectory() throws -> HostPath { try base("XDG_STATE_HOME", ".local/state") }

  /// The directories of PATH, absolute ones only.
  public var searchPath: [HostPath] {
    (variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
      .filter { $0.hasPrefix("/") }.map { HostPath(String($0)) }
  }
  /// The first executable file of that name in PATH, as found (links not resolved).
  public func findTool(_ name: String) -> HostPath? {
    searchPath.lazy.map { $0 / name }.first(where: FileSystem.isExecutableFile)
  }
}
