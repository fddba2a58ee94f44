internal import Glibc

/// The files of a project as detection sees them: names, without what is ignored. A directory is read when somebody asks
/// for it, once, and no file is looked at: a repository with many thousand files costs what is asked of it.
public final class ProjectTree: Sendable {
  public struct Name: Sendable {
    public let bytes: [UInt8]
    /// A link is no directory, whatever it points to.
    public let isDirectory: Bool
    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }
  private struct Directory {
    var names: [Name]
    /// The rules that hold below it.
    var rules: IgnoreRules
  }

  private static let ignoreFile = Array(".gitignore".utf8)

  public let root: HostPath
  private let read = Locked<[RootPath: Directory]>([:])

  public init(_ root: HostPath) { self.root = root }

  /// What a directory holds, sorted by bytes. One that is not there, or is ignored itself, holds nothing.
  public func names(in directory: RootPath = .root) throws -> [Name] { try read(directory)?.names ?? [] }

  /// Every file and link, sorted by the bytes of their paths. More than `limit` are an error.
  public func files(limit: Int) throws -> [RootPath] {
    var found: [RootPath] = []
    var pending = [RootPath.root]
    while let directory = pending.popLast() {
      for name in try names(in: directory) {
        guard let path = directory.appending(component: name.bytes) else { continue }
        if name.isDirectory { pending.append(path) } else { found.append(path) }
      }
      guard found.count + pending.count <= limit else {
        throw Failure(
          "project_too_large", "\(root) has more than \(limit) files that are not ignored",
          hint: "leave out what the build does not need in .packcignore", exit: .badInput)
      }
    }
    return found.sorted()
  }

  /// Whether there is such a file or link, not ignored.
  public func holds(_ path: RootPath) -> Bool {
    guard let parent = path.parent, let names = try? names(in: parent) else { return false }
    return Self.find(path.nameBytes, names).map { !$0.isDirectory } ?? false
  }

  /// Whether there is such a file, link or directory, not ignored.
  public func knows(_ path: RootPath) -> Bool {
    guard let parent = path.parent else { return true }
    return (try? names(in: parent)).map { Self.find(path.nameBytes, $0) != nil } ?? false
  }

  /// By halves: the names are sorted.
  private static func find(_ name: ArraySlice<UInt8>, _ names: [Name]) -> Name? {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if ByteOrder.precedes(names[middle].bytes, Array(name)) { low = middle + 1 } else { high = middle }
    }
    return low < names.count && names[low].bytes[...] == name ? names[low] : nil
  }

  private func read(_ directory: RootPath) throws -> Directory? {
    if let known = read.withLock({ $0[directory] }) { return known }
    var rules: IgnoreRules
    if let parent = directory.parent {
      guard let above = try read(parent),
        Self.find(directory.nameBytes, above.names)?.isDirectory == true
      else { return nil }
      rules = above.rules
    } else {
      rules = try IgnoreRules(project: root)
    }
    let all = try DirectoryWalk.kinds(in: root / directory)
    if Self.find(Self.ignoreFile[...], all) != nil {
      try rules.enter(directory, of: root)
    } else {
      rules.leave(for: directory)
    }
    let names = all.filter { !rules.ignores($0.bytes, in: directory, isDirectory: $0.isDirectory) }
    let found = Directory(names: names, rules: rules)
    read.withLock { $0[directory] = found }
    return found
  }

  // MARK: Searching

  /// The first path, by depth-first order of bytes, that the pattern names; only directories that can hold one are read.
  public func first(matching pattern: PathPattern) throws -> RootPath? { try first(pattern.parts[...], below: .root) }

  private func first(_ parts: ArraySlice<PathPattern.Part>, below directory: RootPath) throws -> RootPath? {
    guard let part = parts.first else { return nil }
    let rest = parts.dropFirst()
    switch part {
    case .literal(let name):
      if rest.isEmpty {
        let isThere = try names(in: directory).contains { !$0.isDirectory && $0.bytes == name }
        return isThere ? directory.appending(component: name) : nil
      }
      return try directory.appending(component: name).flatMap { try first(rest, below: $0) }
    case .glob(let glob):
      for name in try names(in: directory) where name.isDirectory != rest.isEmpty && glob.matches(name.bytes) {
        guard let path = directory.appending(component: name.bytes) else { continue }
        if rest.isEmpty { return path }
        if let found = try first(rest, below: path) { return found }
      }
      return nil
    case .directories(let depth):
      if let found = try first(rest, below: directory) { return found }
      guard depth > 0 else { return nil }
      for name in try names(in: directory) where name.isDirectory {
        guard let path = directory.appending(component: name.bytes) else { continue }
        if let found = try first([.directories(depth - 1)] + rest, below: path) { return found }
      }
      return nil
    }
  }
}

