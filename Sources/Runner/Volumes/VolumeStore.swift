internal import Glibc
public import PackCore

/// The volumes that packc keeps for this user. They outlive every machine, and go by their name only.
///
///     ROOT/volumes/NAME/disk   a sparse file with a file system
///     ROOT/volumes/NAME/lock   locked (F_OFD_SETLK, fcntl(2)) as long as it is in use, also by the machine's process, which
///                              has the same open file; says who that is
public struct VolumeStore: Sendable {
  /// Bytes; below, mkfs.ext4 makes no file system.
  public static let sizes: ClosedRange<Int64> = (2 << 20)...(16 << 40)

  private let context: HostContext
  let root: HostPath

  public init(_ context: HostContext) throws {
    self.context = context
    root = try context.stateDirectory() / "volumes"
  }

  public struct Volume: Sendable {
    public let name: String
    public let disk: HostPath
    /// What the file system may hold, in bytes.
    public let size: Int64
    /// What it takes of the host's disk.
    public let used: Int64
    /// Nil for one that nobody uses.
    public let user: String?

    public var json: JSONValue {
      [
        "name": .string(name), "file": JSONValue(disk), "size": .integer(size), "used": .integer(used),
        "in_use_by": user.map { .string($0) } ?? .null,
      ]
    }
  }

  func directory(_ name: String) -> HostPath { root / name }
  public func disk(_ name: VolumeName) -> HostPath { directory(name.description) / "disk" }

  // MARK: - Looking

  /// By name.
  public func list() throws -> [Volume] {
    guard FileSystem.isDirectory(root) else { return [] }
    return try DirectoryWalk.names(in: root).map { String(decoding: $0, as: UTF8.self) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      // What is being made or taken away has a dot before its name.
      .compactMap { name in try (try? VolumeName(name)).flatMap { try look($0) } }
  }

  public func find(_ name: VolumeName) throws -> Volume {
    guard let volume = try look(name) else { throw unknown(name) }
    return volume
  }

  private func look(_ name: VolumeName) throws -> Volume? {
    let disk = disk(name)
    var status = stat()
    guard disk.withCString({ stat($0, &status) }) == 0 else { return nil }
    return Volume(
      name: name.description, disk: disk, size: Int64(status.st_size), used: Int64(status.st_blocks) * 512,
      user: VolumeLock.user(of: disk.parent))
  }

  private func unknown(_ name: VolumeName) -> Failure {
    VolumeFailure.unknown(name.description, known: (try? list().map(\.name)) ?? [])
  }

  // MARK: - Changing

  public func create(_ name: VolumeName, size: Int64) throws -> Volume {
    guard Self.sizes.contains(size) else { throw VolumeFailure.badSize(size, Self.sizes) }
    guard !FileSystem.exists(directory(name.description)) else { throw VolumeFailure.exists(name.description) }
    try FileSystem.createDirectory(root.parent, mode: 0o700)
    try FileSystem.createDirectory(root, mode: 0o700)
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".new")
    do {
      do {
        _ = try EmptyDisk(context: context).make(staged / "disk", size: size)
      } catch let failure as Failure where failure.code == "volume_failed" || failure.code == "system_error" {
        throw VolumeFailure.notMade(name.description, in: root, failure)
      }
      try FileSystem.writeAtomically([], to: staged / "lock", mode: 0o600)
      guard try FileSystem.renameNew(staged, to: directory(name.description)) else {
        throw VolumeFailure.exists(name.description)
      }
    } catch {
      try? FileSystem.removeTree(staged)
      throw error
    }
    return try find(name)
  }

  /// Locks the volume for `user`, which is how errors name whoever has it: "packc run (process 12)".
  public func hold(_ name: VolumeName, user: String) throws -> VolumeLock {
    guard FileSystem.exists(disk(name)) else { throw unknown(name) }
    return try VolumeLock(directory(name.description), name: name.description, user: user)
  }

  /// What is said of one that a machine has now.
  public static func inUse(_ name: VolumeName, by user: String) -> Failure {
    VolumeFailure.inUse(name.description, user)
  }

  /// What is said of one that deployments name, whether or not they run.
  public static func named(_ name: VolumeName, by deployments: [String]) -> Failure {
    VolumeFailure.named(name.description, deployments)
  }

  /// What is said when nobody has confirmed that the data of these may go.
  public static func unconfirmed(_ names: [VolumeName]) -> Failure {
    VolumeFailure.unconfirmed(names.map(\.description))
  }

  /// Takes the volume and its data away.
  ///
  /// - Returns: false when there is none.
  public func destroy(_ name: VolumeName) throws -> Bool {
    guard FileSystem.isDirectory(directory(name.description)) else { return false }
    let lock = try VolumeLock(directory(name.description), name: name.description, user: "packc volume destroy")
    defer { withExtendedLifetime(lock) {} }
    // In one step, so that a call that is killed leaves no half of one under the name.
    let gone = root / ".gone.\(name).\(getpid())"
    try FileSystem.rename(directory(name.description), to: gone)
    try FileSystem.removeTree(gone)
    return true
  }
}

/// A volume that is in use: others are refused as long as this value lives, or a process that was given the descriptor.
public final class VolumeLock: Sendable {
  /// For the machine's process to hold, too.
  public let descriptor: Descriptor
  public let disk: HostPath

  init(_ directory: HostPath, name: String, user: String) throws {
    let path = directory / "lock"
    disk = directory / "disk"
    let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    guard OpenFileLock.take(file.raw) else {
      guard errno == EAGAIN || errno == EACCES else { throw Failure.system("lock", path, errno: errno) }
      throw VolumeFailure.inUse(name, Self.text(path))
    }
    // It may have been destroyed, and another been made, between the two.
    let (ours, named) = (try file.status(), try FileSystem.status(path))
    guard let named, named.inode == ours.st_ino else { throw VolumeFailure.unknown(name, known: []) }
    guard ftruncate(file.raw, 0) == 0 else { throw Failure.system("write", path, errno: errno) }
    try file.write(Array(user.utf8))
    descriptor = file
  }

  /// Who holds it; nil for nobody.
  static func user(of directory: HostPath) -> String? {
    guard let file = try? Descriptor.open(directory / "lock", O_RDWR) else { return nil }
    return OpenFileLock.isTaken(file.raw) ? text(directory / "lock") : nil
  }

  private static func text(_ path: HostPath) -> String {
    let bytes = (try? FileSystem.read(path, limit: 4096)) ?? []
    return bytes.isEmpty ? "another process" : String(decoding: bytes, as: UTF8.self)
  }
}

/// A lock of an open file description on the whole file: it goes with the last descriptor of it, in whatever process, and
/// asking for it takes nothing.
private enum OpenFileLock {
  /// F_OFD_GETLK and F_OFD_SETLK, which glibc's module does not show.
  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37

  static func take(_ file: Int32) -> Bool {
    var range = all()
    return fcntl(file, setLock, &range) == 0
  }
  static func isTaken(_ file: Int32) -> Bool {
    var range = all()
    return fcntl(file, getLock, &range) == 0 && range.l_type != Int16(F_UNLCK)
  }
  private static func all() -> Glibc.flock {
    var range = Glibc.flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    return range
  }
}
