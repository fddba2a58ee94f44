internal import Glibc
internal import PackCore

/// Finished outputs by step key:
///
///     <cache>/steps/<key>/work/…      the outputs
///                        /done.json   the digest of their listing (`CacheRecord`); its time is that of the last use
///
/// A directory gets its name by one rename when it is whole. What a power cut tore, or somebody changed, is found by the
/// listing, and removed.
struct StepCache {
  /// Raised when what the directory or the listing holds means something else.
  static let format: Int64 = 2

  let root: HostPath

  init(cache: HostPath) throws {
    root = cache / "steps"
    try FileSystem.createDirectory(root)
  }

  /// The directory of the outputs, or nil when they are not there or not as they were.
  func outputs(of key: Digest) throws -> HostPath? {
    let directory = root / key.hex
    guard FileSystem.exists(directory) else { return nil }
    if let listing = CacheRecord.read(directory / "done.json", format: Self.format)?["listing"]?.digest,
      (try? Self.listing(directory / "work")) == listing
    {
      CacheRecord.markUsed(directory / "done.json")
      return directory / "work"
    }
    try discard(directory)
    return nil
  }

  /// Moves the named outputs of a step from `work` into the cache; returns where they are now.
  func store(_ outputs: [RootPath], from work: HostPath, key: Digest) throws -> HostPath {
    try adopt(key) { staged in
      for output in outputs {
        try FileSystem.createDirectory((staged / output).parent)
        try FileSystem.rename(work / output, to: staged / output)
      }
    }
  }

  /// Takes what `fill` puts into an empty directory; returns where it is now.
  func adopt(_ key: Digest, _ fill: (HostPath) throws -> Void) throws -> HostPath {
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    do {
      try FileSystem.createDirectory(staged / "work")
      try fill(staged / "work")
      try Self.normalizeModes(staged / "work")
      try CacheRecord.write(
        ["listing": JSONValue(try Self.listing(staged / "work"))], format: Self.format, to: staged / "done.json")
      return try place(staged, key)
    } catch {
      try? FileSystem.removeTree(staged)
      throw error
    }
  }

  private func place(_ staged: HostPath, _ key: Digest) throws -> HostPath {
    let target = root / key.hex
    while staged.withCString({ from in target.withCString { rename(from, $0) } }) != 0 {
      let code = errno
      guard code == ENOTEMPTY || code == EEXIST || code == ENOTDIR else {
        throw Failure.system("rename \(staged) to", target, errno: code)
      }
      // Somebody else finished the same step meanwhile: theirs is as good, if it is whole.
      if let theirs = try outputs(of: key) {
        try FileSystem.removeTree(staged)
        return theirs
      }
      try Interruption.check()
    }
    return target / "work"
  }

  /// In one step out of everybody's sight, and then away.
  private func discard(_ directory: HostPath) throws {
    let aside = try FileSystem.createTemporaryDirectory(in: root, prefix: ".wrong")
    defer { try? FileSystem.removeTree(aside) }
    let moved = directory.withCString { from in (aside / "entry").withCString { rename(from, $0) } }
    guard moved == 0 || errno == ENOENT else { throw Failure.system("move away", directory, errno: errno) }
  }

  /// Path, kind, mode and size of everything below; of files also when they were written, and where links lead.
  private static func listing(_ directory: HostPath) throws -> Digest {
    var hash = SHA256()
    for entry in try DirectoryWalk.sortedByPath(directory) {
      hash.update(entry.path.bytes)
      hash.update("\u{0}\(entry.status.kind.rawValue) \(entry.status.mode)")
      switch entry.status.kind {
      case .file: hash.update(" \(entry.status.size) \(entry.status.modified)\n")
      case .link: hash.update(try FileSystem.linkTarget(directory / entry.path) + [0x0a])
      case .directory, .other: hash.update("\n")
      }
    }
    return hash.finish()
  }

  /// Tools leave directories that cannot be read or removed (Go's module cache); the cache keeps none.
  private static func normalizeModes(_ directory: HostPath) throws {
    try DirectoryWalk.walk(directory) { entry in
      let path = directory / entry.path
      if entry.status.kind == .directory, entry.status.mode & 0o700 != 0o700 {
        guard path.withCString({ chmod($0, 0o755) }) == 0 else {
          throw Failure.system("set the mode of", path, errno: errno)
        }
      }
      return .take
    }
  }
}
