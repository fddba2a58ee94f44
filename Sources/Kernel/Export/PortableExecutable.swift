internal import PackCore

/// An EFI program to which sections are appended, as a list of bytes and files that make the new one (Microsoft, "PE
/// Format"; UAPI group, "Unified Kernel Image").
///
///     0x3c u32 offset of "PE\0\0"        optional header:  +56 u32 size of the image in memory
///     +4   u16 machine                                     +60 u32 size of the headers
///     +6   u16 number of sections                          +64 u32 checksum
///     +12  u32 symbol table, u32 symbols  sections, 40 bytes each: name[8], size in memory, address, size in the file,
///     +20  u16 size of optional header                     offset in the file, …, flags
struct PortableExecutable {
  enum Content {
    case bytes([UInt8])
    case file(HostPath, Int64)

    var size: Int64 {
      switch self {
      case .bytes(let bytes): Int64(bytes.count)
      case .file(_, let size): size
      }
    }
  }

  private static let sectionSize = 40
  private static let page: Int64 = 4096
  private static let block: Int64 = 512
  /// Initialised data that may be read.
  private static let flags: UInt32 = 0x4000_0040
  private static let sizeLimit: Int64 = 0xf000_0000

  private var head: [UInt8]
  private var parts: [Content] = []
  /// Where in `head`.
  private let header: Int
  private let optional: Int
  private let table: Int
  private let headersSize: Int
  private var count: Int
  /// The ends of what is there, in the file and in memory.
  private var fileEnd: Int64
  private var memoryEnd: Int64

  /// - Parameter name: stands in errors.
  init(_ bytes: [UInt8], name: String) throws {
    func bad(_ why: String) -> Failure { KernelFailure.badStub(name, why) }
    guard bytes.count >= 0x40, bytes[0] == 0x4d, bytes[1] == 0x5a else { throw bad("it does not begin with MZ") }
    let header = Int(Self.word32(bytes, 0x3c))
    guard header <= bytes.count - 24, Array(bytes[header..<(header + 4)]) == [0x50, 0x45, 0, 0] else {
      throw bad("it has no PE header")
    }
    count = Int(Self.word16(bytes, header + 6))
    optional = header + 24
    let optionalSize = Int(Self.word16(bytes, header + 20))
    table = optional + optionalSize
    guard optionalSize >= 112, count > 0, count < 96, table + count * Self.sectionSize <= bytes.count,
      Self.word16(bytes, optional) == 0x20b
    else { throw bad("its headers are not those of a 64-bit program") }
    headersSize = Int(Self.word32(bytes, optional + 60))
    guard headersSize >= table + count * Self.sectionSize else { throw bad("its headers end within themselves") }
    var (fileEnd, memoryEnd) = (Int64(headersSize), Int64(headersSize))
    for index in 0..<count {
      let section = table + index * Self.sectionSize
      func field(_ offset: Int) -> Int64 { Int64(Self.word32(bytes, section + offset)) }
      fileEnd = max(fileEnd, field(16) + field(20))
      memoryEnd = max(memoryEnd, field(12) + max(field(8), field(16)))
    }
    guard fileEnd <= Int64(bytes.count) else { throw bad("a section ends outside of it") }
    guard memoryEnd < Self.sizeLimit else { throw bad("a section lies beyond what 32 bits address") }
    // What follows is a symbol table, which nothing needs.
    head = Array(bytes[..<Int(fileEnd)])
    (self.header, self.fileEnd, self.memoryEnd) = (header, fileEnd, memoryEnd)
    Self.put(0, in: &head, header + 12)
    Self.put(0, in: &head, header + 16)
    pad()
  }

  /// - Parameter name: at most eight bytes.
  mutating func append(_ name: StaticString, _ content: Content) throws {
    let at = table + count * Self.sectionSize
    guard at + Self.sectionSize <= headersSize else {
      throw KernelFailure.badStub("the EFI stub", "its headers have no room for another section")
    }
    let address = Self.rounded(memoryEnd, Self.page)
    guard content.size < Self.sizeLimit, address + content.size < Self.sizeLimit else {
      throw KernelFailure.tooLargeForEFI(content.size)
    }
    for offset in at..<(at + Self.sectionSize) { head[offset] = 0 }
    name.withUTF8Buffer { for (offset, byte) in $0.enumerated() { head[at + offset] = byte } }
    Self.put(UInt32(content.size), in: &head, at + 8)
    Self.put(UInt32(address), in: &head, at + 12)
    Self.put(UInt32(Self.rounded(content.size, Self.block)), in: &head, at + 16)
    Self.put(UInt32(fileEnd), in: &head, at + 20)
    Self.put(Self.flags, in: &head, at + 36)
    parts.append(content)
    fileEnd += content.size
    pad()
    memoryEnd = address + content.size
    count += 1
  }

  /// The whole file, in order.
  func contents() -> [Content] {
    var head = head
    head[header + 6] = UInt8(count)
    Self.put(UInt32(Self.rounded(memoryEnd, Self.page)), in: &head, optional + 56)
    // Firmware looks at the checksum of drivers only; 0 is "none".
    Self.put(0, in: &head, optional + 64)
    return [.bytes(head)] + parts
  }

  private mutating func pad() {
    let missing = Int(-fileEnd & (Self.block - 1))
    if missing > 0 { parts.append(.bytes([UInt8](repeating: 0, count: missing))) }
    fileEnd += Int64(missing)
  }

  private static func rounded(_ value: Int64, _ unit: Int64) -> Int64 { (value + unit - 1) / unit * unit }

  private static func word16(_ bytes: [UInt8], _ at: Int) -> UInt16 { UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8 }
  static func word32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(word16(bytes, at)) | UInt32(word16(bytes, at + 2)) << 16
  }
  private static func put(_ value: UInt32, in bytes: inout [UInt8], _ at: Int) {
    for offset in 0..<4 { bytes[at + offset] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(offset))) }
  }
}
