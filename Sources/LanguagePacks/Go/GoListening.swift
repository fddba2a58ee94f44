internal import PackCore

/// Whether a program opens a port: read from its own source and that of the project's packages which it imports.
struct GoListening {
  /// Past this many programs a project is a collection of them.
  static let maximumPrograms = 6
  private static let maximumFiles = 2000

  private struct Package {
    var listens = false
    var imports: [String] = []
  }
  private let programs: GoPrograms
  private var known: [String: Package] = [:]
  private var budget = Self.maximumFiles

  init(_ programs: GoPrograms) { self.programs = programs }

  mutating func listens(_ program: GoPrograms.Program) -> Bool {
    var seen: Set<String> = [program.directory]
    var open = [program.directory]
    while let directory = open.popLast() {
      let package = read(directory)
      if package.listens { return true }
      for path in package.imports {
        guard let next = Self.directory(of: path, programs.modules), seen.insert(next).inserted else { continue }
        open.append(next)
      }
    }
    return false
  }

  /// Where the project holds the package, nil for anybody else's.
  static func directory(of path: String, _ modules: GoModules) -> String? {
    for module in modules.modules where path == module.path || path.hasPrefix(module.path + "/") {
      let below = path.dropFirst(module.path.utf8.count).drop { $0 == "/" }
      return [module.directory, String(below)].filter { !$0.isEmpty }.joined(separator: "/")
    }
    return nil
  }

  private mutating func read(_ directory: String) -> Package {
    if let package = known[directory] { return package }
    var package = Package()
    if budget > 0 {
      for (_, text) in programs.sources(in: directory) {
        budget -= 1
        package.imports += text.imports
        package.listens = package.listens || Self.opensPort(text.words)
      }
    }
    known[directory] = package
    return package
  }

  private static let calls: Set<String> = [
    "ListenAndServe", "ListenAndServeTLS", "Listen", "ListenTLS", "ListenTCP", "ListenUDP", "ListenPacket",
    "ListenConfig", "RunTLS", "RunListener",
  ]

  private static func opensPort(_ words: Set<String>) -> Bool {
    if !words.isDisjoint(with: calls) { return true }
    return words.contains("gin") && words.contains("Run") || words.contains("echo") && words.contains("Start")
  }
}
