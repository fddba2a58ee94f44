internal import Glibc

/// A directory below which files are made whose names a stranger chose. Every step of a path is opened relative to the
/// one before and never through a symbolic link (openat(2) with O_NOFOLLOW), so that nothing outside is reached, also
/// while another process changes the tree.
public final class ConfinedDirectory {
  private let path: HostPath
  /// The directory itself and the directories down to the one used last, so that neighbours need no new steps.
  private var open: [Step]

  private struct Step {
    let name: [UInt8]
    let file: Owned
  }

  /// A descriptor that an array can hold.
  private final class Owned {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  /// - Parameter path: a directory; a link that it is itself is followed.
  public init(_ path: HostPath) throws {
    self.path = path
    open = [Step(name: [], file: Owned(try Descriptor.open(path, O_RDONLY | O_DIRECTORY)))]
  }

  /// A second view of the same directory, with steps of its own.
  public func another() throws -> ConfinedDirectory { try ConfinedDirectory(self) }

  private init(_ other: ConfinedDirectory) throws {
    path = other.path
    open = [other.open[0]]
  }

  /// What was open is gone or may be another directory now.
  public func forget() { open.removeSubrange(1...) }

  /// Calls `body` with the directory.
  public func withDirectory<R>(_ directory: RootPath, _ body: (borrowing Descriptor) throws -> R) throws -> R {
    let names = directory.components
    var shared = 0
    while shared < names.count, shared + 1 < open.count, names[shared].elementsEqual(open[shared + 1].name) {
      shared += 1
    }
    open.removeSubrange((shared + 1)...)
    for name in names[shared...] {
      let raw = Self.withName(name) {
        openat(open[open.count - 1].file.descriptor.raw, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
      guard raw >= 0 else { throw failure("open the directory", directory) }
      open.append(Step(name: Array(name), file: Owned(Descriptor(owning: raw))))
    }
    return try body(open[open.count - 1].file.descriptor)
  }

  private func withParent<R>(
    of path: RootPath, _ body: (_ directory: Int32, _ name: UnsafePointer<CChar>) throws -> R
  ) throws -> R {
    try withDirectory(path.parent ?? .root) { directory in
      let raw = directory.raw
      return try Self.withName(path.nameBytes) { try body(raw, $0) }
    }
  }

  private static func withName<R>(_ name: ArraySlice<UInt8>, _ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
    try HostPath(bytes: name).withCString(body)
  }

  private func failure(_ action: String, _ path: RootPath) -> Failure {
    .system(action, self.path / path, errno: errno)
  }

  // MARK: making

  /// A new directory, private until its mode is set.
  public func makeDirectory(_ path: RootPath) throws {
    guard try withParent(of: path, { mkdirat($0, $1, 0o700) }) == 0 else {
      throw failure("create the directory", path)
    }
  }

  /// A new file, private until its mode is set.
  public func makeFile(_ path: RootPath) throws -> Descriptor {
    let raw = try withParent(of: path) {
      openat($0, $1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    guard raw >= 0 else { throw failure("create", path) }
    return Descriptor(owning: raw)
  }

  public func makeLink(_ path: RootPath, to target: [UInt8]) throws {
    let code = try HostPath(bytes: target).withCString { target in
      try withParent(of: path) { symlinkat(target, $0, $1) }
    }
    guard code == 0 else { throw failure("create the link", path) }
  }

  /// A second name of a file; the file is found through `other`, a view of the same directory.
  public func makeHardLink(_ path: RootPath, to target: RootPath, through other: ConfinedDirectory) throws {
    let code = try other.withParent(of: target) { from, name in
      try withParent(of: path) { linkat(from, name, $0, $1, 0) }
    }
    guard code == 0 else { throw failure("create the hard link", path) }
  }

  /// Removes a file or an empty directory.
  public func remove(_ path: RootPath) throws {
    let code = try withParent(of: path) { directory, name in
      unlinkat(directory, name, 0) == 0
        || (errno == EISDIR || errno == EPERM)
          && unlinkat(directory, name, AT_REMOVEDIR) == 0
        || errno == ENOENT
    }
    guard code else { throw failure("remove", path) }
  }

  // MARK: metadata

  /// Owner, then mode, then time, of an open file or directory.
  /// - Parameter owner: nil leaves it as it is.
  public static func set(
    _ file: borrowing Descriptor, mode: UInt32, owner: (uid: UInt32, gid: UInt32)?, time: Int64?
  ) throws {
    if let owner, fchown(file.raw, owner.uid, owner.gid) != 0 { throw Failure.system("set the owner", errno: errno) }
    // fchown(2) clears set-user-ID, so the mode comes after.
    guard fchmod(file.raw, mode) == 0 else { throw Failure.system("set the mode", errno: errno) }
    guard let time else { return }
    let value = timespec(tv_sec: Int(time), tv_nsec: 0)
    guard futimens(file.raw, [value, value]) == 0 else { throw Failure.system("set the time", errno: errno) }
  }

  /// Owner and time of a link itself.
  public func setLink(_ path: RootPath, owner: (uid: UInt32, gid: UInt32)?, time: Int64) throws {
    let value = timespec(tv_sec: Int(time), tv_nsec: 0)
    let code = try withParent(of: path) { directory, name in
      if let owner, fchownat(directory, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0 { return Int32(-1) }
      return utimensat(directory, name, [value, value], AT_SYMLINK_NOFOLLOW)
    }
    guard code == 0 else { throw failure("set the owner of", path) }
  }
}
