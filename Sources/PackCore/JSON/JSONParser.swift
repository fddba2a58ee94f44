/// A strict reader of one JSON document (RFC 8259): UTF-8 only, no duplicate keys, no trailing bytes, bounded in size
/// and depth. For what strangers wrote: pack responses, manifests, locks.
public struct JSONParser {
  /// Bounds against a document that is made to hurt.
  public struct Limits: Sendable {
    public var bytes: Int
    public var depth: Int
    /// For manifests of tools that take the last of two equal keys: refused otherwise.
    public var lastKeyWins: Bool
    public init(bytes: Int = 16 << 20, depth: Int = 64, lastKeyWins: Bool = false) {
      self.bytes = bytes
      self.depth = depth
      self.lastKeyWins = lastKeyWins
    }
  }

  private let input: UnsafeBufferPointer<UInt8>
  private let limits: Limits
  private let name: String
  private var position = 0

  /// Parses `bytes`; `name` stands in the error's location.
  public static func parse(_ bytes: [UInt8], name: String = "JSON", limits: Limits = Limits()) throws -> JSONValue {
    guard bytes.count <= limits.bytes else {
      throw Failure(
        "json_too_large", "\(name) has \(bytes.count) bytes; the limit is \(limits.bytes)", exit: .badInput)
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Failure("json_not_utf8", "\(name) is not UTF-8", exit: .badInput)
    }
    return try bytes.withUnsafeBufferPointer { input in
      var parser = JSONParser(input: input, limits: limits, name: name)
      let value = try parser.value(depth: 0)
      parser.skipSpace()
      guard parser.position == input.count else { throw parser.failure("text after the end of the document") }
      return value
    }
  }

  private init(input: UnsafeBufferPointer<UInt8>, limits: Limits, name: String) {
    self.input = input
    self.limits = limits
    self.name = name
  }

  private func failure(_ text: String) -> Failure {
    let before = input[..<min(position, input.count)]
    let line = before.count(where: { $0 == UInt8(ascii: "\n") }) + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = before[start...].count(where: { $0 & 0xc0 != 0x80 }) + 1
    return Failure(
      "bad_json", "not valid JSON: \(text)", at: SourceLocation(path: name, line: line, column: column),
      exit: .badInput)
  }

  private var current: UInt8? { position < input.count ? input[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws {
    guard current == UInt8(ascii: scalar) else {
      throw failure(current == nil ? "it ends where \"\(scalar)\" is expected" : "expected \"\(scalar)\"")
    }
    position += 1
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < limits.depth else { throw failure("nested deeper than \(limits.depth)") }
    skipSpace()
    guard let byte = current else { throw failure("it ends where a value is expected") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("a value cannot start here")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard input[position...].starts(with: bytes) else { throw failure("unknown word") }
    position += bytes.count
    return value
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    var object: [String: JSONValue] = [:]
    try list(open: "{", close: "}") { parser in
      parser.skipSpace()
      guard parser.current == UInt8(ascii: "\"") else { throw parser.failure("a key is a string") }
      let key = try parser.string()
      guard parser.limits.lastKeyWins || object[key] == nil else {
        throw parser.failure("the key \"\(key)\" stands twice")
      }
      parser.skipSpace()
      try parser.expect(":")
      object[key] = try parser.value(depth: depth + 1)
    }
    return .object(object)
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    var array: [JSONValue] = []
    try list(open: "[", close: "]") { array.append(try $0.value(depth: depth + 1)) }
    return .array(array)
  }

  private mutating func list(
    open: Unicode.Scalar, close: Unicode.Scalar, _ element: (inout JSONParser) throws -> Void
  ) throws {
    try expect(open)
    skipSpace()
    if current == UInt8(ascii: close) {
      position += 1
      return
    }
    while true {
      try element(&self)
      skipSpace()
      if current == UInt8(ascii: close) {
        position += 1
        return
      }
      try expect(",")
    }
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let zero = current == UInt8(ascii: "0")
    let count = digits()
    guard count > 0 else { throw failure("a number needs a digit") }
    guard !zero || count == 1 else { throw failure("a number has no leading zero") }
    var whole = true
    if current == UInt8(ascii: ".") {
      whole = false
      position += 1
      guard digits() > 0 else { throw failure("a digit must follow the point") }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      whole = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw failure("an exponent needs a digit") }
    }
    let text = String(decoding: input[start..<position], as: UTF8.self)
    if whole, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw failure("the number \(text) is out of range") }
    return .number(number)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws -> String {
    try expect("\"")
    var out: [UInt8] = []
    while true {
      guard let byte = current else { throw failure("a string is not closed") }
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &out)
      case 0..<0x20: throw failure("a control character in a string must be escaped")
      default:
        out.append(byte)
        position += 1
      }
    }
  }

  private mutating func escape(into out: inout [UInt8]) throws {
    guard let byte = current else { throw failure("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "u"): out += Array(String(Character(try scalar())).utf8)
    default: throw failure("unknown escape")
    }
  }

  private mutating func scalar() throws -> Unicode.Scalar {
    let first = try hex4()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xd800..<0xdc00).contains(first), current == UInt8(ascii: "\\") else { throw failure("a lone surrogate") }
    position += 1
    try expect("u")
    let second = try hex4()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw failure("a lone surrogate") }
    return scalar
  }

  private mutating func hex4() throws -> UInt32 {
    guard position + 4 <= input.count else { throw failure("\\u needs four hex digits") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(input[position])).hexDigitValue else {
        throw failure("\\u needs four hex digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
