internal import PackCore

/// The files of a jar (a zip archive, APPNOTE.TXT 4.3), by its central directory. Sizes are believed only as far as the
/// archive itself goes.
public struct JarReader: Sendable {
  public struct Entry: Sendable {
    public fileprivate(set) var name: String
    fileprivate var method: Int
    fileprivate var checksum: Int
    fileprivate var packed: Int
    /// Bytes of its content, as the archive says.
    public fileprivate(set) var size: Int
    fileprivate var offset: Int
  }
  /// A larger archive is not read. Bytes.
  public static let limit = 512 << 20
  private static let mostEntries = 100_000
  private static let largest = 32 << 20

  public let entries: [Entry]
  private let bytes: [UInt8]

  /// - Throws: `bad_jar`.
  public init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    // The end record lies behind everything but a comment of at most 65535 bytes.
    let least = max(0, bytes.count - 22 - 65535)
    guard bytes.count >= 22,
      let end = stride(from: bytes.count - 22, through: least, by: -1).first(where: {
        Self.word(bytes, $0) == 0x0605_4b50
      })
    else { throw Self.failure("it has no central directory") }
    let count = Self.short(bytes, end + 10)
    var offset = Self.word(bytes, end + 16)
    guard count < 0xffff, count <= Self.mostEntries else { throw Self.failure("it has more entries than are read") }
    var entries: [Entry] = []
    for _ in 0..<count {
      guard offset + 46 <= bytes.count, Self.word(bytes, offset) == 0x0201_4b50 else {
        throw Self.failure("its central directory ends too early")
      }
      let length = Self.short(bytes, offset + 28)
      let rest = length + Self.short(bytes, offset + 30) + Self.short(bytes, offset + 32)
      guard offset + 46 + rest <= bytes.count else { throw Self.failure("its central directory ends too early") }
      entries.append(
        Entry(
          name: String(decoding: bytes[(offset + 46)..<(offset + 46 + length)], as: UTF8.self),
          method: Self.short(bytes, offset + 10), checksum: Self.word(bytes, offset + 16),
          packed: Self.word(bytes, offset + 20), size: Self.word(bytes, offset + 24),
          offset: Self.word(bytes, offset + 42)))
      offset += 46 + rest
    }
    self.entries = entries
  }

  /// The content of an entry.
  ///
  /// - Throws: `bad_jar`, or what unpacking says.
  public func read(_ entry: Entry) throws -> [UInt8] {
    guard entry.size <= Self.largest else { throw Self.failure("\(entry.name) has more than 32 MiB") }
    guard entry.offset + 30 <= bytes.count, Self.word(bytes, entry.offset) == 0x0403_4b50 else {
      throw Self.failure("\(entry.name) is not where the central directory says")
    }
    let start = entry.offset + 30 + Self.short(bytes, entry.offset + 26) + Self.short(bytes, entry.offset + 28)
    guard start + entry.packed <= bytes.count else { throw Self.failure("\(entry.name) ends too early") }
    let packed = bytes[start..<start + entry.packed]
    switch entry.method {
    case 0: return Array(packed)
    case 8: return try Self.inflate(packed, entry)
    default: throw Self.failure("\(entry.name) is compressed in another way than deflate")
    }
  }

  /// The same deflate stream as a gzip member, which carries checksum and length in its own places.
  private static func inflate(_ packed: ArraySlice<UInt8>, _ entry: Entry) throws -> [UInt8] {
    var member: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + packed
    for number in [entry.checksum, entry.size] {
      for shift in [0, 8, 16, 24] { member.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    var out: [UInt8] = []
    out.reserveCapacity(entry.size)
    let reader = try GzipDecompressor()
    try member.withUnsafeBytes { input in
      try reader.write(input) { piece in
        guard out.count + piece.count <= entry.size else { throw failure("\(entry.name) is longer than it says") }
        out += piece
      }
    }
    return out
  }

  private static func failure(_ text: String) -> Failure {
    Failure("bad_jar", "the jar cannot be read: \(text)", exit: .badInput)
  }
  private static func short(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
  private static func word(_ bytes: [UInt8], _ at: Int) -> Int { short(bytes, at) | short(bytes, at + 2) << 16 }
}
