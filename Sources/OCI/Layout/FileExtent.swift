internal import Glibc
internal import PackCore

/// A run of bytes of an open file: a blob's file, or a member of an archive. Several threads may read one at once.
struct FileExtent: Sendable {
  /// The open file, closed with the last extent of it.
  final class OpenFile: Sendable {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  let file: OpenFile
  let offset: Int64
  let size: Int64

  private static let chunk = 1 << 18

  /// The whole of a regular file; nil when there is none of that name, and for a symbolic link.
  static func whole(_ path: HostPath, followsLinks: Bool = false) throws -> FileExtent? {
    guard let found = try followsLinks ? FileSystem.target(path) : FileSystem.status(path), found.kind == .file else {
      return nil
    }
    // Without O_NONBLOCK, a FIFO put in the file's place would hold the reader for ever.
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
    let status = FileStatus(try file.status())
    return status.kind == .file ? FileExtent(file: OpenFile(file), offset: 0, size: status.size) : nil
  }

  /// All bytes, in pieces. A file that became shorter meanwhile ends early; whoever reads counts.
  func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    var done: Int64 = 0
    while done < size {
      try Interruption.check()
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(size - done, Int64(Self.chunk)))])
      let count = try file.descriptor.read(into: room, at: offset + done)
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
      done += Int64(count)
    }
  }

  /// The first `count` bytes, fewer when there are no more.
  func head(_ count: Int) throws -> [UInt8] {
    let wanted = Int(min(Int64(count), size))
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      filled = try file.descriptor.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
  }

  /// The bytes as the blob that `descriptor` names, checked.
  func read(_ descriptor: BlobDescriptor, name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard size == descriptor.size else {
      throw OCIFailure.damaged(
        "the blob \(descriptor.digest) has \(size) bytes, its descriptor says \(descriptor.size)", in: name)
    }
    var check = BlobCheck(descriptor, name: name)
    try read { bytes in
      try check.update(bytes)
      try body(bytes)
    }
    try check.finish()
  }
}
