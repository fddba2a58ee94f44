/// One Go source file read as text: package, build constraint and string literals. Not a parser of Go: it knows comments,
/// strings and the file's head, which is all that detection needs without a toolchain.
struct GoSourceText {
  struct Literal: Equatable {
    var value: String
    var line: Int
    var isNumber = false
  }
  private let bytes: [UInt8]
  private let lines: [Substring]

  init(_ text: String) {
    bytes = Array(text.utf8)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  func line(_ number: Int) -> Substring { number >= 1 && number <= lines.count ? lines[number - 1] : "" }

  /// Words and literals of the file without comments.
  private enum Token {
    case word(String, line: Int)
    case literal(Literal)
    case other(UInt8)
  }

  private func scan(_ visit: (Token) -> Bool) {
    var index = 0
    var line = 1
    func byte(_ offset: Int = 0) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
    while index < bytes.count {
      let current = byte()
      switch current {
      case UInt8(ascii: "\n"):
        line += 1
        index += 1
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while index < bytes.count, byte() != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
        index += 2
        while index < bytes.count, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
          if byte() == UInt8(ascii: "\n") { line += 1 }
          index += 1
        }
        index += 2
      case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "'"):
        let start = line
        var value: [UInt8] = []
        index += 1
        while index < bytes.count, byte() != current, current == UInt8(ascii: "`") || byte() != UInt8(ascii: "\n") {
          if byte() == UInt8(ascii: "\n") { line += 1 }
          if byte() == UInt8(ascii: "\\"), current != UInt8(ascii: "`") { index += 1 }
          value.append(byte())
          index += 1
        }
        index += 1
        if current != UInt8(ascii: "'") {
          guard visit(.literal(Literal(value: String(decoding: value, as: UTF8.self), line: start))) else { return }
        }
      case 0x41...0x5a, 0x61...0x7a, 0x5f, 0x80...:
        let start = index
        while index < bytes.count, Self.isWord(byte()) { index += 1 }
        guard visit(.word(String(decoding: bytes[start..<index], as: UTF8.self), line: line)) else { return }
      case 0x30...0x39:
        let start = index
        while index < bytes.count, Self.isWord(byte()) || byte() == UInt8(ascii: ".") { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard visit(.literal(Literal(value: text, line: line, isNumber: true))) else { return }
      default:
        index += 1
        if current > 0x20 { guard visit(.other(current)) else { return } }
      }
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
      || byte >= 0x80
  }

  /// The name after `package`.
  var package: String? {
    var afterKeyword = false
    var name: String?
    scan { token in
      guard case .word(let word, _) = token else { return false }
      if afterKeyword { name = word }
      afterKeyword = word == "package"
      return afterKeyword && name == nil
    }
    return name
  }

  /// Whether `func main(` stands at the top.
  var hasMain: Bool {
    var found = false
    var last = ""
    var depth = 0
    scan { token in
      switch token {
      case .word(let word, _):
        if depth == 0, last == "func", word == "main" { found = true }
        last = word
      case .other(let byte):
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: "}") || byte == UInt8(ascii: ")") { depth -= 1 }
        last = ""
      case .literal: last = ""
      }
      return !found
    }
    return found
  }

  var literals: [Literal] {
    var literals: [Literal] = []
    scan { token in
      if case .literal(let literal) = token { literals.append(literal) }
      return literals.count < 20_000
    }
    return literals
  }

  /// The paths that it imports.
  var imports: [String] {
    var found: [String] = []
    var isImport = false
    var isBlock = false
    scan { token in
      switch token {
      case .word(let word, _):
        if ["func", "type", "var", "const"].contains(word), !isBlock { return false }
        if word == "import" { isImport = true }
      case .literal(let literal):
        if isImport, !literal.isNumber {
          found.append(literal.value)
          isImport = isBlock
        }
      case .other(let byte):
        if isImport, byte == UInt8(ascii: "(") { isBlock = true }
        if isBlock, byte == UInt8(ascii: ")") { (isImport, isBlock) = (false, false) }
      }
      return found.count < 1000
    }
    return found
  }

  /// The words of the file's code.
  var words: Set<String> {
    var found: Set<String> = []
    scan { token in
      if case .word(let word, _) = token { found.insert(word) }
      return true
    }
    return found
  }

  /// Written by a tool: `// Code generated … DO NOT EDIT.` above the package clause (`go help generate`).
  var isGenerated: Bool {
    for line in lines {
      if line.hasPrefix("package ") { return false }
      if line.hasPrefix("// Code generated "), line.contains("DO NOT EDIT") { return true }
    }
    return false
  }

  /// The expression of the `//go:build` line above the package clause.
  var constraint: String? {
    for line in lines {
      let text = line.drop { $0 == " " || $0 == "\t" }
      if text.hasPrefix("package ") { return nil }
      if text.hasPrefix("//go:build ") { return String(text.dropFirst("//go:build ".count)) }
    }
    return nil
  }
}

/// A build constraint (go/build/constraint): `linux && (amd64 || !cgo)`.
struct GoConstraint {
  private var tokens: [String]
  private let tags: Set<String>

  /// Whether a file with that constraint is part of a build with those tags.
  static func holds(_ expression: String, tags: Set<String>) -> Bool {
    var parser = GoConstraint(tokens: tokenize(expression), tags: tags)
    let value = parser.or(depth: 0)
    // What cannot be read excludes nothing.
    return parser.tokens.isEmpty ? value : true
  }

  private static func tokenize(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    func flush() {
      if !word.isEmpty { tokens.append(word) }
      word = ""
    }
    for character in text {
      switch character {
      case "(", ")", "!":
        flush()
        tokens.append(String(character))
      case "&", "|":
        flush()
        if tokens.last == String(character) {
          tokens[tokens.count - 1] += String(character)
        } else {
          tokens.append(String(character))
        }
      case let space where space.isWhitespace: flush()
      default: word.append(character)
      }
    }
    flush()
    return tokens.reversed()
  }

  private mutating func or(depth: Int) -> Bool {
    var value = and(depth: depth)
    while tokens.last == "||" {
      tokens.removeLast()
      let other = and(depth: depth)
      value = value || other
    }
    return value
  }
  private mutating func and(depth: Int) -> Bool {
    var value = not(depth: depth)
    while tokens.last == "&&" {
      tokens.removeLast()
      let other = not(depth: depth)
      value = value && other
    }
    return value
  }
  private mutating func not(depth: Int) -> Bool {
    guard depth < 100, let token = tokens.popLast() else { return true }
    if token == "!" { return !not(depth: depth + 1) }
    if token == "(" {
      let value = or(depth: depth + 1)
      if tokens.last == ")" { tokens.removeLast() }
      return value
    }
    // Every release of Go that the host may have is newer than what files ask for here; the go command decides later.
    return tags.contains(token) || token.hasPrefix("go1.")
  }
}
