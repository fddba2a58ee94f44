internal import Glibc
internal import PackCore

/// A new file as parts of an old one and bytes between them, in the new file's order.
struct FilePieces {
  private enum Piece {
    case copy(offset: UInt64, count: UInt64)
    case bytes([UInt8])
    var count: UInt64 {
      switch self {
      case .copy(_, let count): count
      case .bytes(let bytes): UInt64(bytes.count)
      }
    }
  }
  private var pieces: [Piece] = []
  /// Bytes that replace those at an offset of the first piece, which begins the file.
  private var patches: [(offset: UInt64, bytes: [UInt8])] = []
  /// Bytes so far: where the next piece begins.
  private(set) var size: UInt64 = 0

  mutating func copy(offset: UInt64, count: UInt64) {
    pieces.append(.copy(offset: offset, count: count))
    size += count
  }
  mutating func append(_ bytes: [UInt8]) {
    pieces.append(.bytes(bytes))
    size += UInt64(bytes.count)
  }
  /// Replaces bytes of the first piece, which must be a copy that reaches so far.
  mutating func patch(at offset: UInt64, _ bytes: [UInt8]) { patches.append((offset, bytes)) }

  /// Other bytes in the place of the first piece, as many as it has.
  mutating func replaceFirst(with bytes: [UInt8]) {
    size -= pieces.first?.count ?? 0
    size += UInt64(bytes.count)
    pieces[0] = .bytes(bytes)
  }

  /// Zeros up to a multiple of `alignment`; returns the place.
  mutating func pad(to alignment: UInt64) -> UInt64 {
    let padding = (alignment - size % alignment) % alignment
    if padding > 0 { append([UInt8](repeating: 0, count: Int(padding))) }
    return size
  }

  /// Gives the new file's bytes to `sink`, in order and in blocks.
  func write(from source: borrowing Descriptor, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    let sorted = patches.sorted { $0.offset < $1.offset }
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .bytes(let bytes): try bytes.withUnsafeBytes(sink)
      case .copy(let offset, let count):
        try Self.copy(source, offset, count, patches: index == 0 ? sorted : [], sink)
      }
    }
  }

  private static func copy(
    _ source: borrowing Descriptor, _ offset: UInt64, _ count: UInt64,
    patches: [(offset: UInt64, bytes: [UInt8])], _ sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let blockSize: UInt64 = 1 << 18
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(blockSize), alignment: 4096)
    defer { buffer.deallocate() }
    var done: UInt64 = 0
    var next = 0
    while done < count {
      let start = offset + done
      let size = min(blockSize, count - done)
      let block = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(size)])
      try source.read(into: block, at: start)
      // A patch may lie in two blocks; the next block sees it again.
      while next < patches.count, patches[next].offset + UInt64(patches[next].bytes.count) <= start { next += 1 }
      for patch in patches[next...].prefix(while: { $0.offset < start + size }) {
        for (index, byte) in patch.bytes.enumerated() {
          let place = patch.offset + UInt64(index)
          if place >= start, place < start + size { block[Int(place - start)] = byte }
        }
      }
      try sink(UnsafeRawBufferPointer(block))
      done += size
    }
  }
}

extension Descriptor {
  /// pread(2) until `block` is full; a file that ends before is an error.
  borrowing func read(into block: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
    var filled = 0
    while filled < block.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: block[filled...])
      let count = pread(raw, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure.system("read", errno: count == 0 ? EIO : errno) }
      filled += count
    }
  }
}
