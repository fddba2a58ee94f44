/// The header block of one tar member as somebody wrote it: ustar, GNU's or the old form (tar(5)). See `TarHeader` for the
/// fields' places.
struct TarBlock {
  static let size = 512

  let name: [UInt8]
  let linkTarget: [UInt8]
  let kind: UInt8
  /// Bytes of content, which begins after the block and is padded to whole blocks.
  let contentSize: Int64

  enum Problem: Error {
    case checksum
    case number(String)

    var text: String {
      switch self {
      case .checksum: "a header's checksum is wrong: it is no tar archive, or a damaged one"
      case .number(let field): "a header's \(field) is no number"
      }
    }
  }

  /// - Parameter block: 512 bytes, not all of them zero.
  init(_ block: UnsafeRawBufferPointer) throws(Problem) {
    guard let sum = Self.number(block, 148, 8), Self.sums(block).contains(sum) else { throw .checksum }
    guard let size = Self.number(block, 124, 12), size >= 0 else { throw .number("size") }
    contentSize = size
    kind = block[156]
    linkTarget = Self.text(block, 157, 100)
    // GNU's `ustar ` has other things where POSIX has the prefix.
    let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPOSIX ? Self.text(block, 345, 155) : []
    let last = Self.text(block, 0, 100)
    name = prefix.isEmpty ? last : prefix + [UInt8(ascii: "/")] + last
  }

  static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

  /// The bytes before the first NUL.
  private static func text(_ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> [UInt8] {
    Array(block[offset..<(offset + count)].prefix { $0 != 0 })
  }

  /// Octal digits among spaces and NULs, or base 256 when the first bit is set (GNU's, for what is too large).
  private static func number(_ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> Int64? {
    let field = block[offset..<(offset + count)]
    if block[offset] & 0x80 != 0 { return base256(field) }
    let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
      value = value << 3 | Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func base256(_ field: Slice<UnsafeRawBufferPointer>) -> Int64? {
    guard field.first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
    let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(exactly: value)
  }

  /// The sum of all bytes, the checksum's own field as spaces; some old tars added signed bytes.
  private static func sums(_ block: UnsafeRawBufferPointer) -> [Int64] {
    var unsigned: Int64 = 8 * 32
    var signed: Int64 = 8 * 32
    for (position, byte) in block.enumerated() where !(148..<156).contains(position) {
      unsigned += Int64(byte)
      signed += Int64(Int8(bitPattern: byte))
    }
    return [unsigned, signed]
  }
}
