internal import PackCore

/// `go.mod` or `go.work` (The Go Modules Reference, "go.mod files" and "Workspaces"), as far as a build needs them.
struct GoModFile {
  struct Directive: Equatable {
    var words: [String]
    var line: Int
  }
  /// The module path of go.mod.
  private(set) var module: Directive?
  /// `go 1.22`
  private(set) var go: Directive?
  /// `toolchain go1.22.3`
  private(set) var toolchain: Directive?
  /// Module paths.
  private(set) var requires: [Directive] = []
  private(set) var replaces: [Directive] = []
  /// Directories of go.work.
  private(set) var uses: [Directive] = []
  /// `// +heroku install ./cmd/...`, `// +heroku goVersion go1.22`: what that platform is told by comments.
  private(set) var heroku: [Directive] = []
  /// The first line that go would not accept: one word, the reason.
  private(set) var problem: Directive?

  init(_ text: String) {
    var block: (verb: String, line: Int)?
    // As go counts them: other characters that Unicode calls line ends are none.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      if let words = Self.comment(line, "+heroku") { heroku.append(Directive(words: words, line: index + 1)) }
      var words = Self.words(line)
      guard let first = words.first else { continue }
      if first == ")" {
        if block == nil { complain("unexpected )", index + 1) }
        block = nil
        continue
      }
      if block == nil, words.count == 2, words[1] == "(" {
        block = (first, index + 1)
        continue
      }
      if let block { words.insert(block.verb, at: 0) }
      take(words[0], Directive(words: Array(words.dropFirst()), line: index + 1))
    }
    if let block { complain("the block of \(block.verb) is not closed", block.line) }
  }

  private mutating func complain(_ text: String, _ line: Int) {
    if problem == nil { problem = Directive(words: [text], line: line) }
  }

  private mutating func take(_ verb: String, _ directive: Directive) {
    guard let first = directive.words.first else { return complain("\(verb) without a value", directive.line) }
    switch verb {
    case "module":
      if module != nil { complain("a second module line", directive.line) }
      module = directive
    case "go":
      if GoVersion(first) == nil { complain("\(first) is no version of Go, such as 1.22", directive.line) }
      go = directive
    case "toolchain":
      if first == "default" { return }
      if GoVersion(first) == nil { complain("\(first) is no toolchain of Go, such as go1.22.1", directive.line) }
      toolchain = directive
    case "require":
      if directive.words.count < 2 { complain("require \(first) without a version", directive.line) }
      requires.append(directive)
    case "replace":
      let arrow = directive.words.firstIndex(of: "=>")
      if arrow == nil || arrow == directive.words.count - 1 {
        complain("replace \(first) without => and what takes its place", directive.line)
      }
      replaces.append(directive)
    case "use": uses.append(directive)
    case "exclude", "retract", "godebug", "tool", "ignore": break
    default: complain("unknown directive \(verb)", directive.line)
    }
  }

  /// The words of a comment line that begins with `mark`.
  private static func comment(_ line: Substring, _ mark: String) -> [String]? {
    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 3, words[0] == "//", words[1] == mark else { return nil }
    return Array(words.dropFirst(2))
  }

  /// Words up to a comment; quoted ones without their quotes.
  private static func words(_ line: some StringProtocol) -> [String] {
    var text = String(line)
    if let comment = text.firstRange(of: "//") { text = String(text[..<comment.lowerBound]) }
    // `require(` is two words.
    if text.contains("(") { text = text.replacing("(", with: " ( ", maxReplacements: 1) }
    return text.split(whereSeparator: \.isWhitespace).map { word in
      let quoted = word.count >= 2 && (word.first == "\"" || word.first == "`") && word.last == word.first
      return String(quoted ? word.dropFirst().dropLast() : word)
    }
  }

  /// What takes the place of a module: a directory, or a module with a version.
  struct Replacement: Equatable {
    var module: String
    /// Only of this version, nil for all.
    var version: String?
    var target: String
    var targetVersion: String?
    var line: Int
    var isDirectory: Bool { target.hasPrefix(".") || target.hasPrefix("/") }
  }
  var replacements: [Replacement] {
    replaces.compactMap { directive in
      let words = directive.words
      guard let arrow = words.firstIndex(of: "=>"), arrow > 0, arrow + 1 < words.count else { return nil }
      return Replacement(
        module: words[0], version: arrow > 1 ? words[1] : nil, target: words[arrow + 1],
        targetVersion: arrow + 2 < words.count ? words[arrow + 2] : nil, line: directive.line)
    }
  }

  /// A module that has to be downloaded: a required one, or what is said to take its place.
  struct Download: Equatable {
    var module: String
    var version: String
    var line: Int
  }
  var downloads: [Download] {
    let replacements = replacements
    return requires.compactMap { require in
      let (module, version) = (require.words[0], require.words.count > 1 ? require.words[1] : "")
      guard
        let replaced = replacements.first(where: {
          $0.module == module && ($0.version == nil || $0.version == version)
        })
      else { return Download(module: module, version: version, line: require.line) }
      if replaced.isDirectory { return nil }
      return Download(module: replaced.target, version: replaced.targetVersion ?? version, line: replaced.line)
    }
  }
}

/// A version of Go: `1.22`, `1.22.3`, `1.23rc1`, with or without `go` in front. Release candidates come before releases.
struct GoVersion: Comparable, CustomStringConvertible {
  private let numbers: [Int]
  /// `rc1` → (1, 1), `beta2` → (0, 2), a release → (2, 0).
  private let stage: (Int, Int)
  let description: String

  init?(_ text: String) {
    var rest = text[...]
    if rest.hasPrefix("go") { rest = rest.dropFirst(2) }
    // A vendor's suffix: `go1.27.0-X:nodwarf5`, `go1.22.4 (Red Hat)`.
    rest = rest.prefix { $0 != "-" && $0 != " " && $0 != "+" }
    description = String(rest)
    var stage = (2, 0)
    for (index, name) in ["beta", "rc"].enumerated() {
      guard let range = rest.firstRange(of: name) else { continue }
      stage = (index, Int(rest[range.upperBound...]) ?? 0)
      rest = rest[..<range.lowerBound]
      break
    }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, (2...3).contains(numbers.count) else { return nil }
    self.numbers = numbers + (numbers.count == 2 ? [0] : [])
    self.stage = stage
  }

  static func < (a: GoVersion, b: GoVersion) -> Bool {
    if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
    return a.stage < b.stage
  }
  static func == (a: GoVersion, b: GoVersion) -> Bool { a.numbers == b.numbers && a.stage == b.stage }
}
