internal import PackCore

/// What the project's own Go source says about running: ports, and files that are opened at run time.
struct GoEvidence {
  struct Port: Equatable {
    var number: Int
    var path: String
    var line: Int
    var isLoopback: Bool
  }
  struct Data: Equatable {
    /// Relative to the project.
    var path: String
    /// The literal that names it.
    var source: String
  }
  private let files: ProjectFiles
  private let sources: [(path: String, text: GoSourceText)]

  init(sources: [String], files: ProjectFiles) {
    self.files = files
    self.sources = sources.prefix(5000).compactMap { path in
      ((try? files.text(path)) ?? nil).map { (path, GoSourceText($0)) }
    }.filter {
      !$0.text.isGenerated
    }
  }

  // MARK: Ports

  /// The address literals (`":8080"`, `"0.0.0.0:8080"`) in the files of `directory`, else anywhere; those on a line that
  /// speaks of listening come before all others.
  func ports(in directory: String) -> [Port] {
    let main = sources.filter { path, _ in Self.directory(of: path) == directory }
    for group in [main, sources] {
      let all = group.flatMap { path, text in text.literals.compactMap { port($0, path, text) } }
      let listening = all.filter(\.speaksOfListening).map(\.port)
      let chosen = listening.isEmpty ? all.map(\.port) : listening
      if !chosen.isEmpty { return Self.unique(chosen) }
    }
    return []
  }

  private static func directory(of path: String) -> String {
    path.split(separator: "/").dropLast().joined(separator: "/")
  }

  private static func unique(_ ports: [Port]) -> [Port] {
    var seen: Set<Int> = []
    return ports.filter { seen.insert($0.number).inserted }
  }

  private static let listening = ["listen", "addr", "serve", ".run(", ".start(", "port", "bind"]
  private static let connecting = [
    "dial", "client", "redis", "postgres", "mysql", "mongo", "amqp", "kafka", "proxy", "upstream", "smtp",
  ]

  private func port(_ literal: GoSourceText.Literal, _ path: String, _ text: GoSourceText)
    -> (port: Port, speaksOfListening: Bool)?
  {
    let line = text.line(literal.line).lowercased()
    if !line.contains("listen"), Self.connecting.contains(where: line.contains) { return nil }
    let parts = literal.value.split(separator: ":", omittingEmptySubsequences: false)
    var number: Int?
    var isLoopback = false
    if !literal.isNumber, parts.count == 2, ["", "0.0.0.0", "localhost", "127.0.0.1", "*"].contains(parts[0]) {
      number = Self.portNumber(parts[1])
      isLoopback = parts[0] == "localhost" || parts[0] == "127.0.0.1"
    } else if parts.count == 1, Self.namesPort(line), let value = Self.portNumber(parts[0]), value >= 80 {
      number = value
    }
    guard let number else { return nil }
    return (
      Port(number: number, path: path, line: literal.line, isLoopback: isLoopback),
      Self.listening.contains(where: line.contains)
    )
  }

  /// A word of the line ends or begins with "port" and is no other word that does.
  private static func namesPort(_ line: String) -> Bool {
    let others: Set<String> = ["import", "export", "report", "support", "transport", "viewport", "passport", "portal"]
    return line.split { !$0.isLetter }.contains { word in
      !others.contains(String(word)) && (word.hasPrefix("port") || word.hasSuffix("port"))
    }
  }

  /// 65535 is the end of a range wherever it stands.
  private static func portNumber(_ text: Substring) -> Int? {
    guard (2...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text), (1..<65535).contains(number), text.first != "0"
    else { return nil }
    return number
  }

  // MARK: Data

  /// Files and directories of the project that a string literal names and that are not compiled in: they are opened at run
  /// time, relative to the directory in which the program starts. `base` is that directory in the project.
  func data(base: String, embedded: Set<String>) -> [Data] {
    var found: [String: String] = [:]
    for (path, text) in sources {
      for literal in text.literals where !literal.isNumber {
        guard let target = dataPath(literal.value, base: base), found[target] == nil,
          !Self.isEmbedded(target, embedded)
        else { continue }
        found[target] = "\(path):\(literal.line)"
      }
    }
    let paths = found.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return paths.filter { path in !paths.contains { $0 != path && path.hasPrefix($0 + "/") } }
      .map { Data(path: $0, source: found[$0] ?? "") }
  }

  private static func isEmbedded(_ path: String, _ embedded: Set<String>) -> Bool {
    embedded.contains(path) || embedded.contains { $0.hasPrefix(path + "/") }
  }

  private static let notData: Set<String> = [
    "vendor", "cmd", "internal", "pkg", "testdata", "node_modules", "go.mod", "go.sum", "go.work", "go.work.sum",
    "Makefile",
    "Dockerfile", "README.md", "LICENSE", "unik.yaml", "packc.lock",
  ]

  private func dataPath(_ literal: String, base: String) -> String? {
    guard (2...200).contains(literal.utf8.count), !literal.hasPrefix("/"), !literal.contains(where: \.isNewline) else {
      return nil
    }
    var parts: [Substring] = []
    for part in literal.split(separator: "/") where part != "." {
      if part == ".." { return nil }
      // From a pattern (`templates/*.html`, `pages/%s.html`) the directory is taken.
      if part.contains(where: { "*?[%{".contains($0) }) { break }
      parts.append(part)
    }
    guard let first = parts.first, !first.hasPrefix("."), !Self.notData.contains(String(first)) else { return nil }
    let path = (base.isEmpty ? "" : base + "/") + parts.joined(separator: "/")
    guard path.utf8.allSatisfy({ $0 > 0x20 }) else { return nil }
    switch files.kind(path) {
    case .file: return path.hasSuffix(".go") ? nil : path
    case .directory: return files.names(path).contains { $0.hasSuffix(".go") } ? nil : path
    default: return nil
    }
  }
}
