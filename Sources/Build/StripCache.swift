internal import ELF
internal import PackCore

/// Stripped files by the digest of what they were:
///
///     <cache>/stripped/<digest before>
///
/// So the same program keeps the same file, and its layer's cache sees that nothing changed.
struct StripCache {
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
    if let status = try FileSystem.status(path), status.kind == .file {
      return Result(before: before, after: try FileSystem.digest(of: path), file: (path, status))
    }
    let result = try Strip.strip(file, to: path)
    guard result.changed, let status = try FileSystem.status(path) else {
      return Result(before: before, after: before, file: nil)
    }
    return Result(before: before, after: result.after, file: (path, status))
  }
}
