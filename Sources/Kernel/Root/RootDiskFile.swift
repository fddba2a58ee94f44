internal import Glibc
internal import PackCore

/// A root disk that is being written: its blocks in any order, and the digest of each.
final class RootDiskFile {
  private let file: Descriptor
  /// Of all blocks, 32 bytes each.
  private(set) var digests: [UInt8]

  /// - Parameter known: the digests of the blocks that the file begins with and that stay.
  init(_ file: consuming Descriptor, blocks: Int, known: [UInt8]) {
    self.file = file
    digests = known + [UInt8](repeating: 0, count: blocks * VerityTree.digestSize - known.count)
  }

  /// Whole blocks.
  func write(_ bytes: UnsafeRawBufferPointer, at block: Int) throws {
    try Interruption.check()
    let start = block * VerityTree.digestSize
    let new = VerityTree.digests(bytes)
    digests.replaceSubrange(start..<(start + new.count), with: new)
    try file.write(bytes, at: Int64(block) * Int64(Erofs.blockSize))
  }

  /// What follows the blocks: no digest is of it.
  func append(_ bytes: [UInt8]) throws {
    try file.write(bytes, at: Int64(digests.count / VerityTree.digestSize) * Int64(Erofs.blockSize))
  }
}

/// A run of blocks of a root disk that is written from its begin to its end.
struct BlockSink: ~Copyable {
  private let disk: RootDiskFile
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BlockSink.capacity, alignment: 4096)
  /// Of the buffer's first byte.
  private var block: Int
  private var filled = 0
  private static let capacity = 64 * Erofs.blockSize

  init(_ disk: RootDiskFile, at block: Int) {
    self.disk = disk
    self.block = block
  }
  deinit { buffer.deallocate() }

  private var position: Int64 { Int64(block) * Int64(Erofs.blockSize) + Int64(filled) }

  mutating func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = min(bytes.count - done, Self.capacity - filled)
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)]))
        filled += count
        done += count
        if filled == Self.capacity { try flush() }
      }
    }
  }

  /// Zeros up to a byte of the image.
  mutating func advance(to wanted: Int64) throws {
    while position < wanted {
      let count = Int(min(wanted - position, Int64(Self.capacity - filled)))
      _ = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)])
        .initializeMemory(as: UInt8.self, repeating: 0)
      filled += count
      if filled == Self.capacity { try flush() }
    }
  }

  /// So many bytes of a file, straight into the buffer; false when it has not got them.
  mutating func copy(from source: borrowing Descriptor, _ range: Range<Int64>) throws -> Bool {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let wanted = Int(min(range.upperBound - offset, Int64(Self.capacity - filled)))
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + wanted)])
      guard try source.read(into: room, at: offset) == wanted else { return false }
      filled += wanted
      offset += Int64(wanted)
      if filled == Self.capacity { try flush() }
    }
    return true
  }

  /// Zeros up to the next block.
  mutating func align() throws {
    try advance(to: Int64(Erofs.blocks(position)) * Int64(Erofs.blockSize))
  }

  private mutating func flush() throws {
    try disk.write(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), at: block)
    block += filled / Erofs.blockSize
    filled = 0
  }

  consuming func finish() throws {
    try align()
    if filled > 0 { try flush() }
  }
}