extension ProjectTree {
  /// Whether one of the patterns names a file. Those that look for a name at any place share one walk, and names at the
  /// root are looked at before it.
  public func holds(any patterns: [PathPattern]) throws -> Bool {
    let deep = patterns.compactMap(\.nameBelow)
    for pattern in patterns where pattern.nameBelow == nil {
      if try first(matching: pattern) != nil { return true }
    }
    guard let depth = deep.map(\.depth).max() else { return false }
    var level = [RootPath.root]
    for current in 0...depth {
      let wanted = NameSet(deep.filter { $0.depth >= current }.map(\.part))
      var next: [RootPath] = []
      for directory in level {
        for name in try names(in: directory) {
          if !name.isDirectory {
            if wanted.holds(name.bytes) { return true }
          } else if current < depth, let path = directory.appending(component: name.bytes) {
            next.append(path)
          }
        }
      }
      level = next
    }
    return false
  }

  /// Patterns of names, and by which bytes a name ends that one of them can match: most names of a project do not.
  private struct NameSet {
    private let parts: [PathPattern.Part]
    private var last = [Bool](repeating: false, count: 256)

    init(_ parts: [PathPattern.Part]) {
      self.parts = parts
      for part in parts {
        let ending: UInt8? =
          switch part {
          case .literal(let bytes): bytes.last
          case .glob(let glob): glob.lastByte
          case .directories: nil
          }
        if let ending { last[Int(ending)] = true } else { last = [Bool](repeating: true, count: 256) }
      }
    }

    func holds(_ name: [UInt8]) -> Bool {
      guard let ending = name.last, last[Int(ending)] else { return false }
      return parts.contains { $0.matches(name) }
    }
  }
}

/// A path from a project's root by its components, so that a search looks only where it can find something.
public struct PathPattern: Sendable {
  enum Part: Sendable {
    case literal([UInt8])
    case glob(Glob)
    /// Any number of directories up to this one.
    case directories(Int)

    func matches(_ name: [UInt8]) -> Bool {
      switch self {
      case .literal(let bytes): bytes == name
      case .glob(let glob): glob.matches(name)
      case .directories: false
      }
    }
  }
  let parts: [Part]

  /// For a name that may stand some directories below the root: how many, and the name.
  var nameBelow: (depth: Int, part: Part)? {
    guard parts.count == 2, case .directories(let depth) = parts[0] else { return nil }
    return (depth, parts[1])
  }

  static let maximumDepth = 512

  /// `cmd/*/main.go`, `**/x`; `depth` directories may stand before it.
  public init(_ text: String, depth: Int = 0) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { bytes -> Part in
      if bytes.elementsEqual([0x2a, 0x2a]) { return .directories(Self.maximumDepth) }
      let isPlain = !bytes.contains { "*?[\\".utf8.contains($0) }
      return isPlain ? .literal(Array(bytes)) : .glob(Glob(Array(bytes)))
    }
    self.parts = (depth > 0 ? [.directories(depth)] : []) + parts
  }

  /// Whether it names a file of this name at the root itself.
  public func matches(name: [UInt8]) -> Bool {
    let named = parts.drop { if case .directories = $0 { true } else { false } }
    return named.count == 1 && named[named.startIndex].matches(name)
  }
}
