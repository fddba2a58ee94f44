/// The files of an image, each in one layer. Paths are normalised on insertion: what goes to `lib/x` when `lib` is a link
/// to `usr/lib` lands in `usr/lib/x`, so no real directory ever lies over a link.
public struct RootFilesystem: Sendable {
  /// One file, directory or link.
  public struct Entry: Sendable {
    public enum Content: Sendable {
      case directory
      case bytes([UInt8])
      /// A regular file of the host (the status as it was when the entry was made).
      case host(HostPath, FileStatus)
      case link([UInt8])
      /// Another name of a regular file of the same layer, whose path comes before this one in the order of bytes.
      case hardLink(RootPath)
    }
    public var path: RootPath
    public var content: Content
    /// 0755, 0644 or what was declared; never taken from the host's umask.
    public var mode: UInt32
    public var uid: UInt32
    public var gid: UInt32
    public var layer: LayerRole
    /// A person wrote the mode down: only then may it have set-user-ID or set-group-ID.
    public var hasDeclaredMode = false
    /// What was declared; never the host's own attribute.
    public var capabilities: FileCapabilities?
    /// Who put it there, for `build.json`: `packc`, `step:build`, `host:/usr/lib/x86_64-linux-gnu/libc.so.6`.
    public var origin: String

    public init(
      path: RootPath, content: Content, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, layer: LayerRole, origin: String
    ) {
      self.path = path
      self.content = content
      self.mode = mode
      self.uid = uid
      self.gid = gid
      self.layer = layer
      self.origin = origin
    }

    public var isDirectory: Bool { if case .directory = content { true } else { false } }
    /// A file that has its content itself, not through another name.
    public var isFile: Bool {
      switch content {
      case .bytes, .host: true
      case .directory, .link, .hardLink: false
      }
    }
    /// Bytes of a regular file, 0 for others and for further names of a file.
    public var size: Int64 {
      switch content {
      case .bytes(let bytes): Int64(bytes.count)
      case .host(_, let status): status.size
      case .directory, .link, .hardLink: 0
      }
    }
  }

  private var table: [RootPath: Entry] = [:]
  /// Directories that nobody asked for by themselves: they were made for what lies in them.
  private var implied: Set<RootPath> = []

  public init() {}

  /// All entries by path, the root directory not among them.
  public var entries: [Entry] { table.values.sorted { $0.path < $1.path } }
  public var count: Int { table.count }
  public subscript(path: RootPath) -> Entry? { table[path] }

  /// Where `path` really lies: links of this file system resolved in every component but the last.
  public func normalized(_ path: RootPath) throws -> RootPath {
    guard let parent = path.parent else { return path }
    return try resolve(parent).appending(component: path.nameBytes) ?? path
  }

  /// Follows every link of `path`, the last component too. Components that do not exist are taken as they are.
  public func resolve(_ path: RootPath) throws -> RootPath {
    var pending = path.components.reversed().map { Array($0) }
    var done = RootPath.root
    var links = 0
    while let name = pending.popLast() {
      if name == Array("..".utf8) {
        done = done.parent ?? .root
        continue
      }
      guard let next = done.appending(component: name) else { continue }
      guard case .link(let target)? = table[next]?.content else {
        done = next
        continue
      }
      links += 1
      guard links <= 40 else {
        throw Failure("link_loop", "\(path.absolute) in the image is a loop of symbolic links", exit: .badInput)
      }
      if target.first == UInt8(ascii: "/") { done = .root }
      for part in target.split(separator: UInt8(ascii: "/")).reversed() where part != [UInt8(ascii: ".")] {
        pending.append(Array(part))
      }
    }
    return done
  }

  /// Puts an entry at its normalised path and makes the directories above it (0755). A file that is there already with
  /// the same content stays as it is; a directory over a link becomes the directory that the link means; anything else
  /// in its way is an error.
  public mutating func insert(_ entry: Entry) throws {
    var entry = entry
    entry.path = try entry.isDirectory ? resolve(entry.path) : normalized(entry.path)
    guard !entry.path.isRoot else { return }
    if case .hardLink(let target) = entry.content { try checkHardLink(entry, to: target) }
    guard let present = table[entry.path] else {
      try insertParents(of: entry)
      table[entry.path] = entry
      return
    }
    if present.isDirectory && entry.isDirectory {
      table[entry.path] = merged(present, entry)
      implied.remove(entry.path)
      return
    }
    if try Self.same(present, entry) { return }
    throw Failure(
      "path_conflict",
      "two different files want the path \(entry.path.absolute) in the image: \(present.origin) and \(entry.origin)",
      hint: "give one of them another destination (unik.yaml: artifact.files)", exit: .badInput)
  }

