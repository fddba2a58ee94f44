/// One challenge of `WWW-Authenticate` (RFC 9110, section 11.6.1): a scheme and its parameters.
struct AuthChallenge: Hashable, Sendable {
  /// Lower case: `bearer`, `basic`.
  var scheme: String
  /// Names in lower case.
  var parameters: [String: String]

  /// Of all fields of that name together; what cannot be read ends the list.
  static func parse(_ fields: [String]) -> [AuthChallenge] {
    fields.prefix(16).flatMap { field in
      var parser = Parser(bytes: Array(field.utf8))
      return parser.challenges()
    }
  }

  /// `scheme name=value, name="quoted \" value", scheme …`: a name that no `=` follows begins the next challenge.
  private struct Parser {
    let bytes: [UInt8]
    var position = 0
    private static let limit = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func challenges() -> [AuthChallenge] {
      var found: [AuthChallenge] = []
      while found.count < Parser.limit {
        skip(" \t,")
        guard let word = token() else { return found }
        skip(" \t")
        if current == UInt8(ascii: "="), !found.isEmpty {
          position += 1
          skip(" \t")
          guard let value = value(), found[found.count - 1].parameters.count < Parser.limit else { return found }
          let name = word.lowercased()
          // Of two equal names the first counts: the second may be somebody else's.
          if found[found.count - 1].parameters[name] == nil { found[found.count - 1].parameters[name] = value }
        } else {
          found.append(AuthChallenge(scheme: word.lowercased(), parameters: [:]))
        }
      }
      return found
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ set: StaticString) {
      let set = UnsafeBufferPointer(start: set.utf8Start, count: set.utf8CodeUnitCount)
      while let byte = current, set.contains(byte) { position += 1 }
    }

    /// RFC 9110, section 5.6.2.
    private mutating func token() -> String? {
      let start = position
      while let byte = current, (0x21...0x7e).contains(byte), !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte) {
        position += 1
      }
      return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func value() -> String? {
      guard current == UInt8(ascii: "\"") else {
        // Some registries do not quote URLs and scopes.
        let start = position
        while let byte = current, byte > 0x20, byte != UInt8(ascii: ",") { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
      }
      position += 1
      var out: [UInt8] = []
      while let byte = current {
        position += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: out, as: UTF8.self) }
        if byte == UInt8(ascii: "\\"), let next = current {
          out.append(next)
          position += 1
        } else {
          out.append(byte)
        }
      }
      return nil
    }
  }
}
