internal import Glibc

/// A directory tree in the order of its paths' bytes, by opendir(3) and fstatat(2): what readdir's order, the locale and
/// Foundation have no part in.
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
    guard let stream = directory.withCString({ opendir($0) }) else {
      throw Failure.system("list the directory", directory, errno: errno)
    }
    defer { closedir(stream) }
    return try names(of: stream, directory)
  }

  private static func names(of stream: OpaquePointer, _ directory: HostPath) throws -> [[UInt8]] {
    var names: [[UInt8]] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: UInt8.self, capacity: 256) {
          Array(UnsafeBufferPointer(start: $0, count: strnlen($0, 256)))
        }
      }
      if name != [0x2e] && name != [0x2e, 0x2e] { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw Failure.system("list the directory", directory, errno: errno) }
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names
  }

  private static func strnlen(_ pointer: UnsafePointer<UInt8>, _ limit: Int) -> Int {
    var count = 0
    while count < limit, pointer[count] != 0 { count += 1 }
    return count
  }

  /// Every entry below `root` (not `root` itself), parents before children. The order is that of full paths compared
  /// byte by byte within each directory; `sortedByPath` gives the order of whole paths. Links are not followed.
  /// `visit` may skip an entry, and with it everything below.
  public static func walk(_ root: HostPath, visit: (Entry) throws -> Step) throws {
    try walk(root, below: .root, depth: 0, visit: visit)
  }

  private static let maximumDepth = 512

  private static func walk(_ directory: HostPath, below base: RootPath, depth: Int, visit: (Entry) throws -> Step)
    throws
  {
    guard depth < maximumDepth else {
      throw Failure("too_deep", "\(directory) is nested deeper than \(maximumDepth) directories", exit: .badInput)
    }
    guard let stream = directory.withCString({ opendir($0) }) else {
      throw Failure.system("list the directory", directory, errno: errno)
    }
    var open = true
    defer { if open { closedir(stream) } }
    let names = try names(of: stream, directory)
    let descriptor = dirfd(stream)
    var entries: [Entry] = []
    entries.reserveCapacity(names.count)
    for name in names {
      guard let path = base.appending(component: name) else { continue }
      var status = stat()
      guard HostPath(bytes: name).withCString({ fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        // It went away between readdir and here: as if it had never been listed.
        if errno == ENOENT { continue }
        throw Failure.system("look at", directory / HostPath(bytes: name), errno: errno)
      }
      entries.append(Entry(path: path, status: FileStatus(status)))
    }
    closedir(stream)
    open = false
    for entry in entries where try visit(entry) == .take && entry.status.kind == .directory {
      try walk(directory / HostPath(bytes: entry.path.nameBytes), below: entry.path, depth: depth + 1, visit: visit)
    }
  }

  /// All entries of the tree, sorted by the bytes of their full paths.
  public static func sortedByPath(_ root: HostPath, visit: (Entry) throws -> Step = { _ in .take }) throws -> [Entry] {
    var entries: [Entry] = []
    try walk(root) { entry in
      let step = try visit(entry)
      if step == .take { entries.append(entry) }
      return step
    }
    entries.sort { $0.path < $1.path }
    return entries
  }
}
