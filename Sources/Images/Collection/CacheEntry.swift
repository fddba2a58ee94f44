internal import PackCore

/// Something in packc's cache that goes as a whole, and can be made again.
struct CacheEntry {
  let room: CacheRoom
  /// What is moved away; the record, by which the cache believes in the rest, first.
  let paths: [HostPath]
  /// When it was last used, nanoseconds since 1970.
  let used: Int64
  let size: Int64
}

/// The parts of the cache that builds fill and nothing but the collector empties; the owner of each says how it looks.
enum CacheRoom: String, CaseIterable {
  /// `<key>/{work, done.json}`
  case steps
  /// `<key>.cpio`, `<key>.json`
  case segments
  /// `<digest>`, `<digest>.json`
  case stripped
  /// `<digest of the project's path>/{record, digests, steps, owners, builds}`; its lock stays, which a build may be
  /// waiting for.
  case projects

  /// Sorted by path. Names that begin with a dot are somebody's work in progress.
  func entries(in cache: HostPath) throws -> [CacheEntry] {
    let root = cache / HostPath(rawValue)
    let names = try Self.names(root).filter { $0.first != UInt8(ascii: ".") }
    switch self {
    case .steps: return try names.compactMap { try entry([root / HostPath(bytes: $0)]) }
    case .projects:
      return try names.compactMap { name in
        let files = ["record", "digests", "steps", "owners", "builds"].map { root / HostPath(bytes: name) / $0 }
        return try entry(files.filter(FileSystem.exists))
      }
    case .segments, .stripped:
      let groups = Dictionary(grouping: names.map { HostPath(bytes: $0) }) { $0.description.prefix { $0 != "." } }
      return try groups.sorted { $0.key < $1.key }.compactMap { try entry($0.value.map { root / $0 }) }
    }
  }

  /// What a killed build left, or a living one works in.
  func work(in cache: HostPath) throws -> [HostPath] {
    let root = cache / HostPath(rawValue)
    return try Self.names(root).filter { $0.first == UInt8(ascii: ".") }.map { root / HostPath(bytes: $0) }
  }

  static func names(_ directory: HostPath) throws -> [[UInt8]] {
    FileSystem.isDirectory(directory) ? try DirectoryWalk.names(in: directory) : []
  }

  private func entry(_ paths: [HostPath]) throws -> CacheEntry? {
    let paths = paths.sorted { $0.name.hasSuffix(".json") && !$1.name.hasSuffix(".json") }
    guard let first = paths.first, let used = try used(first) else { return nil }
    return CacheEntry(room: self, paths: paths, used: used, size: try paths.map(Self.size).reduce(0, +))
  }

  /// The time of the record, of an entry without one its own; nil when it is gone.
  func used(_ path: HostPath) throws -> Int64? {
    if self == .steps, let status = try FileSystem.status(path / "done.json") { return status.modified }
    return try FileSystem.status(path)?.modified
  }

  /// Of all files at and below the path, in bytes.
  static func size(_ path: HostPath) throws -> Int64 {
    guard let status = try FileSystem.status(path) else { return 0 }
    guard status.kind == .directory else { return status.size }
    var size: Int64 = 0
    try DirectoryWalk.walk(path) { entry in
      if entry.status.kind != .directory { size += entry.status.size }
      return .take
    }
    return size
  }
}
