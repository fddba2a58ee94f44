internal import Glibc
internal import PackCore

/// A disk's file by what is not zeros in it. What counts is the content: a block of zeros is left out whether or not the file
/// system has stored it, so that two copies of a disk give the same pieces.
struct SparseFile: ~Copyable {
  /// The largest piece, and what is read at once. Bytes.
  static let window = 4 << 20
  /// What is looked at as a whole. Bytes.
  private static let block = 4096
  /// SEEK_DATA of lseek(2), which glibc's module does not show.
  private static let seekData: Int32 = 3

  private let file: Descriptor
  let size: Int64

  /// Opens one to read it.
  init(_ path: HostPath) throws {
    let file = try Descriptor.open(path)
    size = Int64(try file.status().st_size)
    self.file = file
  }

  /// Makes one that is all zeros and takes no room.
  init(creating path: HostPath, size: Int64) throws {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try file.truncate(to: size)
    self.file = file
    self.size = size
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
    guard lseek(file.raw, off_t(offset), SEEK_SET) >= 0 else {
      throw Failure.system("find a place in a disk", errno: errno)
    }
    // By its error the file is known.
    try file.write(bytes)
  }
  func sync() throws { try file.sync() }

  /// Each piece in the order of the offsets; none goes over the end of a window.
  func eachPiece(_ body: (_ offset: Int64, UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.window, alignment: Self.block)
    defer { buffer.deallocate() }
    var start: Int64 = 0
    while let data = try nextData(from: start) {
      try Interruption.check()
      start = data / Int64(Self.window) * Int64(Self.window)
      let wanted = Int(min(Int64(Self.window), size - start))
      let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: start)
      guard count == wanted else {
        throw Failure("changed", "a disk became shorter while it was read", exit: .tryAgain)
      }
      try pieces(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
        try body(start + Int64($0.lowerBound), UnsafeRawBufferPointer(rebasing: buffer[$0]))
      }
      start += Int64(Self.window)
    }
  }

  /// Where the file system has something next, at `start` or behind; nil at the end.
  private func nextData(from start: Int64) throws -> Int64? {
    guard start < size else { return nil }
    let found = lseek(file.raw, off_t(start), Self.seekData)
    if found >= 0 { return Int64(found) < size ? Int64(found) : nil }
    if errno == ENXIO { return nil }
    // A file system that does not know of holes has none.
    guard errno == EINVAL else { throw Failure.system("look for data in a disk", errno: errno) }
    return start
  }

  private func pieces(_ bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) throws -> Void) throws {
    var begun: Int?
    for start in stride(from: 0, to: bytes.count, by: Self.block) {
      let end = min(start + Self.block, bytes.count)
      if !Self.isZero(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) {
        if begun == nil { begun = start }
      } else if let first = begun {
        try body(first..<start)
        begun = nil
      }
    }
    if let first = begun { try body(first..<bytes.count) }
  }

  /// By comparing the bytes with themselves, one further.
  private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return bytes[0] == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
  }
}
