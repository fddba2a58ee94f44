internal import Glibc
public import PackCore

/// The disk that a machine's root filesystem lies on: an erofs, and behind it in the same file dm-verity's digests of its
/// blocks (`VerityTree`). The root hash stands for the whole file, here as in the machine; there is no other digest.
public struct RootDisk: Hashable, Sendable {
  /// Its name in the directory of `machine.json`.
  public let name: String
  /// Bytes of the file.
  public let size: Int64
  /// Blocks of 4096 bytes that the file system has.
  public let blocks: Int
  public let rootHash: Digest

  /// By which the machine knows the disk, and a partition that holds it. No volume's name has a dot.
  public static let serial = "packc.root"

  public init(name: String, size: Int64, blocks: Int, rootHash: Digest) {
    self.name = name
    self.size = size
    self.blocks = blocks
    self.rootHash = rootHash
  }

  /// A word of the kernel's command line, for the guest's init.
  public var parameter: String { "\(Self.serial)=\(blocks):\(rootHash.hex)" }

  var json: JSONValue {
    [
      "file": .string(name), "size": .integer(size), "filesystem": "erofs", "blocks": .integer(Int64(blocks)),
      "verity": JSONValue(rootHash), "serial": .string(Self.serial),
    ]
  }

  init(_ reader: JSONReader) throws {
    let name = try reader.required("file")
    guard let text = try? name.string(), RootPath.root.appending(component: Array(text.utf8)) != nil else {
      throw name.failure("not a file's name")
    }
    self.name = text
    blocks = Int(try reader.required("blocks").integer(in: 1...Int64(UInt32.max)))
    let size = try reader.required("size")
    self.size = try size.integer(in: 0 ... .max)
    guard self.size == Int64(blocks + VerityTree.blocks(dataBlocks: blocks)) * Int64(VerityTree.blockSize) else {
      throw size.failure("not the size of that many blocks and their digests")
    }
    rootHash = try reader.required("verity").digest()
  }

  // MARK: - Checking

  /// What is wrong with a file that should be this disk: the first byte of the first block that is not as it was built,
  /// or -1 when that cannot be told. Nil for a whole one.
  public func damage(of path: HostPath) throws -> Int64? {
    guard let status = try FileSystem.target(path), status.size == size else { return -1 }
    let file = try Descriptor.open(path)
    let found = VerityTree(try Self.digests(of: file, blocks: blocks, path))
    var stored = [UInt8](repeating: 0, count: found.bytes.count)
    let start = Int64(blocks) * Int64(VerityTree.blockSize)
    guard try stored.withUnsafeMutableBytes({ try file.read(into: $0, at: start) }) == stored.count else { return -1 }
    if found.rootHash == rootHash {
      return zip(stored, found.bytes).enumerated().first { $1.0 != $1.1 }.map {
        start + Int64($0.offset) / Int64(VerityTree.blockSize) * Int64(VerityTree.blockSize)
      }
    }
    let last = VerityTree.lastLevelSize(dataBlocks: blocks)
    let digests = Array(stored.suffix(last).prefix(blocks * VerityTree.digestSize))
    guard !digests.isEmpty, VerityTree(digests).rootHash == rootHash else { return -1 }
    let actual = Array(found.bytes.suffix(last))
    return zip(digests, actual).enumerated().first { $1.0 != $1.1 }.map {
      Int64($0.offset / VerityTree.digestSize * VerityTree.blockSize)
    } ?? -1
  }

  private static func digests(of file: borrowing Descriptor, blocks: Int, _ path: HostPath) throws -> [UInt8] {
    var digests: [UInt8] = []
    digests.reserveCapacity(blocks * VerityTree.digestSize)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * VerityTree.blockSize, alignment: 4096)
    defer { buffer.deallocate() }
    var rest = blocks * VerityTree.blockSize
    while rest > 0 {
      try Interruption.check()
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)])
      let offset = Int64(blocks * VerityTree.blockSize - rest)
      guard try file.read(into: room, at: offset) == room.count else { throw KernelFailure.changed(path.description) }
      digests += VerityTree.digests(UnsafeRawBufferPointer(room))
      rest -= room.count
    }
    return digests
  }
}
