internal import CHost
public import Glibc

/// An open file descriptor with one owner. `close()` reports the error that close(2) can bring (a full disk over NFS);
/// a descriptor that is dropped is closed without one.
public struct Descriptor: ~Copyable, Sendable {
  public let raw: Int32

  public init(owning raw: Int32) { self.raw = raw }
  deinit { if raw >= 0 { _ = Glibc.close(raw) } }

  public consuming func close() throws {
    let raw = self.raw
    discard self
    guard Glibc.close(raw) == 0 || errno == EINTR else { throw Failure.system("close a file", errno: errno) }
  }

  /// Gives the number away; the caller closes it.
  public consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  /// open(2), always close-on-exec.
  public static func open(_ path: HostPath, _ flags: Int32 = O_RDONLY, mode: UInt32 = 0o644) throws -> Descriptor {
    while true {
      let raw = path.withCString { Glibc.open($0, flags | O_CLOEXEC, mode) }
      if raw >= 0 { return Descriptor(owning: raw) }
      if errno != EINTR { throw Failure.system(flags & O_CREAT != 0 ? "create" : "open", path, errno: errno) }
    }
  }

  /// read(2) into `buffer`; 0 at the end of the file.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw failure("read") }
    }
  }

  /// write(2) until all of `bytes` is written.
  public borrowing func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(raw, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
  public borrowing func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  public borrowing func status() throws -> stat {
    var status = stat()
    guard fstat(raw, &status) == 0 else { throw failure("read the status of") }
    return status
  }

  public borrowing func sync() throws {
    while fsync(raw) != 0 {
      guard errno == EINTR else { throw failure("flush") }
    }
  }

  /// Of the call that just failed; names the file, which only the kernel knows here (proc(5), /proc/pid/fd).
  private borrowing func failure(_ action: String) -> Failure {
    let code = errno
    let target = try? FileSystem.linkTarget(HostPath("/proc/self/fd/\(raw)"))
    // What is no file is called `pipe:[7]` there.
    let path = target.flatMap { $0.first == UInt8(ascii: "/") ? HostPath(bytes: $0) : nil }
    return Failure.system(action, path, errno: code)
  }

  /// fsetxattr(2).
  /// - Returns: false where the file system or the caller's rights do not allow it.
  public borrowing func setAttribute(_ name: String, _ value: [UInt8]) throws -> Bool {
    let raw = self.raw
    if value.withUnsafeBytes({ chost_set_attribute(raw, name, $0.baseAddress, UInt($0.count)) }) == 0 { return true }
    guard [ENOTSUP, EPERM, EACCES].contains(errno) else {
      throw Failure.system("set the attribute \(name)", errno: errno)
    }
    return false
  }
}
