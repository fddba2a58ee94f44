internal import CHost
internal import Glibc

extension Descriptor {
  /// pread(2): fills `buffer` from `offset` on, wherever the descriptor stands, so that threads may share one.
  /// - Returns: the bytes read, fewer than asked for only at the end of the file.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    var filled = 0
    while filled < buffer.count, let base = buffer.baseAddress {
      let count = pread(raw, base + filled, buffer.count - filled, off_t(offset) + filled)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system("read", errno: errno)
      }
      filled += count
    }
    return filled
  }

  /// pwrite(2) until all of `bytes` lies at `offset`.
  public borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(raw, base + done, bytes.count - done, off_t(offset) + done)
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system("write", errno: errno)
      }
      done += count
    }
  }
  public borrowing func write(_ bytes: [UInt8], at offset: Int64) throws {
    try bytes.withUnsafeBytes { try write($0, at: offset) }
  }

  /// flock(2), waiting for whoever has it; given back when the descriptor is closed.
  public borrowing func lockExclusively(_ path: HostPath) throws {
    while flock(raw, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Failure.system("lock", path, errno: errno) }
      try Interruption.check()
    }
  }

  /// ftruncate(2): what is new reads as zeros.
  public borrowing func truncate(to size: Int64) throws {
    guard ftruncate(raw, off_t(size)) == 0 else { throw Failure.system("set the size of a file", errno: errno) }
  }

  /// A file without a name, gone with its last descriptor.
  public static func unnamed(in directory: HostPath) throws -> Descriptor {
    try FileSystem.createDirectory(directory)
    var template = (directory / ".packc.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    let raw = chost_mkstemp(&template)
    guard raw >= 0 else { throw Failure.system("create a file in", directory, errno: errno) }
    unlink(template)
    return Descriptor(owning: raw)
  }
}
