internal import Glibc
public import PackCore

/// A root disk that was written.
public struct WrittenRootDisk: Sendable {
  public let disk: RootDisk
  /// Blocks that are as they were in an earlier disk, and were neither written nor read again.
  public let reusedBlocks: Int
}

/// Writes root disks: an erofs of the layers, not compressed, and its digests (`ErofsLayout`, `VerityTree`). All times are
/// 0, and nothing comes from the host but names and contents.
///
/// Everything is read, hashed and written once. The blocks of all layers but the last, and their digests, are taken from
/// an earlier disk that begins with the same layers (`PrefixStore`).
public struct RootDiskBuilder: Sendable {
  private let store: PrefixStore

  /// What is known of earlier disks is kept in `cache` between builds.
  public init(cache: HostPath) { store = PrefixStore(root: cache, suffix: "root") }

  /// Writes the disk to `path`, beside it first.
  ///
  /// - Parameters:
  ///   - places: directories that the machine mounts something over; one that no layer has is made.
  ///   - hostname: for `/etc/hosts`, where no layer has one: nothing can be written to the root later.
  ///   - previous: the disk that it will replace, if there is one.
  public func write(
    _ segments: [InitrdSegment], places: [RootPath], hostname: String, to path: HostPath,
    replacing previous: HostPath? = nil
  ) throws -> WrittenRootDisk {
    let (tree, own) = try Self.tree(segments.map(\.layer), places, hostname)
    let layout = try ErofsLayout(layers: segments.map(\.layer.entries) + [own], tree: tree)
    let work = try FileSystem.createTemporaryDirectory(in: path.parent, prefix: ".root")
    defer { try? FileSystem.removeTree(work) }
    let staged = work / "root"

    let steady = max(0, segments.count - 1)
    let end = steady == 0 ? 1 : layout.parts[steady - 1].endBlock
    let key = PrefixStore.key([Digest(of: "erofs")] + segments[..<steady].map(\.key))
    let known = steady == 0 ? nil : try digests(key, blocks: end, at: staged, from: previous)
    let disk = try Self.write(layout, to: staged, after: known, steady: steady)
    if steady > 0 {
      try store.remember(
        key, file: staged, prefix: .init(end: Self.bytes(end), state: "", sizes: [Self.bytes(end)]),
        retiring: previous)
    }
    try FileSystem.rename(staged, to: path)
    return WrittenRootDisk(
      disk: RootDisk(name: path.name, size: disk.size, blocks: disk.blocks, rootHash: disk.rootHash),
      reusedBlocks: known == nil ? 0 : end - 1)
  }

  private static func bytes(_ blocks: Int) -> Int64 { Int64(blocks) * Int64(Erofs.blockSize) }

  // MARK: - What is in it

  /// All layers as one tree, and what packc adds to them.
  private static func tree(
    _ layers: [LayerContent], _ places: [RootPath], _ hostname: String
  ) throws -> (tree: RootFilesystem, own: [RootFilesystem.Entry]) {
    var tree = RootFilesystem()
    for layer in layers {
      for entry in layer.entries { try tree.insert(entry) }
    }
    func missing(_ path: RootPath) throws -> Bool { tree[try tree.resolve(path)] == nil }
    func entry(
      _ path: RootPath, _ content: RootFilesystem.Entry.Content, _ mode: UInt32
    ) -> RootFilesystem.Entry {
      RootFilesystem.Entry(path: path, content: content, mode: mode, layer: .application, origin: "packc")
    }
    for path in GuestBase.mountPoints + places where try missing(path) {
      try tree.insert(entry(path, .directory, 0o755))
    }
    var own: [RootFilesystem.Entry] = []
    for (path, content) in GuestBase.networkFiles(hostname: hostname) where try missing(path) {
      let path = try tree.resolve(path)
      own.append(entry(path, .bytes(content), 0o644))
      try tree.insert(own[own.count - 1])
    }
    return (tree, own.sorted { $0.path < $1.path })
  }

  // MARK: - What is known

