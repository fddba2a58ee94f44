internal import PackCore

/// The file system that layers make, the lowest first (OCI image spec, layer.md, "Applying Changesets"): each entry put
/// where it belongs without following a link, whiteouts applied. Memory is proportional to the entries that are left.
final class ImageTree {
  private final class Node {
    /// Nil for a directory that only files below it tell of.
    var entry: LayerEntry?
    var layer: Int
    var digest: Digest?
    var children: [[UInt8]: Node]?

    init(_ entry: LayerEntry?, layer: Int, isDirectory: Bool) {
      self.entry = entry
      self.layer = layer
      children = isDirectory ? [:] : nil
    }
    var isDirectory: Bool { children != nil }
  }

  /// What applying an entry does to a tree of files.
  struct Change {
    /// What is there and goes away, each below its directory first.
    var removed: [RootPath] = []
    /// Directories that are made for the entry, the upper first.
    var implied: [RootPath] = []
    /// The entry is a directory that is there already.
    var isPresent = false
  }

  private let root = Node(nil, layer: -1, isDirectory: true)
  private let limits: ReadingLimits
  private(set) var count = 0

  init(limits: ReadingLimits) { self.limits = limits }

  /// - Parameters:
  ///   - layer: the number of the layer, not lower than the one before.
  ///   - digest: of a file's content.
  /// - Throws: `unsafe_archive`, `too_large`.
  @discardableResult
  func apply(_ entry: LayerEntry, layer: Int, digest: Digest? = nil) throws -> Change {
    var change = Change()
    switch entry.kind {
    case .whiteout: try hide(entry.path, below: layer, &change)
    case .opaque:
      guard let node = try find(entry.path) else { break }
      guard node.isDirectory else { throw Self.blocked(entry.path, 0, by: node) }
      prune(node, at: entry.path, below: layer, &change)
    case .directory: try putDirectory(entry, layer, &change)
    case .file, .link, .special: try put(entry, layer, digest, &change)
    case .hardLink(let target):
      // A directory of a lower layer makes room for the link, and what lies in it goes with it.
      guard !target.isInside(entry.path) else {
        throw OCIFailure.unsafe(
          "is a hard link to \(OCIFailure.shown(target.bytes)), which lies below itself", entry.path.bytes)
      }
      let node = try file(target, for: entry.path)
      try put(entry, layer, node.digest, &change)
    }
    return change
  }

  // MARK: finding

  /// The node at the path; nil when there is none.
  /// - Throws: `unsafe_archive` when a link or a file is on the way.
  private func find(_ path: RootPath) throws -> Node? {
    var node = root
    var names = path.components[...]
    while let name = names.popFirst() {
      guard node.isDirectory else { throw Self.blocked(path, names.count + 1, by: node) }
      guard let next = node.children?[Array(name)] else { return nil }
      node = next
    }
    return node
  }

  private static func blocked(_ path: RootPath, _ rest: Int, by node: Node) -> Failure {
    let place = path.components.dropLast(rest).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    guard case .link = node.entry?.kind else {
      return OCIFailure.unsafe("lies below \(place), which is no directory", path.bytes)
    }
    return OCIFailure.unsafe("goes through \(place), a symbolic link", path.bytes)
  }

  /// The regular file that a hard link means.
  private func file(_ target: RootPath, for link: RootPath) throws -> Node {
    guard let node = try find(target) else {
      throw OCIFailure.unsafe(
        "is a hard link to \(OCIFailure.shown(target.bytes)), which neither this layer has before it nor a lower one",
        link.bytes)
    }
    switch node.entry?.kind {
    case .file, .hardLink: return node
    case .link:
      throw OCIFailure.unsafe("is a hard link to \(OCIFailure.shown(target.bytes)), a symbolic link", link.bytes)
    default:
      throw OCIFailure.unsafe("is a hard link to \(OCIFailure.shown(target.bytes)), which is no file", link.bytes)
    }
  }

