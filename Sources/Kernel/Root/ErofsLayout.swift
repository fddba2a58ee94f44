internal import PackCore

/// Where everything of an image lies, decided before a byte is written:
///
///     block 0       superblock, inode of `/`
///     each layer    inodes of its files and links, the tails of their contents behind them; then the contents' whole blocks
///     directories   their inodes, and their entries
///
/// What a layer's part holds and says depends on the layer and on those before it alone, and directories, which several
/// layers share, come last: a change of the last layer leaves everything before it as it was.
struct ErofsLayout {
  struct Part {
    /// Those with an inode here, sorted by path.
    let entries: [RootFilesystem.Entry]
    let firstBlock: Int
    /// Where the contents begin.
    let dataBlock: Int
    let endBlock: Int
  }

  private(set) var parts: [Part] = []
  /// Of every path: of further names of a file, too.
  private(set) var inodes: [RootPath: ErofsInode] = [:]
  private(set) var count = 0
  /// Every directory's path, sorted, `/` first, and what lies in it.
  let directories: [(path: RootPath, children: [RootPath])]
  private(set) var directoryPart = Part(entries: [], firstBlock: 0, dataBlock: 0, endBlock: 0)
  var endBlock: Int { directoryPart.endBlock }

  /// - Parameters:
  ///   - layers: files and links; no path in two of them.
  ///   - tree: the same, and every directory.
  init(layers: [[RootFilesystem.Entry]], tree: RootFilesystem) throws {
    let all = tree.entries
    for entry in all { try Self.check(entry) }
    directories = Self.directories(all)
    var block = 1
    for layer in layers {
      let part = place(layer, from: block)
      parts.append(part)
      block = part.endBlock
    }
    placeDirectories(tree, from: block)
    guard endBlock < Int(UInt32.max) else {
      throw KernelFailure.cannotCarry("/", "the root filesystem has more than 16 TiB")
    }
  }

  private static func check(_ entry: RootFilesystem.Entry) throws {
    let shown = entry.path.absolute
    guard entry.path.nameBytes.count <= Erofs.longestName else {
      throw KernelFailure.cannotCarry(shown, "its name is longer than \(Erofs.longestName) bytes")
    }
    guard entry.mode <= 0o7777 else { throw KernelFailure.cannotCarry(shown, "its mode has more than permission bits") }
    if case .link(let target) = entry.content, target.isEmpty || target.count >= Erofs.blockSize || target.contains(0) {
      throw KernelFailure.cannotCarry(shown, "its link target is empty or longer than \(Erofs.blockSize - 1) bytes")
    }
  }

  private static func directories(_ all: [RootFilesystem.Entry]) -> [(path: RootPath, children: [RootPath])] {
    var children: [RootPath: [RootPath]] = [.root: []]
    for entry in all {
      if entry.isDirectory { children[entry.path, default: []] += [] }
      if let parent = entry.path.parent { children[parent, default: []].append(entry.path) }
    }
    return children.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: - Layers

  private mutating func place(_ layer: [RootFilesystem.Entry], from block: Int) -> Part {
    let names = FileNames(layer)
    var area = InodeArea(from: Int64(block) * Int64(Erofs.blockSize))
    let own = layer.filter { if case .hardLink = $0.content { false } else { !$0.isDirectory } }
    var placed: [ErofsInode] = []
    for entry in own {
      var inode = Self.inode(of: entry)
      inode.links = names.file(of: entry.path)?.count ?? 1
      count += 1
      inode.number = count
      area.place(&inode)
      placed.append(inode)
    }
    let dataBlock = area.endBlock
    var end = dataBlock
    for (entry, inode) in zip(own, placed) {
      var inode = inode
      inode.firstBlock = end
      end += inode.blocks
      inodes[entry.path] = inode
    }
    for entry in layer {
      if case .hardLink(let first) = entry.content { inodes[entry.path] = inodes[first] }
    }
    return Part(entries: own, firstBlock: block, dataBlock: dataBlock, endBlock: end)
  }

  private static func inode(of entry: RootFilesystem.Entry) -> ErofsInode {
    if case .link(let target) = entry.content {
      return ErofsInode(kind: .link, mode: 0o777, uid: entry.uid, gid: entry.gid, size: Int64(target.count))
    }
    return ErofsInode(kind: .file, mode: entry.mode, uid: entry.uid, gid: entry.gid, size: entry.size)
  }

  // MARK: - Directories

  private mutating func placeDirectories(_ tree: RootFilesystem, from block: Int) {
    var area = InodeArea(from: Int64(block) * Int64(Erofs.blockSize))
    var placed: [(RootPath, ErofsInode)] = []
    for (path, children) in directories {
      let entry = tree[path]
      let content = ErofsDirectory(
        children.map { .init(name: Array($0.nameBytes), kind: tree[$0]?.isDirectory == true ? .directory : .file) })
      var inode = ErofsInode(
        kind: .directory, mode: entry?.mode ?? 0o755, uid: entry?.uid ?? 0, gid: entry?.gid ?? 0,
        size: Int64(content.size))
      inode.links = 2 + UInt32(children.count { tree[$0]?.isDirectory == true })
      count += 1
      inode.number = count
      if path.isRoot {
        inode.position = Int64(Erofs.rootInode)
        inode.isInline = inode.tail > 0 && Erofs.rootInode + inode.headerSize + inode.tail <= Erofs.blockSize
      } else {
        area.place(&inode)
      }
      placed.append((path, inode))
    }
    var end = area.endBlock
    for (path, inode) in placed {
      var inode = inode
      inode.firstBlock = end
      end += inode.blocks
      inodes[path] = inode
    }
    directoryPart = Part(entries: [], firstBlock: block, dataBlock: area.endBlock, endBlock: end)
  }

  /// The bytes of a directory, every inode's place being known.
  func content(of directory: RootPath, _ children: [RootPath]) -> [UInt8] {
    let own = inodes[directory]?.slot ?? 0
    let parent = directory.parent.flatMap { inodes[$0]?.slot } ?? own
    let entries = children.compactMap { path in
      inodes[path].map { ErofsDirectory.Entry(name: Array(path.nameBytes), kind: $0.kind, slot: $0.slot) }
    }
    return ErofsDirectory(entries, own: own, parent: parent).bytes
  }
}

/// Places inodes one after the other. The tail of a content must lie in one block; it has no block of its own where it
/// fits behind its inode into the current block, or is so small that a new block has room for others, too.
private struct InodeArea {
  private var end: Int64

  init(from start: Int64) { end = start }

  var endBlock: Int { Erofs.blocks(end) }

  mutating func place(_ inode: inout ErofsInode) {
    let (header, tail, block) = (inode.headerSize, inode.tail, Int64(Erofs.blockSize))
    end = (end + Int64(Erofs.slotSize) - 1) / Int64(Erofs.slotSize) * Int64(Erofs.slotSize)
    let room = Int(block - end % block)
    inode.isInline = tail > 0 && (header + tail <= room || tail <= Erofs.blockSize / 2)
    if header + (inode.isInline ? tail : 0) > room { end += Int64(room) }
    inode.position = end
    end += Int64(header + (inode.isInline ? tail : 0))
  }
}