  /// Puts a file that begins with those blocks at `path` and gives their digests; nil when none is known.
  private func digests(
    _ key: Digest, blocks: Int, at path: HostPath, from previous: HostPath?
  ) throws -> [UInt8]? {
    guard let found = try store.place(key, at: path, from: previous), found.end == Self.bytes(blocks),
      let status = try FileSystem.status(path), status.size % Int64(Erofs.blockSize) == 0,
      let total = VerityTree.dataBlocks(of: Int(status.size) / Erofs.blockSize), total >= blocks
    else {
      try FileSystem.removeFile(path)
      return nil
    }
    let file = try Descriptor.open(path, O_RDWR | O_NOFOLLOW)
    var digests = [UInt8](repeating: 0, count: blocks * VerityTree.digestSize)
    let start = status.size - Int64(VerityTree.lastLevelSize(dataBlocks: total))
    guard try digests.withUnsafeMutableBytes({ try file.read(into: $0, at: start) }) == digests.count else {
      throw KernelFailure.changed(path.description)
    }
    try file.truncate(to: found.end)
    return digests
  }

  // MARK: - Writing

  private static func write(
    _ layout: ErofsLayout, to staged: HostPath, after known: [UInt8]?, steady: Int
  ) throws -> (size: Int64, blocks: Int, rootHash: Digest) {
    let file = try Descriptor.open(staged, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
    guard fchmod(file.raw, 0o644) == 0 else { throw Failure.system("write", staged, errno: errno) }
    let blocks = layout.endBlock
    let disk = RootDiskFile(file, blocks: blocks, known: known ?? [])
    for part in layout.parts[(known == nil ? 0 : steady)...] { try write(part, layout, to: disk) }
    try writeDirectories(layout, to: disk)
    let tree = VerityTree(disk.digests)
    try disk.append(tree.bytes)
    return (bytes(blocks) + Int64(tree.bytes.count), blocks, tree.rootHash)
  }

  private static func write(_ part: ErofsLayout.Part, _ layout: ErofsLayout, to disk: RootDiskFile) throws {
    var inodes = BlockSink(disk, at: part.firstBlock)
    var contents = BlockSink(disk, at: part.dataBlock)
    for entry in part.entries {
      guard let inode = layout.inodes[entry.path] else { continue }
      try inodes.advance(to: inode.position)
      try inodes.write(inode.header)
      let cut = inode.isInline ? inode.size - Int64(inode.tail) : inode.size
      switch entry.content {
      case .bytes(let bytes), .link(let bytes):
        try contents.write(Array(bytes[..<Int(cut)]))
        try inodes.write(Array(bytes[Int(cut)...]))
      case .host(let path, _):
        let source = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let status = FileStatus(try source.status())
        guard status.kind == .file, status.size == inode.size, try contents.copy(from: source, 0..<cut),
          try inodes.copy(from: source, cut..<inode.size)
        else { throw KernelFailure.changed(path.description) }
      case .directory, .hardLink: break
      }
      try contents.align()
    }
    try inodes.finish()
    try contents.finish()
  }

  /// The last part, and block 0.
  private static func writeDirectories(_ layout: ErofsLayout, to disk: RootDiskFile) throws {
    let part = layout.directoryPart
    var head = BlockSink(disk, at: 0)
    var inodes = BlockSink(disk, at: part.firstBlock)
    var contents = BlockSink(disk, at: part.dataBlock)
    try head.advance(to: Int64(Erofs.superblock))
    try head.write(Erofs.superblock(inodes: layout.count, blocks: layout.endBlock))
    for (path, children) in layout.directories {
      guard let inode = layout.inodes[path] else { continue }
      let bytes = layout.content(of: path, children)
      let cut = inode.isInline ? bytes.count - inode.tail : bytes.count
      let inline = inode.header + bytes[cut...]
      if path.isRoot {
        try head.write(inline)
      } else {
        try inodes.advance(to: inode.position)
        try inodes.write(inline)
      }
      try contents.write(Array(bytes[..<cut]))
      try contents.align()
    }
    try head.finish()
    try inodes.finish()
    try contents.finish()
  }
}