  /// Two wishes for one directory: the lowest layer keeps it, and what was declared (a mode, an owner) wins over what
  /// is only the default.
  private func merged(_ present: Entry, _ entry: Entry) -> Entry {
    let isDefault = entry.mode == 0o755 && entry.uid == 0 && entry.gid == 0
    var result = implied.contains(present.path) || !isDefault ? entry : present
    result.layer = min(present.layer, entry.layer)
    return result
  }

  private mutating func insertParents(of entry: Entry) throws {
    var path = entry.path.parent
    while let directory = path, !directory.isRoot {
      if let present = table[directory] {
        guard present.isDirectory else {
          throw Failure(
            "path_conflict",
            "\(directory.absolute) is a file (\(present.origin)) and must be a directory for \(entry.origin)",
            exit: .badInput)
        }
      } else {
        table[directory] = Entry(
          path: directory, content: .directory, mode: 0o755, layer: entry.layer, origin: entry.origin)
        implied.insert(directory)
      }
      path = directory.parent
    }
  }

  private static func same(_ a: Entry, _ b: Entry) throws -> Bool {
    switch (a.content, b.content) {
    case (.link(let x), .link(let y)): return x == y
    case (.hardLink(let x), .hardLink(let y)): return x == y
    case (.bytes(let x), .bytes(let y)): return x == y && a.mode == b.mode
    case (.host(let x, let xs), .host(let y, let ys)):
      if xs.inode == ys.inode && xs.device == ys.device { return true }
      guard xs.size == ys.size, a.mode == b.mode else { return false }
      return try FileSystem.digest(of: x) == FileSystem.digest(of: y)
    case (.bytes(let x), .host(let y, let ys)), (.host(let y, let ys), .bytes(let x)):
      guard Int64(x.count) == ys.size, a.mode == b.mode else { return false }
      return try FileSystem.digest(of: y) == Digest(of: x)
    default: return false
    }
  }

  /// Replaces the content of a file that is there (after strip).
  public mutating func replaceContent(of path: RootPath, with content: Entry.Content) {
    table[path]?.content = content
  }

  /// Mode 0755 for a file that is there.
  public mutating func makeExecutable(_ path: RootPath) {
    guard let path = try? normalized(path), case .host? = table[path]?.content else { return }
    table[path]?.mode = 0o755
  }

  /// A mode that a person wrote down, for a file or directory that is there; false when there is none.
  public mutating func declare(mode: UInt32, of path: RootPath) throws -> Bool {
    let path = try resolve(path)
    guard let entry = table[path], entry.isDirectory || entry.isFile else { return false }
    table[path]?.mode = mode
    table[path]?.hasDeclaredMode = true
    implied.remove(path)
    return true
  }

  /// Capabilities that a person wrote down, for a regular file that is there; false when there is none.
  public mutating func declare(_ capabilities: FileCapabilities, of path: RootPath) throws -> Bool {
    let path = try resolve(path)
    guard table[path]?.isFile == true else { return false }
    table[path]?.capabilities = capabilities
    return true
  }

  /// The layers that have entries, lowest first. A layer lists each directory above its files, with the same metadata
  /// in every layer; no other path is in two layers.
  public func layers() -> [LayerContent] {
    let all = entries
    return LayerRole.allCases.compactMap { role in
      var paths: Set<RootPath> = []
      for entry in all where entry.layer == role {
        paths.insert(entry.path)
        var parent = entry.path.parent
        while let directory = parent, !directory.isRoot, paths.insert(directory).inserted { parent = directory.parent }
      }
      guard !paths.isEmpty else { return nil }
      return LayerContent(role: role, entries: all.filter { paths.contains($0.path) })
    }
  }
}

/// One layer's entries, sorted by path bytes: every directory before what it holds.
public struct LayerContent: Sendable {
  public let role: LayerRole
  public let entries: [RootFilesystem.Entry]
  public init(role: LayerRole, entries: [RootFilesystem.Entry]) {
    self.role = role
    self.entries = entries
  }

  public func entry(at path: RootPath) -> RootFilesystem.Entry? { Self.find(path, in: entries) }

  /// - Parameter entries: sorted by path.
  public static func find(_ path: RootPath, in entries: [RootFilesystem.Entry]) -> RootFilesystem.Entry? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].path == path ? entries[low] : nil
  }
}
