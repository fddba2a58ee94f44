internal import Glibc

/// A lock of a whole file that the kernel gives back when its holder ends, however it ends. It is of the open file
/// (F_OFD_SETLK, fcntl(2)), not of the process, and others can ask for it without taking it.
public final class FileLock: Sendable {
  private let file: Descriptor

  private init(file: consuming Descriptor) { self.file = file }

  /// Takes the lock of `path`, which is made when it is missing; nil when another holds it.
  public static func attempt(_ path: HostPath) throws -> FileLock? { try take(path, waits: false) }

  /// Waits for whoever holds it.
  public static func wait(_ path: HostPath) throws -> FileLock {
    while true {
      if let lock = try take(path, waits: true) { return lock }
    }
  }

  /// True while somebody holds it.
  public static func isHeld(_ path: HostPath) throws -> Bool {
    guard FileSystem.exists(path) else { return false }
    let file: Descriptor
    // Asking, unlike taking, needs no right to write: the file system may be read-only.
    do { file = try Descriptor.open(path, O_RDONLY) } catch {
      guard !FileSystem.exists(path) else { throw error }
      return false
    }
    var asked = request()
    guard fcntl(file.raw, getLock, &asked) == 0 else { throw Failure.system("look at the lock", path, errno: errno) }
    return asked.l_type != Int16(F_UNLCK)
  }

  /// Whoever removes the directory of a lock holds the lock: what was removed meanwhile is made anew by the caller.
  private static func take(_ path: HostPath, waits: Bool) throws -> FileLock? {
    while true {
      let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
      var wanted = request()
      while fcntl(file.raw, waits ? setLockAndWait : setLock, &wanted) != 0 {
        if errno == EINTR {
          try Interruption.check()
          continue
        }
        if errno == EAGAIN || errno == EACCES { return nil }
        throw Failure.system("lock", path, errno: errno)
      }
      let status = try file.status()
      if let found = try FileSystem.status(path), found.inode == UInt64(status.st_ino),
        found.device == UInt64(status.st_dev)
      {
        return FileLock(file: file)
      }
    }
  }

  private static func request() -> flock {
    var request = flock()
    request.l_type = Int16(F_WRLCK)
    request.l_whence = Int16(SEEK_SET)
    return request
  }

  // fcntl.h has these behind _GNU_SOURCE.
  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37
  private static let setLockAndWait: Int32 = 38
}
