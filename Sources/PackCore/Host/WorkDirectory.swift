internal import Glibc

/// A directory of packc's own below the cache, gone with the value. It is locked as long as its owner lives, so that the
/// collector and other builds know what a killed one left behind; that holds from the first moment, since whoever removes
/// a leftover has its lock, too.
public final class WorkDirectory: Sendable {
  public let path: HostPath
  private let lock: Descriptor

  /// - Parameter prefix: of the name.
  public init(in parent: HostPath, prefix: String) throws {
    while true {
      let path = try FileSystem.createTemporaryDirectory(in: parent, prefix: prefix)
      // Somebody may have taken it for a leftover before it was locked.
      guard let lock = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        if FileSystem.exists(path) { throw Failure.system("open", path, errno: errno) }
        continue
      }
      try lock.lockExclusively(path)
      guard try FileSystem.status(path)?.inode == UInt64(lock.status().st_ino) else { continue }
      self.path = path
      self.lock = lock
      return
    }
  }

  /// What was put in another place is its owner's no more.
  func unlock() { _ = flock(lock.raw, LOCK_UN) }

  deinit { try? FileSystem.removeTree(path) }

  /// Calls `body` when nobody works in the directory, and nobody can begin to meanwhile; else gives nil.
  public static func ifLeft<T>(_ path: HostPath, _ body: () throws -> T) throws -> T? {
    guard let lock = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      flock(lock.raw, LOCK_EX | LOCK_NB) == 0
    else { return nil }
    return try body()
  }
}
