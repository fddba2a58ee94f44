internal import Glibc
internal import PackCore

/// Finished outputs by step key:
///
///     <cache>/steps/<key>/work/…      the outputs
///                        /done.json   the digest of their listing
///
/// A directory gets its name by one rename when it is whole. What a power cut tore is found by the listing.
struct StepCache {
  let root: HostPath

  init(cache: HostPath) throws {
    root = cache / "steps"
    try FileSystem.createDirectory(root)
  }

  /// The directory of the outputs, or nil when they are not there or not as they were.
  func outputs(of key: Digest) throws -> HostPath? {
    let directory = root / key.hex
    guard let bytes = try? FileSystem.readIfPresent(directory / "done.json", limit: 1 << 16),
      let done = try? JSONParser.parse(bytes), let listing = done["listing"]?.string
    else { return nil }
    if try Self.listing(directory / "work").description == listing { return directory / "work" }
    try FileSystem.removeTree(directory)
    return nil
  }

  /// Moves the named outputs of a step from `work` into the cache; returns where they are now.
  func store(_ outputs: [RootPath], from work: HostPath, key: Digest) throws -> HostPath {
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    do {
      for output in outputs {
        try FileSystem.createDirectory((staged / "work" / output).parent)
        try FileSystem.rename(work / output, to: staged / "work" / output)
      }
      try FileSystem.createDirectory(staged / "work")
      try Self.normalizeModes(staged / "work")
      let done: JSONValue = ["listing": JSONValue(try Self.listing(staged / "work"))]
      try FileSystem.writeAtomically(CanonicalJSON.encode(done), to: staged / "done.json")
      let target = root / key.hex
      // Somebody else may have finished the same step meanwhile: theirs is as good.
      if staged.withCString({ from in target.withCString { rename(from, $0) } }) != 0 {
        let code = errno
        guard code == ENOTEMPTY || code == EEXIST else {
          throw Failure.system("rename \(staged) to", target, errno: code)
        }
        try FileSystem.removeTree(staged)
      }
      return target / "work"
    } catch {
      try? FileSystem.removeTree(staged)
      throw error
    }
  }

  /// Path, kind, mode and size of everything below.
  private static func listing(_ directory: HostPath) throws -> Digest {
    var hash = SHA256()
    for entry in try DirectoryWalk.sortedByPath(directory) {
      hash.update(entry.path.bytes)
      hash.update("\u{0}\(entry.status.kind.rawValue) \(entry.status.mode)")
      if entry.status.kind == .file { hash.update(" \(entry.status.size)\n") }
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
