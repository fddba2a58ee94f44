internal import PackCore

/// The project's own Rust files that a program is made of, read as text and kept.
final class RustSources {
  private let project: CargoProject
  private let files: ProjectFiles
  private var read: [String: RustSourceText] = [:]
  /// Bytes that are read in all; a project with more is looked at in part.
  private var budget = 24 << 20

  init(_ project: CargoProject) {
    self.project = project
    files = project.files
  }

  /// nil when it cannot be read, or when enough was read.
  func text(_ path: String) -> RustSourceText? {
    if let text = read[path] { return text }
    guard budget > 0, let text = (try? files.text(path)) ?? nil else { return nil }
    budget -= text.utf8.count
    let source = RustSourceText(text)
    read[path] = source
    return source
  }

  // MARK: Which files

  /// The main file and the modules that it names, and those that they name.
  func modules(of main: String) -> [String] {
    var found: [String] = []
    var waiting = [(path: main, directory: Self.directory(of: main))]
    while let (path, directory) = waiting.popLast() {
      guard !found.contains(path), found.count < 500, let text = text(path) else { continue }
      found.append(path)
      for module in text.modules {
        let below = CargoProject.join(directory, module)
        for file in ["\(below).rs", "\(below)/mod.rs"] where files.isFile(file) { waiting.append((file, below)) }
      }
    }
    return Self.sorted(found)
  }

  /// Every file below `src` of a package, without other binaries than `binary`.
  func all(of member: CargoProject.Member, binary: CargoBinary?) -> [String] {
    var found: [String] = []
    let others = project.binaries(of: member).filter { $0 != binary }.map(\.path)
    collect(CargoProject.join(member.directory, "src"), into: &found, depth: 0) { path in
      others.contains(path)
        || others.contains {
          $0.hasSuffix("/main.rs") && !$0.hasSuffix("src/main.rs") && path.hasPrefix(Self.directory(of: $0) + "/")
        }
    }
    return found
  }

  private func collect(_ directory: String, into found: inout [String], depth: Int, skip: (String) -> Bool) {
    guard depth < 12, found.count < 5000 else { return }
    for name in files.names(directory) where !name.hasPrefix(".") {
      let path = CargoProject.join(directory, name)
      if name.hasSuffix(".rs") {
        if !skip(path), files.isFile(path) { found.append(path) }
      } else if files.isDirectory(path), !skip(path + "/") {
        collect(path, into: &found, depth: depth + 1, skip: skip)
      }
    }
  }

  /// The program's own files first: what they say counts for more than what its libraries do.
  func files(of binary: CargoBinary) -> (own: [String], all: [String]) {
    let own = modules(of: binary.path)
    guard let member = project.member(binary.directory) else { return (own, own) }
    var all = Set(own)
    for part in project.closure(of: member) {
      all.formUnion(self.all(of: part, binary: part.directory == binary.directory ? binary : nil))
    }
    return (own, Self.sorted(Array(all)))
  }

  static func directory(of path: String) -> String { path.split(separator: "/").dropLast().joined(separator: "/") }
  static func sorted(_ paths: [String]) -> [String] { paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// A file that is only compiled for tests, by its name.
  static func isTest(_ path: String) -> Bool {
    path.split(separator: "/").contains { part in
      let name = part.hasSuffix(".rs") ? part.dropLast(3) : part
      return ["test", "tests", "testing", "test_utils", "test_util", "test_helpers", "benches"].contains(name)
        || name.hasSuffix("_test") || name.hasSuffix("_tests")
    }
  }

  // MARK: Servers

  /// The file in which the program begins to listen; nil when none is seen.
  func server(_ binary: CargoBinary) -> String? {
    var paths = modules(of: binary.path)
    // With one binary in the package, its library is that program's.
    if let member = project.member(binary.directory), project.binaries(of: member).count == 1 {
      paths += all(of: member, binary: binary).filter { !paths.contains($0) }
    }
    return paths.first { text($0).map(Self.listens) ?? false }
  }

  private static let frameworks: Set<String> = [
    "actix_web", "axum", "gotham", "hyper", "iron", "ntex", "pavex", "poem", "rocket", "salvo", "tide", "tonic",
    "tower_http", "viz", "volo", "warp", "xitca_web",
  ]

  /// Names that only somebody who accepts connections uses, or a framework together with its verb.
  private static func listens(_ text: RustSourceText) -> Bool {
    let listeners: Set<String> = ["TcpListener", "HttpServer", "UnixListener", "TcpAcceptor"]
    if !listeners.isDisjoint(with: text.words) { return true }
    let verbs: Set<String> = ["serve", "bind", "listen", "launch", "ignite"]
    return !frameworks.isDisjoint(with: text.words) && !verbs.isDisjoint(with: text.words)
  }
}
