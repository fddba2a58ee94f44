internal import CCrypto

/// A running SHA-256 whose state can be written down and taken up again later, by OpenSSL's own context (SHA256_Init(3)):
/// what a long file begins with need not be read again for the digest of the whole. As fast as `SHA256`.
public struct ResumableSHA256: Sendable {
  private var context = SHA256_CTX()
  /// Bytes until now.
  public private(set) var count: UInt64 = 0

  public init() { SHA256_Init(&context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    SHA256_Update(&context, base, bytes.count)
    count += UInt64(bytes.count)
  }

  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    SHA256_Final(&bytes, &context)
    return Digest(sha256: bytes)
  }

  // MARK: - State

  private static let block = 64

  /// The eight words, then what does not fill a block yet, as hexadecimal digits; with `count` all that there is.
  public var state: String {
    let words = withUnsafeBytes(of: context.h) { Array($0) }
    let pending = withUnsafeBytes(of: context.data) { Array($0.prefix(Int(context.num))) }
    return Self.hex(words + pending)
  }

  /// Nil for what `state` never gives.
  public init?(state: String, count: UInt64) {
    guard let bytes = Self.bytes(state), bytes.count == 32 + Int(count % UInt64(Self.block)), count < 1 << 60 else {
      return nil
    }
    self.init()
    withUnsafeMutableBytes(of: &context.h) { $0.copyBytes(from: bytes.prefix(32)) }
    withUnsafeMutableBytes(of: &context.data) { $0.copyBytes(from: bytes.dropFirst(32)) }
    context.num = UInt32(bytes.count - 32)
    context.Nl = UInt32(truncatingIfNeeded: count << 3)
    context.Nh = UInt32(truncatingIfNeeded: count >> 29)
    self.count = count
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { character -> UInt8? in
      switch character {
      case 0x30...0x39: character - 0x30
      case 0x61...0x66: character - 0x57
      default: nil
      }
    }
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}
