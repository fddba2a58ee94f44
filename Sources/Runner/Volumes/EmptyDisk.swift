internal import Glibc
internal import PackCore

/// Makes the file of a volume: sparse, with an empty ext4.
struct EmptyDisk {
  let context: HostContext

  /// `file` is there whole or not at all; what is there already is never written over.
  ///
  /// - Returns: false when somebody else made it first.
  func make(_ file: HostPath, size: Int64) throws -> Bool {
    guard let tool = context.findTool("mkfs.ext4") ?? Self.systemTool("mkfs.ext4") else {
      throw RunFailure.noTool("mkfs.ext4", package: "e2fsprogs")
    }
    let staged = file.parent / ".\(file.name).\(getpid())"
    defer { try? FileSystem.removeFile(staged) }
    let empty = try Descriptor.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    guard ftruncate(empty.raw, off_t(size)) == 0 else { throw Failure.system("make the volume", file, errno: errno) }
    let result = try ProcessRunner().run(
      Command(
        [tool.description, "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", staged.description],
        environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]))
    guard result.succeeded else { throw RunFailure.volumeFailed(file, cause: result.errorText) }
    try empty.sync()
    return try FileSystem.renameNew(staged, to: file)
  }

  /// Not in the PATH of ordinary users.
  private static func systemTool(_ name: String) -> HostPath? {
    ["/usr/sbin", "/sbin"].map { HostPath($0) / name }.first { access($0.description, X_OK) == 0 }
  }
}
