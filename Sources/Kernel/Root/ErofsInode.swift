internal import PackCore

/// Numbers of the EROFS format (kernel: Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h). All that is stored is
/// little endian.
enum Erofs {
  static let blockSize = 4096
  /// An inode is named by where it lies, counted in these from the image's begin.
  static let slotSize = 32
  static let longestName = 255
  /// The superblock's place; the inode of the root directory follows it, since its number has 16 bits only.
  static let superblock = 1024
  static let rootInode = 1152

  static func blocks(_ bytes: Int64) -> Int { Int((bytes + Int64(blockSize) - 1) / Int64(blockSize)) }

  /// The 128 bytes of the superblock: magic, (checksum, none: dm-verity has one for every block), compatible features,
  /// the block size as a power of two, extensions, the root's inode, how many inodes and when (all times are 0), blocks;
  /// inodes are counted from block 0, there are no shared attributes, no identifier, no name, no other feature.
  static func superblock(inodes: Int, blocks: Int) -> [UInt8] {
    var bytes = ByteRow()
    bytes.add(UInt32(0xe0f5_e1e2))
    bytes.add(UInt32(0))
    bytes.add(UInt32(0))
    bytes.add(UInt8(12))
    bytes.add(UInt8(0))
    bytes.add(UInt16(rootInode / slotSize))
    bytes.add(UInt64(inodes))
    bytes.add(UInt64(0))
    bytes.add(UInt32(0))
    bytes.add(UInt32(blocks))
    return bytes.padded(to: 128)
  }
}

/// A file, directory or link as it stands in an image.
struct ErofsInode {
  enum Kind: UInt32 {
    case directory = 0o040000
    case file = 0o100000
    case link = 0o120000

    /// How a directory's entry says it.
    var letter: UInt8 {
      switch self {
      case .file: 1
      case .directory: 2
      case .link: 7
      }
    }
  }

  let kind: Kind
  let mode: UInt32
  let uid: UInt32
  let gid: UInt32
  var links: UInt32 = 1
  /// Bytes of the content.
  let size: Int64
  /// Counts from 1 in the order of the image.
  var number = 0
  /// Bytes from the image's begin.
  var position: Int64 = 0
  /// The content's last part, less than a block, stands behind the inode.
  var isInline = false
  /// Of the content, which is in one piece.
  var firstBlock = 0

  init(kind: Kind, mode: UInt32, uid: UInt32, gid: UInt32, size: Int64) {
    self.kind = kind
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.size = size
  }

  /// By what a directory's entry names it.
  var slot: UInt64 { UInt64(position) / UInt64(Erofs.slotSize) }
  private var isExtended: Bool {
    uid > 0xffff || gid > 0xffff || links > 0xffff || size > Int64(UInt32.max)
  }
  var headerSize: Int { isExtended ? 64 : 32 }
  /// Bytes behind the last whole block.
  var tail: Int { Int(size % Int64(Erofs.blockSize)) }
  /// Blocks of its own.
  var blocks: Int { isInline ? Int(size / Int64(Erofs.blockSize)) : Erofs.blocks(size) }

  /// The short form of 32 bytes where the numbers fit into it, else the one of 64.
  var header: [UInt8] {
    var bytes = ByteRow()
    // Bit 0: the long form. From bit 1 on: 0 for content in blocks, 2 for one whose tail is here.
    bytes.add(UInt16((isInline ? 4 : 0) + (isExtended ? 1 : 0)))
    bytes.add(UInt16(0))
    bytes.add(UInt16(kind.rawValue | mode))
    if isExtended {
      bytes.add(UInt16(0))
      bytes.add(UInt64(size))
    } else {
      bytes.add(UInt16(links))
      bytes.add(UInt32(size))
      bytes.add(UInt32(0))
    }
    bytes.add(UInt32(blocks == 0 ? 0 : firstBlock))
    bytes.add(UInt32(number))
    guard isExtended else {
      bytes.add(UInt16(uid))
      bytes.add(UInt16(gid))
      return bytes.padded(to: 32)
    }
    bytes.add(uid)
    bytes.add(gid)
    // The time: 0.
    bytes.add(UInt64(0))
    bytes.add(UInt32(0))
    bytes.add(links)
    return bytes.padded(to: 64)
  }
}

/// Bytes that are put together from little-endian numbers.
struct ByteRow {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func add(_ other: [UInt8]) { bytes += other }
  func padded(to count: Int) -> [UInt8] { bytes + [UInt8](repeating: 0, count: max(0, count - bytes.count)) }
}
