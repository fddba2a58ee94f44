internal import Glibc
internal import CHost

/// Files by direct system calls: bytes in, bytes out, errors with the path and the next step.
public enum FileSystem {
  /// lstat(2); nil when there is nothing.
  public static func status(_ path: HostPath) throws -> FileStatus? {
    var status = stat()
    if path.withCString({ lstat($0, &status) }) == 0 { return FileStatus(status) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw Failure.system("look at", path, errno: errno)
  }
  /// stat(2), following links; nil when there is nothing.
  public static func target(_ path: HostPath) throws -> FileStatus? {
    var status = stat()
    if path.withCString({ stat($0, &status) }) == 0 { return FileStatus(status) }
    if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
    throw Failure.system("look at", path, errno: errno)
  }
  public static func exists(_ path: HostPath) -> Bool { path.withCString { access($0, F_OK) } == 0 }
  public static func isDirectory(_ path: HostPath) -> Bool { (try? target(path))??.kind == .directory }
  public static func isExecutableFile(_ path: HostPath) -> Bool {
    (try? target(path))??.kind == .file && path.withCString { access($0, X_OK) } == 0
  }

  /// The whole file; refused when it is larger than `limit` bytes or not a regular file.
  public static func read(_ path: HostPath, limit: Int = 64 << 20) throws -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file else {
      throw Failure("not_a_file", "\(path) is not a regular file", exit: .badInput)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(min(status.size, Int64(limit))))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else {
        throw Failure("file_too_large", "\(path) is larger than \(limit) bytes", exit: .badInput)
      }
    }
  }
  /// The first `count` bytes of a regular file, fewer when it is shorter; nil when there is none.
  public static func head(_ path: HostPath, count: Int) throws -> [UInt8]? {
    guard try target(path)?.kind == .file else { return nil }
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let more = try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
        if more == 0 { return }
        filled += more
      }
    }
  }

  /// The whole file; nil when there is none.
  public static func readIfPresent(_ path: HostPath, limit: Int = 64 << 20) throws -> [UInt8]? {
    try status(path) == nil ? nil : read(path, limit: limit)
  }

  /// Writes beside the target, fsyncs, renames: a reader sees the old bytes or the new ones, never half.
  public static func writeAtomically(_ bytes: [UInt8], to path: HostPath, mode: UInt32 = 0o644, durable: Bool = true)
    throws
  {
    try writeAtomically(to: path, mode: mode, durable: durable) { try $0.write(bytes) }
  }

  /// The same with bytes that come one after the other; when `body` throws, nothing is there.
  public static func writeAtomically(
    to path: HostPath, mode: UInt32 = 0o644, durable: Bool = true, _ body: (borrowing Descriptor) throws -> Void
  ) throws {
    // A name of its own length, since the target's may already be as long as a name can be.
    let staged = path.parent / ".packc.\(getpid()).\(uniqueNumber())"
    let file = try Descriptor.open(staged, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    do {
      try body(file)
      guard fchmod(file.raw, mode) == 0 else { throw Failure.system("set the mode of", staged, errno: errno) }
      if durable { try file.sync() }
      try file.close()
      try rename(staged, to: path)
    } catch {
      _ = staged.withCString { unlink($0) }
      throw error
    }
  }

  public static func rename(_ from: HostPath, to: HostPath) throws {
    guard from.withCString({ a in to.withCString { b in Glibc.rename(a, b) } }) == 0 else {
      throw Failure.system("rename \(from) to", to, errno: errno)
    }
  }

  /// Renames where nothing is: false when `to` is there already, which stays. In one step; a file system that cannot do
  /// that in one step is asked in two.
  public static func renameNew(_ from: HostPath, to: HostPath) throws -> Bool {
    if from.withCString({ a in to.withCString { b in chost_rename_new(a, b) } }) == 0 { return true }
    if errno == EEXIST { return false }
    guard errno == EINVAL || errno == ENOSYS else { throw Failure.system("rename \(from) to", to, errno: errno) }
    guard try status(to) == nil else { return false }
    try rename(from, to: to)
    return true
  }

  /// mkdir -p.
  public static func createDirectory(_ path: HostPath, mode: UInt32 = 0o755) throws {
    if path.withCString({ mkdir($0, mode) }) == 0 { return }
    if errno == EEXIST, isDirectory(path) { return }
    guard errno == ENOENT, path.parent != path else { throw Failure.system("create the directory", path, errno: errno) }
    try createDirectory(path.parent, mode: mode)
    guard path.withCString({ mkdir($0, mode) }) == 0 || errno == EEXIST else {
      throw Failure.system("create the directory", path, errno: errno)
    }
  }

  /// A fresh private directory (mkdtemp(3), mode 0700) `parent/prefix.XXXXXX`.
  public static func createTemporaryDirectory(in parent: HostPath, prefix: String) throws -> HostPath {
    try createDirectory(parent)
    var template = (parent / "\(prefix).XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    guard mkdtemp(&template) != nil else { throw Failure.system("create a directory in", parent, errno: errno) }
    return HostPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
  }

  public static func removeFile(_ path: HostPath) throws {
    guard path.withCString({ unlink($0) }) == 0 || errno == ENOENT else {
      throw Failure.system("remove", path, errno: errno)
    }
  }

  /// rm -rf that does not follow links, and opens directories that their owner closed (mode 0).
  public static func removeTree(_ path: HostPath) throws {
    guard let found = try status(path) else { return }
    guard found.kind == .directory else { return try removeFile(path) }
    if found.mode & 0o700 != 0o700 { _ = path.withCString { chmod($0, 0o700) } }
    for name in try DirectoryWalk.names(in: path) { try removeTree(path / HostPath(bytes: name)) }
    guard path.withCString({ rmdir($0) }) == 0 || errno == ENOENT else {
      throw Failure.system("remove the directory", path, errno: errno)
    }
  }

  /// readlink(2).
  public static func linkTarget(_ path: HostPath) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw in
      raw.withMemoryRebound(to: CChar.self) { chars in
        path.withCString { readlink($0, chars.baseAddress!, chars.count) }
      }
    }
    guard count >= 0 else { throw Failure.system("read the link", path, errno: errno) }
    return Array(buffer[..<count])
  }

  public static func createLink(_ path: HostPath, to target: [UInt8]) throws {
    guard HostPath(bytes: target).withCString({ t in path.withCString { symlink(t, $0) } }) == 0 else {
      throw Failure.system("create the link", path, errno: errno)
    }
  }

  /// realpath(3): absolute, every link resolved; nil when something on the way is missing.
  public static func resolve(_ path: HostPath) -> HostPath? {
    guard let real = path.withCString({ realpath($0, nil) }) else { return nil }
    defer { free(real) }
    return HostPath(bytes: UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
  }

  /// Copies bytes (a reflink where the file system has them); the new file has `mode`. `to` must not exist; a copy that
  /// fails leaves nothing there.
  public static func copyFile(_ from: HostPath, to: HostPath, mode: UInt32) throws {
    let source = try Descriptor.open(from)
    let size = FileStatus(try source.status()).size
    let target = try Descriptor.open(to, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    do {
      guard chost_copy_bytes(source.raw, target.raw, off_t(size)) == 0 else {
        throw Failure.system("copy \(from) to", to, errno: errno)
      }
      guard fchmod(target.raw, mode) == 0 else { throw Failure.system("set the mode of", to, errno: errno) }
      try target.close()
    } catch {
      _ = to.withCString { unlink($0) }
      throw error
    }
  }

  /// Sets access and modification time of a file or link itself, in whole seconds since the epoch.
  public static func setTime(_ path: HostPath, seconds: Int) throws {
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    guard path.withCString({ utimensat(AT_FDCWD, $0, [time, time], AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw Failure.system("set the time of", path, errno: errno)
    }
  }

  public static func digest(of path: HostPath) throws -> Digest {
    let file = try Descriptor.open(path)
    var hash = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    while true {
      let count = try file.read(into: buffer)
      if count == 0 { return hash.finish() }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// A number that no other call on this machine gets in this moment; for names of staged files only, never for output.
  private static func uniqueNumber() -> UInt64 { UInt64.random(in: 0 ... .max) }
}
