internal import PackCore

/// The project's files as a pack sees them, by paths relative to it. What is ignored is not there for a pack either: no step
/// of its plan will see it.
struct ProjectFiles {
  let root: HostPath
  private let tree: ProjectTree
  init(root: HostPath = ".") {
    self.root = root
    tree = ProjectTree(root)
  }

  static let limit = 8 << 20

  /// The file's text, nil when it does not exist; bytes that are not UTF-8 become U+FFFD.
  func text(_ path: String) throws -> String? {
    guard let relative = RootPath(path), tree.knows(relative),
      let bytes = try FileSystem.readIfPresent(root / relative, limit: Self.limit)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first bytes of a file, for what stands at its top.
  func head(_ path: String, count: Int = 8 << 10) throws -> String? {
    guard let relative = RootPath(path), let bytes = try FileSystem.head(root / relative, count: count) else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func isFile(_ path: String) -> Bool { kind(path) == .file }
  func isDirectory(_ path: String) -> Bool { kind(path) == .directory }

  /// What it is, behind links.
  func kind(_ path: String) -> FileStatus.Kind? {
    guard let path = RootPath(path), tree.knows(path) else { return nil }
    return (try? FileSystem.target(root / path))??.kind
  }

  /// The names in a directory, sorted; empty when it cannot be listed.
  func names(_ directory: String = "") -> [String] { entries(directory).map(\.text) }

  /// The same with what is a directory, by the directory's own word: nothing in it is looked at.
  func entries(_ directory: String = "") -> [ProjectTree.Name] {
    guard let path = RootPath(directory) else { return [] }
    return (try? tree.names(in: path)) ?? []
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
  /// What it reads from standard input.
  var input: [UInt8] = []

  /// What the tool wrote to standard output, up to 16 MiB; nil with its errors' tail when it failed.
  func output(_ argv: [String]) throws -> (text: String?, errors: String) {
    // In the pack's own process group, so that the signals of packc reach it too.
    let command = Command(
      argv, environment: environment, directory: directory, input: input.isEmpty ? .none : .bytes(input),
      keep: 16 << 20, keepHead: true, timeout: timeout,
      ownGroup: false)
    let result = try ProcessRunner().run(command)
    let errors = result.errorText.split(separator: "\n").suffix(10).joined(separator: "\n")
    return (result.succeeded ? result.outputText : nil, result.timedOut ? "no answer in \(Int(timeout)) s" : errors)
  }
}
