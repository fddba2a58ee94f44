/// A JSON value as YAML in block style, sorted by key: for people's eyes and for tools that read YAML, which get the same
/// value whichever version of YAML they keep to.
public enum YAMLOutput {
  /// With a line's end at its end.
  public static func text(_ value: JSONValue) -> String {
    switch value {
    case .object(let object) where !object.isEmpty: lines(of: value, "").map { $0 + "\n" }.joined()
    case .array(let array) where !array.isEmpty: lines(of: value, "").map { $0 + "\n" }.joined()
    default: scalar(value) + "\n"
    }
  }

  private static func lines(of value: JSONValue, _ indent: String) -> [String] {
    switch value {
    case .object(let object):
      object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { key, value in
        let head = indent + quoted(key) + ":"
        return isBlock(value) ? [head] + lines(of: value, indent + "  ") : [head + " " + scalar(value)]
      }
    case .array(let array):
      array.flatMap { value in
        guard isBlock(value) else { return [indent + "- " + scalar(value)] }
        var inner = lines(of: value, indent + "  ")
        // The first line of what is in it stands behind the hyphen.
        inner[0] = indent + "- " + inner[0].dropFirst(indent.utf8.count + 2)
        return inner
      }
    default: [indent + scalar(value)]
    }
  }

  private static func isBlock(_ value: JSONValue) -> Bool {
    switch value {
    case .object(let object): !object.isEmpty
    case .array(let array): !array.isEmpty
    default: false
    }
  }

  private static func scalar(_ value: JSONValue) -> String {
    if case .string(let text) = value { return quoted(text) }
    return CanonicalJSON.string(value)
  }

  /// Words that some version of YAML takes for something else than text.
  private static let reserved: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]

  private static func quoted(_ text: String) -> String {
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
    let isPlain =
      text.utf8.first.map(isLetter) ?? false && !reserved.contains(text.lowercased())
      && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f }
    return isPlain ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  /// Within double quotes; what YAML does not count as printable by its number.
  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x22: "\\\""
    case 0x5c: "\\\\"
    case 0x0a: "\\n"
    case 0x09: "\\t"
    case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff:
      String(scalar)
    default: "\\u" + hex(scalar.value)
    }
  }

  private static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
