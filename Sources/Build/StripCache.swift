internal import ELF
internal import Glibc
internal import PackCore

/// Stripped files by the digest of what they were:
///
///     <cache>/stripped/<digest before>        the file, where there was something to remove
///                     /<digest before>.json   its digest, by which it is believed
///
/// So the same program keeps the same file, and its layer's cache sees that nothing changed.
struct StripCache {
  /// Raised when the same file is stripped to other bytes.
  static let format: Int64 = 1

  let directory: HostPath

  struct Result {
    let before: Digest
    let after: Digest
    /// nil when there was nothing to remove.
    let file: (path: HostPath, status: FileStatus)?
  }

  func strip(_ file: HostPath) throws -> Result {
    try FileSystem.createDirectory(directory)
    let before = try FileSystem.digest(of: file)
    let path = directory / before.hex
    let record = directory / "\(before.hex).json"
    if let known = try kept(path, record) {
      CacheRecord.markUsed(record)
      return Result(before: before, after: known.digest, file: (path, known.status))
    }
    let work = try FileSystem.createTemporaryDirectory(in: directory, prefix: ".strip")
    defer { try? FileSystem.removeTree(work) }
    let result = try Strip.strip(file, to: work / "file")
    guard result.changed else { return Result(before: before, after: before, file: nil) }
    let status = try place(work / "file", at: path, result.after)
    try CacheRecord.write(["after": JSONValue(result.after)], format: Self.format, to: record)
    return Result(before: before, after: result.after, file: (path, status))
  }

  /// Another build may have put the same file there a moment ago and be reading it: that one stays.
  private func place(_ file: HostPath, at path: HostPath, _ digest: Digest) throws -> FileStatus {
    if try !FileSystem.renameNew(file, to: path) {
      if let theirs = try FileSystem.status(path), theirs.kind == .file, theirs.mode == 0o755,
        (try? FileSystem.digest(of: path)) == digest
      {
        return theirs
      }
      if try FileSystem.status(path)?.kind == .directory { try FileSystem.removeTree(path) }
      try FileSystem.rename(file, to: path)
    }
    guard let status = try FileSystem.status(path) else { throw Failure.system("look at", path, errno: ENOENT) }
    return status
  }

  /// Nil where the file's bytes are not those that were written.
  private func kept(_ path: HostPath, _ record: HostPath) throws -> (digest: Digest, status: FileStatus)? {
    guard let after = CacheRecord.read(record, format: Self.format)?["after"]?.digest else { return nil }
    if let status = try FileSystem.status(path), status.kind == .file, status.mode == 0o755,
      (try? FileSystem.digest(of: path)) == after
    {
      return (after, status)
    }
    try FileSystem.removeTree(path)
    return nil
  }
}
