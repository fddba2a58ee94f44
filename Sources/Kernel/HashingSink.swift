internal import PackCore

/// A file that is written through a buffer, with the digest of what was written.
struct HashingSink: ~Copyable {
  private let file: Descriptor
  private var hash = ResumableSHA256()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: HashingSink.capacity, alignment: 4096)
  private var filled = 0
  private static let capacity = 1 << 18

  /// Goes on behind what `file` holds, whose state is `hash`; the file's offset is there.
  init(_ file: consuming Descriptor, after hash: ResumableSHA256 = ResumableSHA256()) {
    self.file = file
    self.hash = hash
  }
  deinit { buffer.deallocate() }

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = min(rest.count, Self.capacity - filled)
      UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if filled == Self.capacity { try flush() }
    }
  }

  /// Reads `source` straight into the buffer; returns how many bytes came, which may be fewer at its end.
  mutating func copy(from source: borrowing Descriptor, atMost wanted: Int) throws -> Int {
    var done = 0
    while done < wanted {
      let room = min(wanted - done, Self.capacity - filled)
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + room)]))
      if count == 0 { break }
      filled += count
      done += count
      if filled == Self.capacity { try flush() }
    }
    return done
  }

  /// NUL up to the next multiple of 4.
  mutating func align() throws {
    let rest = (Int(hash.count) + filled) % 4
    if rest == 0 { return }
    for _ in rest..<4 {
      buffer[filled] = 0
      filled += 1
      if filled == Self.capacity { try flush() }
    }
  }

  private mutating func flush() throws {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    try Interruption.check()
    try file.write(bytes)
    hash.update(bytes)
    filled = 0
  }

  /// Everything until here is in the file; the state of its digest.
  mutating func checkpoint() throws -> ResumableSHA256 {
    try flush()
    return hash
  }
}