  /// The directory that holds the path; what is missing of it is made.
  private func parent(of path: RootPath, _ layer: Int, _ change: inout Change) throws -> Node {
    var node = root
    let names = path.components.dropLast()
    for (index, name) in names.enumerated() {
      let key = Array(name)
      if let next = node.children?[key] {
        guard next.isDirectory else { throw Self.blocked(path, names.count - index, by: next) }
        node = next
        continue
      }
      let made = Node(nil, layer: layer, isDirectory: true)
      try grow()
      node.children?[key] = made
      node = made
      if let place = RootPath(bytes: names.prefix(index + 1).joined(separator: [UInt8(ascii: "/")])) {
        change.implied.append(place)
      }
    }
    return node
  }

  private func grow() throws {
    count += 1
    guard count <= limits.entries else {
      throw OCIFailure.tooLarge("the image has more than \(limits.entries) files")
    }
  }

  // MARK: changing

  private func putDirectory(_ entry: LayerEntry, _ layer: Int, _ change: inout Change) throws {
    guard !entry.path.isRoot else {
      root.entry = entry
      root.layer = layer
      change.isPresent = true
      return
    }
    let parent = try parent(of: entry.path, layer, &change)
    let name = Array(entry.path.nameBytes)
    if let present = parent.children?[name], present.isDirectory {
      present.entry = entry
      present.layer = layer
      change.isPresent = true
      return
    }
    try replace(name, in: parent, by: Node(entry, layer: layer, isDirectory: true), at: entry.path, &change)
  }

  private func put(_ entry: LayerEntry, _ layer: Int, _ digest: Digest?, _ change: inout Change) throws {
    let parent = try parent(of: entry.path, layer, &change)
    let node = Node(entry, layer: layer, isDirectory: false)
    node.digest = digest
    try replace(Array(entry.path.nameBytes), in: parent, by: node, at: entry.path, &change)
  }

  private func replace(
    _ name: [UInt8], in parent: Node, by node: Node, at path: RootPath, _ change: inout Change
  ) throws {
    if let present = parent.children?[name] {
      if present.isDirectory {
        prune(present, at: path, below: node.layer, &change)
        guard present.children?.isEmpty == true else {
          throw OCIFailure.unsafe("is no directory, and files of this layer lie below it", path.bytes)
        }
      }
      change.removed.append(path)
      count -= 1
    }
    try grow()
    parent.children?[name] = node
  }

  private func hide(_ path: RootPath, below layer: Int, _ change: inout Change) throws {
    guard let parentPath = path.parent, let parent = try find(parentPath) else { return }
    guard parent.isDirectory else { throw Self.blocked(path, 1, by: parent) }
    let name = Array(path.nameBytes)
    guard let node = parent.children?[name], node.layer < layer || node.isDirectory else { return }
    if node.isDirectory { prune(node, at: path, below: layer, &change) }
    guard node.children?.isEmpty ?? true, node.layer < layer else { return }
    parent.children?[name] = nil
    change.removed.append(path)
    count -= 1
  }

  /// Removes what lower layers have below a directory. Depth is bounded by `ReadingLimits.depth`.
  private func prune(_ node: Node, at path: RootPath, below layer: Int, _ change: inout Change) {
    for (name, child) in node.children ?? [:] {
      guard let place = path.appending(component: name) else { continue }
      if child.isDirectory { prune(child, at: place, below: layer, &change) }
      guard child.layer < layer, child.children?.isEmpty ?? true else { continue }
      node.children?[name] = nil
      change.removed.append(place)
      count -= 1
    }
  }

  // MARK: reading

  /// Calls `body` for everything but the root, each directory before what lies in it, in no other order.
  func forEach(_ body: (LayerEntry, _ layer: Int, Digest?) throws -> Void) rethrows {
    try visit(root, at: .root, body)
  }

  /// What the layers say of the root directory itself.
  var rootEntry: LayerEntry? { root.entry }

  private func visit(_ node: Node, at path: RootPath, _ body: (LayerEntry, Int, Digest?) throws -> Void) rethrows {
    for (name, child) in node.children ?? [:] {
      guard let place = path.appending(component: name) else { continue }
      try body(child.entry ?? Self.implied(place), child.layer, child.digest)
      if child.isDirectory { try visit(child, at: place, body) }
    }
  }

  /// A directory that no layer lists: engines make it like this.
  static func implied(_ path: RootPath) -> LayerEntry { LayerEntry(path: path, kind: .directory, mode: 0o755) }
}
