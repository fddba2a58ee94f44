/// One Rust source file read as text: string and number literals with the calls and attributes around them. Not a parser
/// of Rust: it knows comments, strings, lifetimes and brackets (The Rust Reference, "Lexical structure").
struct RustSourceText {
  struct Literal: Equatable {
    var value: String
    var line: Int
    var isNumber = false
    /// Names of the calls and macros (`include_str!`) in whose brackets it stands, the outermost first.
    var calls: [String]
    /// The name of the attribute that it belongs to: `template` of `#[template(path = "a")]`.
    var attribute: String?
    /// Literals with the same number belong to one statement.
    var statement: Int
  }
  private(set) var literals: [Literal] = []
  /// Every word of the code once: names of calls, types, macros.
  private(set) var words: Set<String> = []
  /// By statement, its words and short literals in lower case.
  private(set) var statements: [Int: [String]] = [:]
  /// `mod name;`
  private(set) var modules: [String] = []

  private static let limit = 20_000

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private var statement = 0
  /// What opened each bracket.
  private var open: [(close: UInt8, call: String?, attribute: String?)] = []
  private var lastWord = ""
  private var module: String?
  private var wasMacro = false
  private var pendingAttribute = false
  /// `#[cfg(test)]` was read: the item that follows is no part of the program.
  private var isTest = false
  private var skipDepth: Int?

  init(_ text: String) {
    bytes = Array(text.utf8)
    scan()
  }

  private func byte(_ ahead: Int = 0) -> UInt8 { index + ahead < bytes.count ? bytes[index + ahead] : 0 }

