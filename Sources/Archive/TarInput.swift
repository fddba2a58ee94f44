internal import CArchive
internal import PackCore

/// Between libarchive's callback and the source: keeps the error that cannot pass through C, and knows where the last
/// byte is that says something.
final class TarInput {
  private let source: any ByteSource
  private(set) var error: (any Error)?
  private var isAtEnd = false
  /// True while the source gave no byte: an archive without members may be empty.
  private(set) var isEmpty = true
  private var count: Int64 = 0
  /// The offset after the last byte that is not zero.
  private(set) var contentEnd: Int64 = 0

  init(_ source: any ByteSource) { self.source = source }

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
    if isAtEnd { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let piece = try source.next()
    if piece.isEmpty { isAtEnd = true } else { isEmpty = false }
    if let last = piece.lastIndex(where: { $0 != 0 }) { contentEnd = count + Int64(last) + 1 }
    count += Int64(piece.count)
    return piece
  }

  /// Reads the source to its end.
  func drain() throws {
    while try !next().isEmpty { try Interruption.check() }
  }
}
