internal import PackCore

/// Where a program listens, by the literals of its source.
struct NodePorts {
  struct Found: Equatable {
    var number: Int
    var path: String
    var line: Int
    var isLoopback: Bool
    /// A number beside `listen` or PORT, as opposed to one beside the word port.
    var isSure: Bool
  }
  private let files: ProjectFiles
  private(set) var found: [Found] = []
  /// The program reads PORT.
  private(set) var usesVariable = false

  private static let fileLimit = 60
  private static let byteLimit = 1 << 19

  /// Reads the program's file and what it imports by relative paths.
  init(_ files: ProjectFiles, program: String) {
    self.files = files
    var queue = [program]
    var seen: Set<String> = [program]
    var index = 0
    while index < queue.count, index < Self.fileLimit {
      let path = queue[index]
      index += 1
      guard let place = RootPath(path), let bytes = try? FileSystem.read(files.root / place, limit: Self.byteLimit)
      else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      read(text, path)
      for name in Self.imports(text) {
        guard let file = resolve(name, from: path), seen.insert(file).inserted else { continue }
        queue.append(file)
      }
    }
  }

  /// The ports to publish: what stands beside `listen` or PORT, else the first that a line calls a port.
  var published: [Found] {
    let sure = found.filter(\.isSure)
    return Array((sure.isEmpty ? Array(found.prefix(1)) : sure).prefix(4))
  }

  static func listens(_ text: String) -> Bool { text.contains(".listen(") || text.contains("createServer(") }

  private mutating func read(_ text: String, _ path: String) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(20_000).enumerated() {
      guard line.utf8.count < 2000, !Self.isComment(line) else { continue }
      if line.contains("env.PORT") || line.contains("env[\"PORT\"]") || line.contains("env['PORT']") {
        usesVariable = true
      }
      guard let (number, isSure) = Self.port(line) else { continue }
      let loopback = ["127.0.0.1", "'localhost'", "\"localhost\""].contains { line.contains($0) }
      if !found.contains(where: { $0.number == number }) {
        found.append(
          Found(
            number: number, path: path, line: index + 1, isLoopback: loopback && line.contains("listen"), isSure: isSure
          ))
      }
    }
  }

  private static func isComment(_ line: Substring) -> Bool {
    let text = line.drop(while: \.isWhitespace)
    return text.hasPrefix("//") || text.hasPrefix("*") || text.hasPrefix("/*")
  }

  /// `listen(3000`, `PORT || 3000`, `PORT ?? "3000"`, `port = 3000`, `port: 3000`
  static func port(_ line: some StringProtocol) -> (number: Int, isSure: Bool)? {
    let text = Array(line.utf8)
    for (mark, isSure, isWord) in marks {
      var start = 0
      while let at = find(mark, in: text, from: start) {
        start = at + mark.count
        // `report` is no port.
        if isWord, at > 0, isLetter(text[at - 1]) { continue }
        var index = start
        // `PORT || 3000`: what stands between the name and the number.
        while index < text.count, " \t=:|?'\"`)(]".utf8.contains(text[index]) || (isSure && text[index] == 0x2c) {
          index += 1
        }
        let digits = text[index...].prefix { (0x30...0x39).contains($0) }
        let after = index + digits.count
        let ends = after >= text.count || !(text[after] == 0x2e || text[after] == 0x5f || isLetter(text[after]))
        if (2...5).contains(digits.count), ends, let number = Int(String(decoding: digits, as: UTF8.self)),
          (80...65535).contains(number), isSure || !others.contains(number)
        {
          return (number, isSure)
        }
      }
    }
    return nil
  }
  /// The last is for `serverPort`; the others but the first begin a word.
  private static let marks: [(text: [UInt8], isSure: Bool, isWord: Bool)] = [
    (".listen(", true, false), ("PORT", true, true), ("port", false, true), ("Port", false, false),
  ].map { (Array($0.0.utf8), $0.1, $0.2) }
  /// Where databases, queues and mail servers listen: a program that names one speaks to it.
  private static let others: Set<Int> = [
    110, 143, 389, 465, 587, 993, 995, 1025, 1433, 1521, 2181, 2525, 3306, 5432, 5433, 5672, 6379, 6380, 8125, 9042,
    9092,
    9200, 11211, 27017, 27018, 28015,
  ]

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }

  private static func find(_ mark: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard text.count >= mark.count, start <= text.count - mark.count else { return nil }
    return (start...(text.count - mark.count)).first { text[$0...].starts(with: mark) }
  }

  /// The relative paths in `require("./a")`, `import … from "./a"`, `import("./a")`.
  static func imports(_ text: String) -> [String] {
    var found: [String] = []
    for quote in ["\"", "'"] {
      var rest = text[...]
      while let cut = rest.firstRange(of: "\(quote)."), found.count < 200 {
        let name = rest[rest.index(after: cut.lowerBound)...].prefix { String($0) != quote && !$0.isNewline }
        if name.hasPrefix("./") || name.hasPrefix("../"), name.utf8.count < 200 { found.append(String(name)) }
        rest = rest[cut.upperBound...]
      }
    }
    return found
  }

  private func resolve(_ name: String, from path: String) -> String? {
    let directory = path.split(separator: "/").dropLast().joined(separator: "/")
    guard let base = NodeModulePath.join(directory, name), !base.isEmpty, !base.contains("node_modules") else {
      return nil
    }
    let stem = base.hasSuffix(".js") ? String(base.dropLast(3)) : base
    let candidates =
      [base] + [".js", ".ts", ".mjs", ".cjs", ".tsx"].map { stem + $0 } + ["\(base)/index.js", "\(base)/index.ts"]
    return candidates.first { candidate in
      files.isFile(candidate) && [".js", ".ts", ".mjs", ".cjs", ".tsx", ".mts"].contains { candidate.hasSuffix($0) }
    }
  }
}
