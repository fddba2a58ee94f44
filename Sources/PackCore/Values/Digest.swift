/// A content digest in the form of the OCI image spec (descriptor.md, "Digests"): `sha256:` and 64 lower-case hex digits.
/// Only sha256 exists here; anything else does not parse.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The 64 hex digits.
  public let hex: String

  /// Nil unless `text` is exactly `sha256:<64 lower-case hex digits>`.
  public init?(_ text: String) {
    guard text.hasPrefix("sha256:") else { return nil }
    self.init(hex: String(text.dropFirst(7)))
  }

  /// Nil unless `hex` is 64 lower-case hex digits.
  public init?(hex: String) {
    guard hex.utf8.count == 64,
      hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    self.hex = hex
  }

  /// From the 32 bytes of a SHA-256.
  public init(sha256 bytes: [UInt8]) {
    var text = [UInt8]()
    text.reserveCapacity(64)
    let digits = Array("0123456789abcdef".utf8)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    hex = String(decoding: text, as: UTF8.self)
  }

  public var description: String { "sha256:" + hex }
  /// The first twelve digits, for people.
  public var short: String { String(hex.prefix(12)) }

  public static func < (a: Digest, b: Digest) -> Bool { a.hex.utf8.lexicographicallyPrecedes(b.hex.utf8) }
}
