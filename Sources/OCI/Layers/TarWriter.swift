internal import Glibc
internal import PackCore

/// Writes a layer's entries as one tar archive into the blocks of a pipeline: files are read straight into the block
/// that is hashed and compressed, without a copy between.
struct TarWriter {
  private let epoch: Int64
  private let out: BlockFeed
  private var header: [UInt8] = []

  init(epoch: Int64, into out: BlockFeed) {
    self.epoch = epoch
    self.out = out
  }

  /// All entries in their order and the end of the archive, two blocks of zeros.
  static func write(_ entries: [RootFilesystem.Entry], epoch: Int64, into out: BlockFeed) throws {
    var writer = TarWriter(epoch: epoch, into: out)
    for entry in entries {
      try Interruption.check()
      try writer.write(entry)
    }
    try out.appendZeros(2 * TarHeader.blockSize)
    try out.finish()
  }

  private mutating func write(_ entry: RootFilesystem.Entry) throws {
    header.removeAll(keepingCapacity: true)
    TarHeader(entry, epoch: epoch).encode(into: &header)
    try header.withUnsafeBytes { try out.append($0) }
    switch entry.content {
    case .directory, .link, .hardLink: return
    case .bytes(let bytes): try bytes.withUnsafeBytes { try out.append($0) }
    case .host(let path, let status): try copy(path, expected: status)
    }
    try out.appendZeros(Int(-entry.size & Int64(TarHeader.blockSize - 1)))
  }

  /// The file's bytes, exactly as many as its header says. The file must be the one that was planned, unchanged until
  /// the last byte is read: checked once, afterwards.
  private func copy(_ path: HostPath, expected: FileStatus) throws {
    // Without O_NONBLOCK, a FIFO put in the file's place would hold the build up for ever.
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    var rest = expected.size
    while rest > 0 {
      try Interruption.check()
      let count = try out.append(atMost: Int(min(rest, 1 << 30))) { room in
        do { return try file.read(into: room) } catch { throw OCIFailure.unreadable(path, cause: error) }
      }
      if count == 0 { throw OCIFailure.changed(path) }
      rest -= Int64(count)
    }
    let found = FileStatus(try file.status())
    guard found.kind == .file, found.size == expected.size, found.modified == expected.modified,
      found.inode == expected.inode, found.device == expected.device
    else { throw OCIFailure.changed(path) }
  }
}

extension TarHeader {
  /// Of an entry that `LayerContent.check` let pass.
  init(_ entry: RootFilesystem.Entry, epoch: Int64) {
    let path = entry.path.bytes
    switch entry.content {
    case .directory: self.init(kind: .directory, path: path + [UInt8(ascii: "/")], mode: entry.mode, time: epoch)
    // A symbolic link has no mode of its own; Linux shows 0777.
    case .link(let target): self.init(kind: .link, path: path, linkTarget: target, mode: 0o777, time: epoch)
    case .hardLink(let target):
      self.init(kind: .hardLink, path: path, linkTarget: target.bytes, mode: entry.mode, time: epoch)
    case .bytes, .host: self.init(kind: .file, path: path, mode: entry.mode, size: entry.size, time: epoch)
    }
    uid = entry.uid
    gid = entry.gid
    capabilities = entry.capabilities?.bytes ?? []
  }
}
