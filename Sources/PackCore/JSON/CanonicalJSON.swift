/// The one JSON writer of packc: keys sorted by bytes, no escaped slashes, no spaces (or two, for people to read).
/// The same value gives the same bytes on every machine.
public enum CanonicalJSON {
  /// One line, no trailing newline. This form is hashed.
  public static func encode(_ value: JSONValue) -> [UInt8] {
    var out: [UInt8] = []
    write(value, into: &out, indent: nil)
    return out
  }

  /// Two spaces of indentation and a trailing newline, for files that people read and commit.
  public static func encodePretty(_ value: JSONValue) -> [UInt8] {
    var out: [UInt8] = []
    write(value, into: &out, indent: 0)
    out.append(UInt8(ascii: "\n"))
    return out
  }

  public static func string(_ value: JSONValue) -> String { String(decoding: encode(value), as: UTF8.self) }

  private static func write(_ value: JSONValue, into out: inout [UInt8], indent: Int?) {
    switch value {
    case .null: out += Array("null".utf8)
    case .bool(let bool): out += Array((bool ? "true" : "false").utf8)
    case .integer(let integer): out += Array(String(integer).utf8)
    // JSON has no form for infinities and NaN, and no reader of ours produces them.
    case .number(let number): out += Array((number.isFinite ? String(number) : "null").utf8)
    case .string(let string): write(string, into: &out)
    case .array(let array):
      sequence(array, open: "[", close: "]", into: &out, indent: indent) { element, out, indent in
        write(element, into: &out, indent: indent)
      }
    case .object(let object):
      let sorted = object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      sequence(sorted, open: "{", close: "}", into: &out, indent: indent) { pair, out, indent in
        write(pair.key, into: &out)
        out.append(UInt8(ascii: ":"))
        if indent != nil { out.append(UInt8(ascii: " ")) }
        write(pair.value, into: &out, indent: indent)
      }
    }
  }

  private static func sequence<Element>(
    _ elements: [Element], open: Unicode.Scalar, close: Unicode.Scalar, into out: inout [UInt8], indent: Int?,
    _ body: (Element, inout [UInt8], Int?) -> Void
  ) {
    out.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      newline(into: &out, indent: indent.map { $0 + 1 })
      body(element, &out, indent.map { $0 + 1 })
    }
    if !elements.isEmpty { newline(into: &out, indent: indent) }
    out.append(UInt8(ascii: close))
  }

  private static func newline(into out: inout [UInt8], indent: Int?) {
    guard let indent else { return }
    out.append(UInt8(ascii: "\n"))
    out += Array(repeating: UInt8(ascii: " "), count: 2 * indent)
  }

  private static func write(_ string: String, into out: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    out.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): out += Array("\\n".utf8)
      case UInt8(ascii: "\r"): out += Array("\\r".utf8)
      case UInt8(ascii: "\t"): out += Array("\\t".utf8)
      case 0..<0x20, 0x7f: out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
