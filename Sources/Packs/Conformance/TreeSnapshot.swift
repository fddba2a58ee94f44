internal import PackCore

/// Everything of a directory tree that a pack could change: names, kinds, modes, times, contents.
struct TreeSnapshot: Equatable {
  private struct Entry: Equatable {
    var kind: FileStatus.Kind
    var mode: UInt32
    var modified: Int64
    var content: Digest?
  }
  private let entries: [RootPath: Entry]

  init(_ root: HostPath) throws {
    var entries: [RootPath: Entry] = [:]
    if let status = try FileSystem.status(root) { entries[.root] = try Self.entry(root, status) }
    try DirectoryWalk.walk(root) { entry in
      entries[entry.path] = try Self.entry(root / entry.path, entry.status)
      return .take
    }
    self.entries = entries
  }

  private static func entry(_ path: HostPath, _ status: FileStatus) throws -> Entry {
    let content: Digest? =
      switch status.kind {
      case .file: try FileSystem.digest(of: path)
      case .link: Digest(of: try FileSystem.linkTarget(path))
      case .directory, .other: nil
      }
    return Entry(kind: status.kind, mode: status.mode, modified: status.modified, content: content)
  }

  /// What became of each path that is not as it was: `added main.o`.
  func differences(from earlier: TreeSnapshot) -> [String] {
    Set(entries.keys).union(earlier.entries.keys).sorted().compactMap { path in
      let name = path.isRoot ? "." : path.description
      switch (earlier.entries[path], entries[path]) {
      case (nil, _?): return "added \(name)"
      case (_?, nil): return "removed \(name)"
      case (let before?, let after?) where before != after:
        return before.content != after.content || before.kind != after.kind
          ? "changed \(name)" : before.mode != after.mode ? "mode of \(name)" : "time of \(name)"
      default: return nil
      }
    }
  }
}
