internal import PackCore

/// The files of a project as they are now: what is not ignored, sorted by path bytes, with status.
struct ProjectScan {
  let root: HostPath
  /// Regular files, directories and links; anything else in a project is left out with a warning.
  let entries: [DirectoryWalk.Entry]
  /// Sockets, FIFOs and devices, which no build takes.
  let leftOut: [RootPath]

  static let maximumEntries = 1_000_000

  init(root: HostPath) throws {
    self.root = root
    var rules = try IgnoreRules(project: root)
    try rules.enter(.root, of: root)
    var leftOut: [RootPath] = []
    var count = 0
    entries = try DirectoryWalk.sortedByPath(root) { entry in
      let isDirectory = entry.status.kind == .directory
      if rules.ignores(entry.path, isDirectory: isDirectory) { return .skip }
      if entry.status.kind == .other {
        leftOut.append(entry.path)
        return .skip
      }
      count += 1
      if count > Self.maximumEntries { throw BuildFailure.projectTooLarge(root, limit: Self.maximumEntries) }
      if count % 4096 == 0 { try Interruption.check() }
      if isDirectory { try rules.enter(entry.path, of: root) }
      return .take
    }
    self.leftOut = leftOut
  }

  /// What the steps of a build see: everything but packc.lock, which the build itself writes before they run. What they
  /// make cannot depend on it.
  var sources: [DirectoryWalk.Entry] { entries.filter { $0.path != LockFile.name } }

  /// For detection: every path that is a file or a link.
  var listing: [RootPath] { entries.filter { $0.status.kind != .directory }.map(\.path) }

  /// A digest over every path and status: equal means that nothing was touched since.
  func fingerprint(without excluded: Set<RootPath> = []) -> Digest {
    var hash = SHA256()
    var bytes: [UInt8] = []
    for entry in entries where !excluded.contains(entry.path) {
      bytes.removeAll(keepingCapacity: true)
      bytes += entry.path.bytes
      bytes.append(0)
      // A directory's own times change when packc.lock or .packc is written into it; its entries are all listed here.
      if entry.status.kind == .directory {
        bytes.append(entry.status.kind.rawValue)
      } else {
        entry.status.fingerprint(into: &bytes)
      }
      hash.update(bytes)
    }
    return hash.finish()
  }

  /// The newest change among the files, in nanoseconds since the epoch.
  var newestChange: Int64 {
    entries.lazy.filter { $0.status.kind != .directory }.map { max($0.status.modified, $0.status.changed) }.max() ?? 0
  }

  /// The entries at or below `path`; `.root` means all.
  func entries(inside path: RootPath) -> [DirectoryWalk.Entry] {
    path.isRoot ? entries : entries.filter { $0.path.isInside(path) }
  }
}
