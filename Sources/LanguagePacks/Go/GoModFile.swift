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

  init(_ text: String) {
    var block: String?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var words = Self.words(line)
      guard let first = words.first else { continue }
      if block != nil, first == ")" {
        block = nil
        continue
      }
      if block == nil, words.count >= 2, words.last == "(" {
        block = first
        continue
      }
      if let block { words.insert(block, at: 0) }
      take(words[0], Directive(words: Array(words.dropFirst()), line: index + 1))
    }
  }

  private mutating func take(_ verb: String, _ directive: Directive) {
    guard !directive.words.isEmpty else { return }
    switch verb {
    case "module": module = directive
    case "go": go = directive
    case "toolchain": toolchain = directive
    case "require": requires.append(directive)
    case "replace": replaces.append(directive)
    case "use": uses.append(directive)
    default: break
    }
  }

  /// Words up to a comment; quoted ones without their quotes.
  private static func words(_ line: some StringProtocol) -> [String] {
    var text = String(line)
    if let comment = text.firstRange(of: "//") { text = String(text[..<comment.lowerBound]) }
    return text.split(whereSeparator: \.isWhitespace).map { word in
      let quoted = word.count >= 2 && (word.first == "\"" || word.first == "`") && word.last == word.first
      return String(quoted ? word.dropFirst().dropLast() : word)
    }
  }

  /// Modules that have to be downloaded: required ones without a replacement by a directory.
  var downloads: [String] {
    let local = Set(
      replaces.compactMap { directive -> String? in
        guard let arrow = directive.words.firstIndex(of: "=>"), arrow + 1 < directive.words.count,
          let target = directive.words[arrow + 1].first, target == "." || target == "/"
        else { return nil }
        return directive.words[0]
      })
    return requires.map { $0.words[0] }.filter { !local.contains($0) }
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
