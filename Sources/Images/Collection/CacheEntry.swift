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
  /// `<key>.initrd` or `<key>.root`, `<key>.json`
  case segments
  /// `<digest>`, `<digest>.json`
  case stripped
  /// `<digest of the project's path>/{record, digests, steps, facts}`; its lock stays, which a build may be waiting for.
  case projects
  /// `<digest of the project's path>/{owners, builds}`: what `packc image diff` knows of the last images.
  case histories

  /// What can be made again, and makes room when there is too little.
  var isReusable: Bool { self != .projects && self != .histories }

  private var directory: String { self == .histories ? CacheRoom.projects.rawValue : rawValue }

  /// Sorted by path. Names that begin with a dot are somebody's work in progress.
  func entries(in cache: HostPath) throws -> [CacheEntry] {
    let root = cache / HostPath(directory)
    let names = try Self.names(root).filter { $0.first != UInt8(ascii: ".") }
    switch self {
    case .steps: return try names.compactMap { try entry([root / HostPath(bytes: $0)]) }
    case .projects, .histories:
      let files = self == .projects ? ["record", "digests", "steps", "facts"] : ["owners", "builds"]
      return try names.compactMap { name in
        try entry(files.map { root / HostPath(bytes: name) / $0 }.filter(FileSystem.exists))
      }
    case .segments, .stripped:
      let groups = Dictionary(grouping: names.map { HostPath(bytes: $0) }) { $0.description.prefix { $0 != "." } }
      return try groups.sorted { $0.key < $1.key }.compactMap { try entry($0.value.map { root / $0 }) }
    }
  }

  /// What a killed build left, or a living one works in.
  func work(in cache: HostPath) throws -> [HostPath] {
    if self == .histories { return [] }
    let root = cache / HostPath(directory)
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

  /// The time of the record, of an entry without one its own; nil when it is gone. A history is as young as anything that
  /// its project's builds touch.
  func used(_ path: HostPath) throws -> Int64? {
    if self == .histories {
      return try ["record", "digests", "steps", "facts", "owners", "builds"].compactMap {
        try FileSystem.status(path.parent / $0)?.modified
      }.max()
    }
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
