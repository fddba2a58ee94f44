internal import Glibc
internal import PackCore

/// Writes one newc archive (cpio(5), "New ASCII Format"; kernel: Documentation/driver-api/early-userspace/
/// buffer-format.rst). Nothing in it comes from the host but names and contents: inode numbers count from 1, times are
/// 0, devices 0, owners and modes what the entry says.
///
///     "070701" ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
///     each of the 13 numbers 8 hex digits: 110 bytes, then the name with its NUL, NUL to 4 bytes, data, NUL to 4 bytes
///
/// Names of one file share an inode number and count each other in nlink; the last one has the data, where GNU cpio looks
/// for it, and the kernel takes it from any.
struct NewcWriter: ~Copyable {
  private var sink: HashingSink
  private var inode: UInt32 = 0
  private var names = FileNames()

  private static let directoryType: UInt32 = 0o040000
  private static let fileType: UInt32 = 0o100000
  private static let linkType: UInt32 = 0o120000
  /// The kernel skips an entry whose name, with its NUL, is longer.
  private static let longestName = 4096

  /// The archive follows what is in the sink already.
  init(into sink: consuming HashingSink) { self.sink = sink }

  /// A whole list of entries, sorted by path: the further names of a file are in the same list.
  mutating func add(_ entries: [RootFilesystem.Entry]) throws {
    names = FileNames(entries)
    for entry in entries { try add(entry) }
  }

  private mutating func add(_ entry: RootFilesystem.Entry) throws {
    try Interruption.check()
    let shown = entry.path.absolute
    guard entry.path.bytes != Self.trailer else {
      throw KernelFailure.cannotCarry(shown, "that name ends an archive")
    }
    guard entry.path.bytes.count < Self.longestName else {
      throw KernelFailure.cannotCarry(shown, "its path is longer than \(Self.longestName - 1) bytes")
    }
    guard entry.mode <= 0o7777 else { throw KernelFailure.cannotCarry(shown, "its mode has more than permission bits") }
    switch entry.content {
    case .directory:
      try header(entry, type: Self.directoryType, size: 0, links: 2)
    case .link(let target):
      guard !target.isEmpty, target.count < Self.longestName, !target.contains(0) else {
        throw KernelFailure.cannotCarry(shown, "its link target is empty or longer than \(Self.longestName - 1) bytes")
      }
      try header(entry, type: Self.linkType, size: target.count, links: 1, mode: 0o777)
      try target.withUnsafeBytes { try sink.write($0) }
      try sink.align()
    case .bytes, .host:
      guard let shared = names.file(of: entry.path) else { return try file(entry, content: entry, links: 1) }
      names.setInode(inode + 1, of: entry.path)
      try header(entry, type: Self.fileType, size: 0, links: shared.count)
    case .hardLink(let first):
      guard let shared = names.file(of: first), let inode = shared.inode else {
        throw KernelFailure.cannotCarry(shown, "its first name \(first.absolute) is not in the same layer")
      }
      let content = shared.last == entry.path ? shared.entry : nil
      try file(entry, content: content, links: shared.count, inode: inode)
    }
  }

  /// A regular file; without `content` a name of one whose bytes come later.
  private mutating func file(
    _ entry: RootFilesystem.Entry, content: RootFilesystem.Entry?, links: UInt32, inode: UInt32? = nil
  ) throws {
    try header(entry, type: Self.fileType, size: Int(content?.size ?? 0), links: links, inode: inode)
    switch content?.content {
    case .bytes(let bytes): try bytes.withUnsafeBytes { try sink.write($0) }
    case .host(let path, let status): try copy(path, size: Int(status.size))
    default: break
    }
    try sink.align()
  }

  /// The trailer, and NUL up to the next 4 bytes, where another archive may begin.
  consuming func finish() throws -> HashingSink {
    try record(name: Self.trailer, mode: 0, user: 0, group: 0, links: 1, size: 0, inode: 0)
    return sink
  }

  private static let trailer = Array("TRAILER!!!".utf8)

  private mutating func header(
    _ entry: RootFilesystem.Entry, type: UInt32, size: Int, links: UInt32, mode: UInt32? = nil,
    inode known: UInt32? = nil
  ) throws {
    guard size <= Int(UInt32.max) else {
      throw KernelFailure.cannotCarry(
        entry.path.absolute, "it is larger than 4 GiB", hint: "keep such data on a volume")
    }
    if known == nil { inode += 1 }
    try record(
      name: entry.path.bytes, mode: type | (mode ?? entry.mode), user: entry.uid, group: entry.gid, links: links,
      size: UInt32(size), inode: known ?? inode)
  }

  private mutating func record(
    name: [UInt8], mode: UInt32, user: UInt32, group: UInt32, links: UInt32, size: UInt32, inode: UInt32
  ) throws {
    var bytes = Array("070701".utf8)
    bytes.reserveCapacity(116 + name.count)
    for field in [inode, mode, user, group, links, 0, size, 0, 0, 0, 0, UInt32(name.count + 1), 0] {
      Self.appendHex(field, to: &bytes)
    }
    bytes += name
    bytes.append(0)
    try bytes.withUnsafeBytes { try sink.write($0) }
    try sink.align()
  }

  private static func appendHex(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt32(28), through: 0, by: -4) {
      let digit = UInt8(number >> shift & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
    }
  }

  private mutating func copy(_ path: HostPath, size: Int) throws {
    let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file, status.size == size else { throw KernelFailure.changed(path.description) }
    let copied = try sink.copy(from: file, atMost: size)
    guard copied == size else { throw KernelFailure.changed(path.description) }
  }
}
