internal import PackCore

/// Subresource Integrity, as the locks of npm, Yarn and pnpm write it: `sha512-BASE64 sha1-BASE64`.
enum IntegrityText {
  private static let names = ["sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"]

  /// By CycloneDX's names. Of an algorithm that stands twice, for two archives of one package, none.
  static func hashes(_ text: String) -> [String: String] {
    var found: [String: Set<String>] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: "-", maxSplits: 1)
      // Options may follow a question mark.
      guard parts.count == 2, let name = names[String(parts[0])],
        let bytes = Base64.decode(parts[1].prefix { $0 != "?" }),
        bytes.count * 2 == SoftwareComponent.algorithms[name]
      else { continue }
      found[name, default: []].insert(Self.hex(bytes))
    }
    return found.compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  /// A hash that is written in hexadecimal, when it is one.
  static func hashes(_ algorithm: String, hex text: some StringProtocol) -> [String: String] {
    let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    return isHex && text.utf8.count == SoftwareComponent.algorithms[algorithm] ? [algorithm: String(text)] : [:]
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
