/// Descriptors (JVM specification, 4.3): `(ILjava/lang/String;)V`
enum ClassType {
  static func parameters(_ type: String) -> [String] {
    guard let open = type.utf8.firstIndex(of: 0x28), let close = type.utf8.lastIndex(of: 0x29), open < close else {
      return []
    }
    var out: [String] = []
    var rest = type[type.utf8.index(after: open)..<close].utf8[...]
    while let first = rest.first {
      var end = rest.startIndex
      while end < rest.endIndex, rest[end] == UInt8(ascii: "[") { end = rest.index(after: end) }
      guard end < rest.endIndex else { break }
      if rest[end] == UInt8(ascii: "L") {
        guard let semicolon = rest[end...].firstIndex(of: UInt8(ascii: ";")) else { break }
        end = semicolon
      }
      _ = first
      let next = rest.index(after: end)
      out.append(String(decoding: rest[rest.startIndex..<next], as: UTF8.self))
      rest = rest[next...]
    }
    return out
  }

  static func result(_ type: String) -> String {
    type.utf8.lastIndex(of: 0x29).map { String(type[type.utf8.index(after: $0)...]) } ?? "V"
  }

  static func isWide(_ type: String) -> Bool { type == "J" || type == "D" }
}
