internal import PackCore

/// Host paths that a build looked at outside the project. Equal fingerprints of all of them, and of the project, mean
/// that a build would do the same again.
struct WatchedPaths {
  private(set) var paths: Set<HostPath> = []

  mutating func add(_ path: HostPath) { paths.insert(path) }
  mutating func add(_ more: some Sequence<HostPath>) { paths.formUnion(more) }

  /// The file as it is reached, and what links lead to.
  mutating func addResolved(_ path: HostPath) {
    paths.insert(path)
    if let real = FileSystem.resolve(path) { paths.insert(real) }
  }

  var sorted: [HostPath] { paths.sorted() }

  /// A path that does not exist counts as such: its appearance is a change.
  /// - Parameter isShared: true for a file whose ctime others may change.
  static func fingerprint(_ paths: [HostPath], isShared: (HostPath) -> Bool = { _ in false }) -> Digest {
    var hash = SHA256()
    var bytes: [UInt8] = []
    for path in paths {
      bytes.removeAll(keepingCapacity: true)
      bytes += path.bytes
      bytes.append(0)
      if let status = try? FileSystem.status(path) { status.fingerprint(into: &bytes, withChange: !isShared(path)) }
      hash.update(bytes)
    }
    return hash.finish()
  }
}
