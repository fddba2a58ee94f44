internal import Glibc
public import OCI
public import PackCore

extension SymbolSet {
  /// Writes the debug files below `directory`, each at its `.build-id/ab/cdef….debug`. One that is there already with the
  /// same bytes stays; whatever else has its name is replaced.
  /// - Returns: their paths.
  public func write(_ entries: [DebugSymbols.Entry], to directory: HostPath) throws -> [HostPath] {
    try entries.map { entry in
      try Interruption.check()
      let path = directory / entry.debugPath
      let status = try FileSystem.status(path)
      if status?.kind == .file, status?.size == entry.file.contentSize,
        try FileSystem.digest(of: path) == entry.file.content
      {
        return path
      }
      try FileSystem.createDirectory(path.parent)
      try write(entry, to: path)
      return path
    }
  }

  /// Beside its place first: what has the name is whole.
  private func write(_ entry: DebugSymbols.Entry, to path: HostPath) throws {
    let work = try FileSystem.createTemporaryDirectory(in: path.parent, prefix: ".part")
    defer { try? FileSystem.removeTree(work) }
    let target = try Descriptor.open(work / "file", O_WRONLY | O_CREAT | O_EXCL)
    try entry.file.read(from: source, as: .debugFileZstd) { try target.write($0) }
    guard fchmod(target.raw, 0o644) == 0 else { throw Failure.system("set the mode of", path, errno: errno) }
    try target.close()
    if FileSystem.isDirectory(path) { throw ImagesFailure.directoryInTheWay(path) }
    try FileSystem.rename(work / "file", to: path)
  }
}