  private mutating func scan() {
    while index < bytes.count, literals.count < Self.limit {
      let current = byte()
      switch current {
      case UInt8(ascii: "\n"):
        line += 1
        index += 1
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while index < bytes.count, byte() != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): blockComment()
      case UInt8(ascii: "\""): string()
      case UInt8(ascii: "'"): characterOrLifetime()
      case 0x30...0x39: number()
      case 0x41...0x5a, 0x61...0x7a, 0x5f, 0x80...: word()
      default:
        mark(current)
        index += 1
      }
    }
  }

  // MARK: Comments and strings

  /// `/* … */`, which nest.
  private mutating func blockComment() {
    var depth = 0
    repeat {
      if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
        depth -= 1
        index += 2
      } else {
        if byte() == UInt8(ascii: "\n") { line += 1 }
        index += 1
      }
    } while depth > 0 && index < bytes.count
  }

  private mutating func string() {
    let start = line
    var value: [UInt8] = []
    index += 1
    while index < bytes.count, byte() != UInt8(ascii: "\"") {
      if byte() == UInt8(ascii: "\n") { line += 1 }
      if byte() == UInt8(ascii: "\\") {
        index += 1
        if byte() == UInt8(ascii: "\n") {
          // A backslash at the end of a line swallows the space that follows.
          while byte() == UInt8(ascii: "\n") || byte() == 0x20 || byte() == 0x09 {
            if byte() == UInt8(ascii: "\n") { line += 1 }
            index += 1
          }
          continue
        }
        let escapes: [UInt8: UInt8] = [UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13]
        value.append(escapes[byte()] ?? byte())
      } else {
        value.append(byte())
      }
      index += 1
    }
    index += 1
    add(String(decoding: value, as: UTF8.self), line: start)
  }

  /// `r"…"`, `r#"…"#`
  private mutating func rawString(hashes: Int) {
    let start = line
    index += hashes + 1
    let first = index
    while index < bytes.count {
      if byte() == UInt8(ascii: "\n") { line += 1 }
      if byte() == UInt8(ascii: "\""), (1...max(hashes, 1)).allSatisfy({ hashes == 0 || byte($0) == UInt8(ascii: "#") })
      {
        break
      }
      index += 1
    }
    let value = String(decoding: bytes[first..<min(index, bytes.count)], as: UTF8.self)
    index += hashes + 1
    add(value, line: start)
  }

  private mutating func characterOrLifetime() {
    if byte(1) == UInt8(ascii: "\\") {
      index += 3
      while index < bytes.count, byte() != UInt8(ascii: "'"), byte() != UInt8(ascii: "\n") { index += 1 }
      index += 1
      return
    }
    // One character, of up to four bytes, and the quote; else a lifetime.
    for length in 1...4 where byte(1 + length) == UInt8(ascii: "'") {
      if length > 1, byte(1) < 0x80 { break }
      index += length + 2
      return
    }
    index += 1
  }

  private mutating func number() {
    let start = index
    while index < bytes.count, Self.isWord(byte()) { index += 1 }
    var text = bytes[start..<index].filter { $0 != UInt8(ascii: "_") }
    for suffix in ["u16", "u32", "usize", "i32", "u64"] where text.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    {
      text.removeLast(suffix.utf8.count)
      break
    }
    add(String(decoding: text, as: UTF8.self), line: line, isNumber: true)
  }

  // MARK: Words and marks

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
      || byte >= 0x80
  }

  private mutating func word() {
    let start = index
    while index < bytes.count, Self.isWord(byte()) { index += 1 }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if ["r", "br", "cr"].contains(text) {
      var hashes = 0
      while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
      if byte(hashes) == UInt8(ascii: "\"") { return rawString(hashes: hashes) }
    }
    if ["b", "c"].contains(text), byte() == UInt8(ascii: "\"") { return }
    if pendingAttribute, let last = open.indices.last, open[last].attribute == "" {
      open[last].attribute = text
      pendingAttribute = false
    }
    // `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`
    if text == "test", let last = open.last, last.attribute != nil || last.call == "cfg" || last.call == "all" {
      isTest = true
    }
    module = lastWord == "mod" ? text : nil
    lastWord = text
    wasMacro = false
    guard skipDepth == nil else { return }
    words.insert(text)
    statements[statement, default: []].append(text.lowercased())
  }

  private mutating func mark(_ current: UInt8) {
    switch current {
    case UInt8(ascii: "!"): wasMacro = !lastWord.isEmpty
    case UInt8(ascii: "#"): pendingAttribute = byte(1) == UInt8(ascii: "[") || (byte(1) == 0x21 && byte(2) == 0x5b)
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): bracket(current)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): close(current)
    case UInt8(ascii: ";"):
      if let module, !isTest, skipDepth == nil { modules.append(module) }
      module = nil
      statement += 1
      lastWord = ""
      if isTest, skipDepth == nil { isTest = false }
    case UInt8(ascii: ",") where open.last.map({ $0.close == UInt8(ascii: "}") && $0.call == nil }) ?? false:
      // A field of a type or of a value.
      statement += 1
      lastWord = ""
    case 0x20, 0x09, 0x0d, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ":"): break
    default:
      lastWord = ""
      wasMacro = false
    }
  }

  private mutating func bracket(_ current: UInt8) {
    let pairs: [UInt8: UInt8] = [0x28: 0x29, 0x5b: 0x5d, 0x7b: 0x7d]
    let isAttribute = pendingAttribute && current == UInt8(ascii: "[")
    let isCall = !lastWord.isEmpty && (wasMacro || current == UInt8(ascii: "("))
    module = nil
    open.append(
      (pairs[current] ?? 0, isCall ? lastWord + (wasMacro ? "!" : "") : nil, isAttribute ? "" : nil))
    if current == UInt8(ascii: "{"), !wasMacro {
      statement += 1
      if isTest, skipDepth == nil {
        skipDepth = open.count
        isTest = false
      }
    }
    lastWord = ""
    wasMacro = false
  }

  private mutating func close(_ current: UInt8) {
    if let last = open.last, last.close == current {
      if skipDepth == open.count { skipDepth = nil }
      open.removeLast()
    }
    if current == UInt8(ascii: "}") { statement += 1 }
    pendingAttribute = false
    lastWord = ""
  }

  private mutating func add(_ value: String, line: Int, isNumber: Bool = false) {
    lastWord = ""
    guard skipDepth == nil else { return }
    if !isNumber, value.utf8.count < 40 { statements[statement, default: []].append(value.lowercased()) }
    literals.append(
      Literal(
        value: value, line: line, isNumber: isNumber, calls: open.compactMap(\.call),
        attribute: open.compactMap(\.attribute).last, statement: statement))
  }
}
