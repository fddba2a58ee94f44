internal import CArchive
internal import Glibc
internal import PackCore

/// Between libarchive's callback and the source: keeps the error that cannot pass through C, and knows where the last
/// byte is that says something.
final class TarInput {
  private let source: any ByteSource
  private(set) var error: (any Error)?
  private var isAtEnd = false
  /// True while the source gave no byte: an archive without members may be empty.
  private(set) var isEmpty = true
  /// Bytes of the source so far; at its end, all.
  private(set) var count: Int64 = 0
  private var isPadded = false
  private let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
  /// The offset after the last byte that is not zero.
  private(set) var contentEnd: Int64 = 0

  init(_ source: any ByteSource) {
    self.source = source
    zeros.initializeMemory(as: UInt8.self, repeating: 0)
  }
  deinit { zeros.deallocate() }

  func read(into buffer: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do {
      try Interruption.check()
      let bytes = try next()
      buffer.pointee = bytes.baseAddress
      return bytes.count
    } catch {
      self.error = error
      return -1
    }
  }

  private func next() throws -> UnsafeRawBufferPointer {
    if isAtEnd { return padding() }
    let piece = try source.next()
    if piece.isEmpty {
      isAtEnd = true
      return padding()
    }
    isEmpty = false
    if !Self.isZero(piece), let last = piece.lastIndex(where: { $0 != 0 }) { contentEnd = count + Int64(last) + 1 }
    count += Int64(piece.count)
    return piece
  }

  /// By comparing the bytes with themselves, one further: memcmp(3) is as fast as memory is.
  private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 1 else { return bytes.first ?? 0 == 0 }
    return bytes[0] == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
  }

  /// Some tools leave out what follows the last file's content: it is given as if it were there, and `TarReader` sees to
  /// it that nothing but padding was missing.
  private func padding() -> UnsafeRawBufferPointer {
    let missing = isPadded ? 0 : Int(-count & 511)
    isPadded = true
    return UnsafeRawBufferPointer(rebasing: zeros[..<missing])
  }

  /// Reads the source to its end.
  func drain() throws {
    while try !next().isEmpty { try Interruption.check() }
  }
}
