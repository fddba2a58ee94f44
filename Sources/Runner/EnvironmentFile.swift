public import PackCore

/// A `.env` file: one variable a line, as dotenv libraries and Docker write them, and nothing that needs a shell.
///
///     # a comment
///     PORT=8080                       the rest of the line, without blanks at its ends
///     export LOG=info # why           `export` and a comment behind a blank are left out
///     GREETING="two\nlines"           \n \r \t \" \\ \$ are known between double quotes
///     PATTERN='^\d+ # $'              between single quotes everything stands for itself
///
/// Nothing is replaced: `$HOME` stays `$HOME`. A value has one line. A name stands once in a file.
public enum EnvironmentFile {
  /// Bytes of a file.
  static let sizeLimit = 1 << 20
  /// Bytes of a line, by what a machine's init takes as one variable.
  static let lineLimit = 128 << 10
  static let countLimit = 2048

  /// - Throws: `bad_env_file` with path and line (exit code 65).
  public static func read(_ path: HostPath) throws -> [String: String] {
    try parse(try FileSystem.read(path, limit: sizeLimit), path: path.description)
  }

  /// - Parameter path: how errors name the file.
  public static func parse(_ bytes: [UInt8], path: String) throws -> [String: String] {
    var values: [String: String] = [:]
    var places: [String: Int] = [:]
    let marked = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
    for (index, raw) in marked.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      do {
        guard let (name, value) = try variable(raw) else { continue }
        if let first = places.updateValue(number, forKey: name) {
          throw Problem("\(name) stands on line \(first) already", "keep one of them")
        }
        values[name] = value
        guard values.count <= countLimit else {
          throw Problem("there are more than \(countLimit) variables", "use a file that the program reads itself")
        }
      } catch let problem as Problem {
        throw Failure(
          "bad_env_file", problem.message, hint: problem.hint, at: SourceLocation(path: path, line: number),
          exit: .badInput)
      }
    }
    return values
  }

  private struct Problem: Error {
    let message: String
    let hint: String
    init(_ message: String, _ hint: String) {
      self.message = message
      self.hint = hint
    }
  }

  /// Nil for a line without a variable.
  private static func variable(_ raw: ArraySlice<UInt8>) throws -> (String, String)? {
    guard raw.count <= lineLimit else {
      throw Problem("this line is longer than \(lineLimit >> 10) KiB", "use a file that the program reads itself")
    }
    guard !raw.contains(0) else { throw Problem("this line holds a NUL", "is this the right file?") }
    guard String(validating: raw, as: UTF8.self) != nil else {
      throw Problem("this line is not UTF-8", "save the file as UTF-8")
    }
    var line = trimmed(raw.last == 0x0d ? raw.dropLast() : raw)
    if line.isEmpty || line.first == UInt8(ascii: "#") { return nil }
    if line.starts(with: Array("export ".utf8)) || line.starts(with: Array("export\t".utf8)) {
      line = trimmed(line.dropFirst(7))
    }
    guard let cut = line.firstIndex(of: UInt8(ascii: "=")) else {
      throw Problem("there is no = on this line", "write NAME=VALUE, one variable a line")
    }
    return (try name(line[..<cut]), try value(trimmed(line[line.index(after: cut)...])))
  }

  private static func name(_ bytes: ArraySlice<UInt8>) throws -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let first = bytes.first else { throw Problem("there is no name before the =", "write NAME=VALUE") }
    if isBlank(bytes.last ?? 0) { throw Problem("there is a blank before the =", "write \(trimmed(text))=VALUE") }
    let isKnown = bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "-.".utf8.contains($0) }
    guard isLetter(first), isKnown, bytes.count <= 256 else {
      throw Problem(
        "\"\(text.prefix(60))\" is not the name of a variable",
        "names have letters, digits, _ - and ., begin with a letter or _, and have at most 256 bytes")
    }
    return text
  }

  private static func value(_ bytes: ArraySlice<UInt8>) throws -> String {
    switch bytes.first {
    case UInt8(ascii: "\""): return try doubleQuoted(bytes.dropFirst())
    case UInt8(ascii: "'"):
      guard let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "'")) else { throw unclosed("'") }
      try expectNothing(bytes[bytes.index(after: end)...])
      return String(decoding: bytes.dropFirst()[..<end], as: UTF8.self)
    default: return String(decoding: trimmed(withoutComment(bytes)), as: UTF8.self)
    }
  }

  private static func doubleQuoted(_ bytes: ArraySlice<UInt8>) throws -> String {
    var value: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        try expectNothing(rest)
        return String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let letter = rest.popFirst() else { throw unclosed("\"") }
        switch letter {
        case UInt8(ascii: "n"): value.append(0x0a)
        case UInt8(ascii: "r"): value.append(0x0d)
        case UInt8(ascii: "t"): value.append(0x09)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): value.append(letter)
        default:
          throw Problem(
            "a backslash between double quotes stands before n, r, t, \", \\ or $ only",
            "double it, or put the value between single quotes")
        }
      default: value.append(byte)
      }
    }
    throw unclosed("\"")
  }

  private static func unclosed(_ quote: String) -> Problem {
    Problem(
      "the value's \(quote) is not closed on this line, and a value has one line",
      "write a line's end as \\n between double quotes")
  }

  /// Behind a closing quote.
  private static func expectNothing(_ rest: ArraySlice<UInt8>) throws {
    let isBlankFirst = rest.first.map(isBlank) ?? true
    guard isBlankFirst, trimmed(withoutComment(rest)).isEmpty else {
      throw Problem("something stands behind the closing quote", "put the whole value between the quotes")
    }
  }

  /// A `#` at the start or behind a blank begins one.
  private static func withoutComment(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var wasBlank = true
    for (index, byte) in zip(bytes.indices, bytes) {
      if byte == UInt8(ascii: "#"), wasBlank { return bytes[..<index] }
      wasBlank = isBlank(byte)
    }
    return bytes
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || byte == UInt8(ascii: "_")
  }
  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = bytes.drop(while: isBlank)
    return start[..<((start.lastIndex { !isBlank($0) }).map { start.index(after: $0) } ?? start.startIndex)]
  }
  private static func trimmed(_ text: String) -> String {
    String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
  }
}
