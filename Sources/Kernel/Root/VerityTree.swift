internal import PackCore

/// The digests by which dm-verity checks each block that is read (kernel: Documentation/admin-guide/device-mapper/
/// verity.rst), as they stand behind the data in the same file, where `veritysetup` looks for them:
///
///     superblock   one block
///     levels       the highest first, one block; the last one has a SHA-256 for each block of data, 128 in a block
///
/// No salt: the same data has the same tree, and SHA-256 needs none. The root hash is the digest of the highest level's
/// block; whoever knows it knows every byte.
struct VerityTree: Sendable {
  static let blockSize = 4096
  static let digestSize = 32
  private static let fanOut = blockSize / digestSize

  let dataBlocks: Int
  let rootHash: Digest
  /// Superblock and levels.
  let bytes: [UInt8]

  /// - Parameter digests: of all data blocks, 32 bytes each.
  init(_ digests: [UInt8]) {
    dataBlocks = digests.count / Self.digestSize
    var levels: [[UInt8]] = []
    var top = digests
    while top.count > Self.digestSize {
      let level = top + [UInt8](repeating: 0, count: Self.padding(top.count))
      levels.append(level)
      top = level.withUnsafeBytes(Self.digests)
    }
    rootHash = Digest(sha256: top)
    bytes = Self.superblock(dataBlocks, identity: top) + levels.reversed().flatMap { $0 }
  }

  private static func padding(_ count: Int) -> Int { (blockSize - count % blockSize) % blockSize }

  /// Of whole blocks.
  static func digests(_ blocks: UnsafeRawBufferPointer) -> [UInt8] {
    let count = blocks.count / blockSize
    return [UInt8](unsafeUninitializedCapacity: count * digestSize) { buffer, filled in
      for index in 0..<count {
        let block = UnsafeRawBufferPointer(rebasing: blocks[(index * blockSize)..<((index + 1) * blockSize)])
        SHA256.digest(of: block, into: UnsafeMutableBufferPointer(rebasing: buffer[(index * digestSize)...]))
      }
      filled = count * digestSize
    }
  }

  // MARK: - In a file

  /// Blocks of superblock and levels.
  static func blocks(dataBlocks: Int) -> Int {
    var (total, count) = (1, dataBlocks)
    while count > 1 {
      count = (count + fanOut - 1) / fanOut
      total += count
    }
    return total
  }

  /// How many of a file's blocks are data; nil when no data has a tree with which it is so large.
  static func dataBlocks(of total: Int) -> Int? {
    var (low, high) = (1, max(1, total))
    while low < high {
      let middle = (low + high) / 2
      if middle + blocks(dataBlocks: middle) < total { low = middle + 1 } else { high = middle }
    }
    return low + blocks(dataBlocks: low) == total ? low : nil
  }

  /// How far the digests of the data blocks begin from the tree's own end. Bytes.
  static func lastLevelSize(dataBlocks: Int) -> Int {
    dataBlocks > 1 ? dataBlocks * digestSize + padding(dataBlocks * digestSize) : 0
  }

  /// Version 1: signature, version, type, identifier, algorithm, both block sizes, data blocks, the salt's length (0).
  private static func superblock(_ dataBlocks: Int, identity: [UInt8]) -> [UInt8] {
    var row = ByteRow()
    row.add(Array("verity\0\0".utf8))
    row.add(UInt32(1))
    row.add(UInt32(1))
    var identifier = Array(identity.prefix(16))
    // Version 8 of an identifier: of one's own making (RFC 9562, section 5.8).
    identifier[6] = identifier[6] & 0x0f | 0x80
    identifier[8] = identifier[8] & 0x3f | 0x80
    row.add(identifier)
    row.add(Array("sha256".utf8) + [UInt8](repeating: 0, count: 26))
    row.add(UInt32(blockSize))
    row.add(UInt32(blockSize))
    row.add(UInt64(dataBlocks))
    row.add(UInt16(0))
    return row.padded(to: blockSize)
  }
}
