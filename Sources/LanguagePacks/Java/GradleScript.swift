/// The words of a build script of Gradle, Groovy's or Kotlin's, without its comments. Such a script is a program; what is
/// read here is what nearly all of them state in the same words, and what is not stated so is left to Gradle.
struct GradleScript {
  struct Token: Equatable {
    enum Kind { case word, string, symbol }
    var kind: Kind
    var text: String
    var line: Int
  }
  static let limit = 100_000
  let tokens: [Token]

  init(_ text: String) {
    var lexer = Lexer(bytes: Array(text.utf8))
    tokens = lexer.run()
  }

  private struct Lexer {
    let bytes: [UInt8]
    var index = 0
    var line = 1
    var out: [Token] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() -> [Token] {
      while index < bytes.count, out.count < GradleScript.limit {
        let byte = bytes[index]
        switch byte {
        case 0x0a:
          line += 1
          index += 1
        case 0x20, 0x09, 0x0d: index += 1
        case 0x2f where at(1) == 0x2f: while index < bytes.count, bytes[index] != 0x0a { index += 1 }
        case 0x2f where at(1) == 0x2a: comment()
        case 0x22, 0x27: string(byte)
        case _ where Self.isWord(byte): word()
        default:
          out.append(Token(kind: .symbol, text: String(UnicodeScalar(byte)), line: line))
          index += 1
        }
      }
      return out
    }

    private func at(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }

    private static func isWord(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
        || byte >= 0x80
    }

    private mutating func comment() {
      index += 2
      while index < bytes.count, !(bytes[index] == 0x2a && at(1) == 0x2f) {
        if bytes[index] == 0x0a { line += 1 }
        index += 1
      }
      index = min(index + 2, bytes.count)
    }

    private mutating func word() {
      let start = index
      while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
      add(.word, bytes[start..<index], line)
    }

    /// Both kinds of quotes, one or three of them. What is not closed ends with its line.
    private mutating func string(_ quote: UInt8) {
      let begin = line
      let isLong = at(1) == quote && at(2) == quote
      index += isLong ? 3 : 1
      let start = index
      while index < bytes.count {
        if isLong, bytes[index] == quote, at(1) == quote, at(2) == quote { break }
        if !isLong, bytes[index] == quote || bytes[index] == 0x0a { break }
        if bytes[index] == 0x0a { line += 1 }
        index += bytes[index] == 0x5c ? 2 : 1
      }
      index = min(index, bytes.count)
      add(.string, bytes[min(start, index)..<index], begin)
      if index < bytes.count, bytes[index] == quote { index = min(index + (isLong ? 3 : 1), bytes.count) }
    }

    private mutating func add(_ kind: Token.Kind, _ text: ArraySlice<UInt8>, _ line: Int) {
      out.append(Token(kind: kind, text: String(decoding: text, as: UTF8.self), line: line))
    }
  }

  // MARK: Questions

  func isSymbol(_ index: Int, _ text: String) -> Bool {
    tokens.indices.contains(index) && tokens[index].kind == .symbol && tokens[index].text == text
  }

  /// The places of a word.
  func words(_ names: Set<String>) -> [Int] {
    tokens.indices.filter { tokens[$0].kind == .word && names.contains(tokens[$0].text) }
  }

  /// The literal that is assigned to what stands at `index`: `x = 'v'`, `x 'v'`, `x("v")`, `x.set("v")`, `x: "v"`,
  /// `x to "v"`.
  func literal(after index: Int) -> Token? {
    var next = index + 1
    for _ in 0..<6 where next < tokens.count {
      let token = tokens[next]
      switch (token.kind, token.text) {
      case (.string, _): return token.text.contains("$") ? nil : token
      case (.word, "set"), (.word, "to"), (.word, "convention"), (.symbol, "="), (.symbol, "("), (.symbol, "."),
        (.symbol, ":"), (.symbol, ","):
        next += 1
      default: return nil
      }
    }
    return nil
  }

  /// The names of the blocks that are open at `index`, the outermost first: `["subprojects", "plugins"]`.
  func blocks(at index: Int) -> [String] {
    var open: [String] = []
    for place in 0..<min(index, tokens.count) where tokens[place].kind == .symbol {
      if tokens[place].text == "{" { open.append(name(ofBlockAt: place)) }
      if tokens[place].text == "}" { _ = open.popLast() }
    }
    return open
  }

  /// `subprojects {`, `configure(…) {`, `project(":a") {`, `tasks.named("x") {`
  private func name(ofBlockAt place: Int) -> String {
    var index = place - 1
    if isSymbol(index, ")") {
      var depth = 0
      while index >= 0 {
        if isSymbol(index, ")") { depth += 1 }
        if isSymbol(index, "(") { depth -= 1 }
        index -= 1
        if depth == 0 { break }
      }
    }
    return index >= 0 && tokens[index].kind == .word ? tokens[index].text : ""
  }
}
