internal import PackCore

/// The project's files as a pack sees them, by paths relative to it.
struct ProjectFiles {
  let root: HostPath
  init(root: HostPath = ".") { self.root = root }

  static let limit = 8 << 20

  /// The file's text, nil when it does not exist; bytes that are not UTF-8 become U+FFFD.
  func text(_ path: String) throws -> String? {
    guard let path = RootPath(path), let bytes = try FileSystem.readIfPresent(root / path, limit: Self.limit) else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func isFile(_ path: String) -> Bool { kind(path) == .file }
  func isDirectory(_ path: String) -> Bool { kind(path) == .directory }

  func kind(_ path: String) -> FileStatus.Kind? {
    guard let path = RootPath(path) else { return nil }
    return (try? FileSystem.target(root / path))??.kind
  }

  /// The names in a directory, sorted; empty when it cannot be listed.
  func names(_ directory: String = "") -> [String] {
    guard let path = RootPath(directory) else { return [] }
    return ((try? DirectoryWalk.names(in: root / path)) ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// `path` and the digest of its content, for `lock_files` and resolutions.
  func lockFile(_ path: String) throws -> BuildPlan.LockFile? {
    guard let relative = RootPath(path), isFile(path) else { return nil }
    return BuildPlan.LockFile(path: relative, sha256: try FileSystem.digest(of: root / relative))
  }

  /// The directory by its real path, for comparing with what tools print.
  var realRoot: HostPath? { FileSystem.resolve(root) }
}

/// A tool of the host that a pack asks something while it plans. Nothing here changes the project.
struct ToolRun {
  var environment: [String: String]
  var directory: HostPath? = nil
  var timeout: Double = 20

  /// What the tool wrote to standard output, up to 16 MiB; nil with its errors' tail when it failed.
  func output(_ argv: [String]) throws -> (text: String?, errors: String) {
    // In the pack's own process group, so that the signals of packc reach it too.
    let command = Command(
      argv, environment: environment, directory: directory, keep: 16 << 20, keepHead: true, timeout: timeout,
      ownGroup: false)
    let result = try ProcessRunner().run(command)
    let errors = result.errorText.split(separator: "\n").suffix(10).joined(separator: "\n")
    return (result.succeeded ? result.outputText : nil, result.timedOut ? "no answer in \(Int(timeout)) s" : errors)
  }
}
