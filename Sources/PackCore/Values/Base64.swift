/// Base64 (RFC 4648, section 4): for bytes that are not UTF-8 in a JSON document, and for hashes as npm writes them.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var rest = bytes[...]
    while !rest.isEmpty {
      let group = Array(rest.prefix(3))
      rest = rest.dropFirst(3)
      let padded = group + [UInt8](repeating: 0, count: 3 - group.count)
      let word = UInt32(padded[0]) << 16 | UInt32(padded[1]) << 8 | UInt32(padded[2])
      for position in 0..<4 {
        out.append(
          position <= group.count ? alphabet[Int(word >> (18 - 6 * UInt32(position)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// nil for what `encode` would not have written.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count % 4 == 0 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(characters.count / 4 * 3)
    for start in stride(from: 0, to: characters.count, by: 4) {
      let isLast = start + 4 == characters.count
      let group = characters[start..<start + 4]
      let padding = isLast ? group.reversed().prefix { $0 == UInt8(ascii: "=") }.count : 0
      guard padding < 3 else { return nil }
      var word: UInt32 = 0
      for character in group.dropLast(padding) {
        guard let value = value(character) else { return nil }
        word = word << 6 | value
      }
      word <<= 6 * UInt32(padding)
      let bytes = [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
      guard bytes.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
      out += bytes.dropLast(padding)
    }
    return out
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x41...0x5a: UInt32(character - 0x41)
    case 0x61...0x7a: UInt32(character - 0x61) + 26
    case 0x30...0x39: UInt32(character - 0x30) + 52
    case 0x2b: 62
    case 0x2f: 63
    default: nil
    }
  }
}
