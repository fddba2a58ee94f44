internal import Glibc
internal import PackCore

/// Takes the core dump of a program in debug mode, piece by piece, into a file of this host; what no piece covers is a
/// hole. The file has its name only when the dump is whole.
final class CoreReceiver {
  private let path: HostPath
  private let staged: HostPath
  private let file: Descriptor
  /// No guest of ours sends more (`GuestConfiguration`).
  private static let limit: UInt64 = 1 << 31

  init(path: HostPath) throws {
    self.path = path
    staged = path.parent / ".\(path.name).\(getpid())"
    try FileSystem.removeFile(staged)
    file = try Descriptor.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
  }

  /// True when the dump is whole.
  func take(offset: UInt64, bytes: [UInt8]) throws -> Bool {
    guard offset <= Self.limit, bytes.count <= 1 << 20 else { return false }
    if bytes.isEmpty {
      guard ftruncate(file.raw, off_t(offset)) == 0 else { throw Failure.system("write", path, errno: errno) }
      try FileSystem.rename(staged, to: path)
      return true
    }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file.raw, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset) + off_t(done))
      }
      guard count > 0 || errno == EINTR else { throw Failure.system("write", path, errno: errno) }
      done += max(0, count)
    }
    return false
  }

  deinit { try? FileSystem.removeFile(staged) }
}
