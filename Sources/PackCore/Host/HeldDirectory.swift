internal import Glibc

/// A directory for files that go with a command, locked as long as it is used: `packc image gc` removes those that nobody
/// holds, which a killed process left.
public struct HeldDirectory: ~Copyable, Sendable {
  /// 0700, and empty at first.
  public let path: HostPath
  private let lock: Descriptor

  /// Makes the directory (and its parents).
  public init(in parent: HostPath, prefix: String) throws {
    while true {
      let path = try FileSystem.createTemporaryDirectory(in: parent, prefix: prefix)
      // Between its making and its lock, it looked like a leftover: then it is gone, and another one is made.
      guard let lock = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY) else {
        guard try FileSystem.status(path) == nil else { throw Failure.system("open", path, errno: errno) }
        continue
      }
      try lock.lockExclusively(path)
      let inode = try lock.status().st_ino
      var found = stat()
      guard path.withCString({ lstat($0, &found) }) == 0, found.st_ino == inode else { continue }
      self.path = path
      self.lock = lock
      return
    }
  }

  deinit { try? FileSystem.removeTree(path) }
}
