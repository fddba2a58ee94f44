internal import Glibc

extension Descriptor {
  /// The file's bytes from its start, in pieces; where the descriptor stands does not change.
  public borrowing func eachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    var offset: Int64 = 0
    while true {
      let count = try read(into: buffer, at: offset)
      if count == 0 { return }
      offset += Int64(count)
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Empties the file; the next `write` begins at its start.
  public borrowing func truncate() throws {
    guard ftruncate(raw, 0) == 0, lseek(raw, 0, SEEK_SET) == 0 else {
      throw Failure.system("empty a file", errno: errno)
    }
  }
}
