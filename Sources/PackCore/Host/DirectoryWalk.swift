internal import Glibc

/// A directory tree in the order of its paths' bytes, by openat(2) and fstatat(2): what the directory's own order, the
/// locale and Foundation have no part in.
public enum DirectoryWalk {
  public struct Entry: Sendable {
    /// Relative to the walk's root.
    public let path: RootPath
    public let status: FileStatus
    public init(path: RootPath, status: FileStatus) {
      self.path = path
      self.status = status
    }
  }

  /// What to do with an entry that was found.
  public enum Step { case take, skip }

  /// The names in a directory, sorted by bytes, without `.` and `..`.
  public static func names(in directory: HostPath) throws -> [[UInt8]] {
    var names: [[UInt8]] = []
    try OpenDirectory(directory).forEachName { name, _, _ in names.append(Array(name)) }
    names.sort(by: ByteOrder.precedes)
    return names
  }

  /// The names in a directory, sorted by bytes, and which of them are directories, by what the directory itself says.
  static func kinds(in directory: HostPath) throws -> [ProjectTree.Name] {
    let stream = try OpenDirectory(directory)
    let descriptor = stream.raw
    // Names lie one behind the other and are sorted by where they are: an array of arrays would count references for
    // each comparison, which is most of the time that a large directory takes.
    var bytes: [UInt8] = []
    var found: [(start: Int, count: Int, isDirectory: Bool)] = []
    try stream.forEachName { name, text, type in
      var isDirectory = type == UInt8(DT_DIR)
      if type == UInt8(DT_UNKNOWN) {
        // A file system that keeps no types in its directories.
        var status = stat()
        guard fstatat(descriptor, text, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        isDirectory = FileStatus(status).kind == .directory
      } else if type != UInt8(DT_REG), type != UInt8(DT_LNK), !isDirectory {
        return
      }
      found.append((bytes.count, name.count, isDirectory))
      bytes += name
    }
    return bytes.withUnsafeBytes { all in
      func name(_ entry: (start: Int, count: Int, isDirectory: Bool)) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.start + entry.count])
      }
      found.sort { ByteOrder.precedes(name($0), name($1)) }
      return found.map { ProjectTree.Name(bytes: Array(name($0)), isDirectory: $0.isDirectory) }
    }
  }

  /// Every entry below `root` (not `root` itself) in the order of the bytes of whole paths: parents before what they hold,
  /// and `a`, `a-b`, `a/c`. Links are not followed. `visit` may skip an entry, and with it everything below. One
  /// directory is in memory at a time, and those above it.
  public static func walk(_ root: HostPath, visit: (Entry) throws -> Step) throws {
    try walk(root, below: .root, in: nil, depth: 0, visit: visit)
  }

  private static let maximumDepth = 512
  /// Directories above the present one that stay open, so that theirs are found by name and not by a path from the root.
  private static let openDepth = 32

  /// Walks what lies in `base`, a path below `root`; `parent` is the open directory that holds it.
  private static func walk(
    _ root: HostPath, below base: RootPath, in parent: Int32?, depth: Int, visit: (Entry) throws -> Step
  ) throws {
    let directory = root / base
    guard depth < maximumDepth else {
      throw Failure("too_deep", "\(directory) is nested deeper than \(maximumDepth) directories", exit: .badInput)
    }
    let stream = try OpenDirectory(directory, in: parent)
    let entries = try self.entries(of: stream, below: base)
    let opened = depth < openDepth ? stream.raw : nil
    // Directories whose contents are still to come: what they hold stands behind every name that continues theirs with
    // a byte before the slash.
    var pending: [Entry] = []
    func descend(before next: Entry?) throws {
      while let directory = pending.last, next.map({ !continues($0.path, directory.path) }) ?? true {
        pending.removeLast()
        try walk(root, below: directory.path, in: opened, depth: depth + 1, visit: visit)
      }
    }
    for entry in entries {
      try descend(before: entry)
      if try visit(entry) == .take, entry.status.kind == .directory { pending.append(entry) }
    }
    try descend(before: nil)
    // Not before: the directories below were opened through it.
    _ = consume stream
  }

  /// True when `path` comes between a directory and what that holds.
  private static func continues(_ path: RootPath, _ directory: RootPath) -> Bool {
    path.bytes.count > directory.bytes.count && path.bytes[directory.bytes.count] < UInt8(ascii: "/")
      && path.bytes.starts(with: directory.bytes)
  }

  /// The entries of one directory with their status, sorted by name. As in `kinds`, what is sorted holds no references.
  private static func entries(of stream: borrowing OpenDirectory, below base: RootPath) throws -> [Entry] {
    let descriptor = stream.raw
    let directory = stream.path
    var bytes: [UInt8] = []
    var found: [(start: Int, count: Int, status: FileStatus)] = []
    try stream.forEachName { name, text, _ in
      var status = stat()
      guard fstatat(descriptor, text, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        // It went away since the directory was read: as if it had never been listed.
        if errno == ENOENT { return }
        throw Failure.system("look at", directory / HostPath(bytes: name), errno: errno)
      }
      found.append((bytes.count, name.count, FileStatus(status)))
      bytes += name
    }
    return bytes.withUnsafeBufferPointer { all in
      found.sort {
        ByteOrder.precedes(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[$0.start..<$0.start + $0.count]),
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[$1.start..<$1.start + $1.count]))
      }
      return found.compactMap { one in
        base.appending(component: all[one.start..<one.start + one.count]).map { Entry(path: $0, status: one.status) }
      }
    }
  }

  /// All entries of the tree, in the order of `walk`.
  public static func sortedByPath(_ root: HostPath, visit: (Entry) throws -> Step = { _ in .take }) throws -> [Entry] {
    var entries: [Entry] = []
    try walk(root) { entry in
      let step = try visit(entry)
      if step == .take { entries.append(entry) }
      return step
    }
    return entries
  }
}
