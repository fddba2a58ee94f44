internal import OCI
internal import PackCore

/// The image as a tree for the treemap: layers, packages in them, directories and files in those. The largest files
/// stand by themselves, the others together, one node for each directory, so that the page stays small whatever the
/// image has.
struct ReportTree {
  /// A node with its sum.
  final class Node {
    enum Kind: String { case image, layer, package, directory, file, rest }
    let name: String
    let kind: Kind
    var bytes: Int64 = 0
    var files = 0
    /// Position of the layer.
    var layer = 0
    /// Its colour on the page: the rank of its package, nil for a small one.
    var rank: Int?
    fileprivate var children: [[UInt8]: Node] = [:]

    init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }

    fileprivate func child(_ key: [UInt8], _ make: () -> Node) -> Node {
      if let node = children[key] { return node }
      let node = make()
      children[key] = node
      return node
    }

    /// The largest first, then by name.
    var sorted: [Node] {
      children.sorted {
        $0.value.bytes != $1.value.bytes
          ? $0.value.bytes > $1.value.bytes : $0.key.lexicographicallyPrecedes($1.key)
      }.map(\.value)
    }
  }

  /// Files that stand by themselves.
  static let fileLimit = 4000
  /// Packages that do; the smaller ones of a layer stand together.
  static let packageLimit = 1500
  /// Packages with a colour of their own.
  static let colours = 10
  private static let deepest = 24

  let root: Node

  init(_ snapshot: ImageSnapshot) {
    root = Node(snapshot.name, .image)
    let own = Self.largest(snapshot.files.files)
    let packages = Set(snapshot.owners.shares.prefix(Self.packageLimit).map(\.owner))
    let ranks = Self.ranks(snapshot.owners.shares)
    for (position, layer) in snapshot.layers.enumerated() {
      let node = root.child(Array("\(position)".utf8)) {
        Node(Self.title(layer, position), .layer)
      }
      node.layer = position
    }
    for (index, file) in snapshot.files.files.enumerated() where file.isFile {
      guard let layer = root.children[Array("\(file.layer)".utf8)] else { continue }
      let owner = snapshot.owners[file.entry.path]
      let package = layer.child(packages.contains(owner) ? Self.key(owner) : [0xff]) {
        let node = Node(packages.contains(owner) ? Self.title(owner) : "smaller packages", .package)
        node.rank = owner.flatMap { ranks[$0] }
        return node
      }
      Self.add(file, to: [root, layer, package], alone: own.contains(index))
    }
    for node in root.children.values { for package in node.children.values { Self.shorten(package) } }
  }

  /// The positions of those that are shown by themselves.
  private static func largest(_ files: [ImageFiles.File]) -> Set<Int> {
    let sized = files.indices.filter { files[$0].isFile && files[$0].bytes > 0 }
    return Set(sized.sorted { (-files[$0].bytes, $0) < (-files[$1].bytes, $1) }.prefix(fileLimit))
  }

  /// The place of an owner among the largest; what belongs to nobody has no colour.
  static func ranks(_ shares: [FileOwners.Share]) -> [FileOwner: Int] {
    let owners = shares.compactMap(\.owner).prefix(colours)
    return Dictionary(uniqueKeysWithValues: owners.enumerated().map { ($1, $0) })
  }

  static func title(_ layer: ImageSnapshot.Layer, _ position: Int) -> String {
    layer.title.isEmpty ? "layer \(position + 1)" : HTML.visible(String(layer.title.prefix(80)))
  }

  private static func key(_ owner: FileOwner?) -> [UInt8] {
    guard let owner else { return [] }
    return Array("\(owner.kind.rawValue)\0\(owner.name)\0\(owner.version)".utf8)
  }

  static func title(_ owner: FileOwner?) -> String {
    guard let owner else { return "no known package" }
    return HTML.visible(owner.version.isEmpty ? owner.name : "\(owner.name) \(owner.version)")
  }

  private static func add(_ file: ImageFiles.File, to above: [Node], alone: Bool) {
    var chain = above
    // Deeper directories are of no use on a page, and a hostile path could have thousands.
    let directories = file.entry.path.components.dropLast()
    for name in directories.prefix(deepest) {
      chain.append(
        chain[chain.count - 1].child(Array(name)) {
          Node(HTML.visible(String(decoding: name, as: UTF8.self)), .directory)
        })
    }
    let parent = chain[chain.count - 1]
    if alone, directories.count <= deepest {
      // Never the key of a directory, which has no NUL.
      let name = Array(file.entry.path.nameBytes)
      chain.append(parent.child(name + [0]) { Node(HTML.visible(file.entry.path.name), .file) })
    } else {
      chain.append(parent.child([0]) { Node("", .rest) })
    }
    for node in chain {
      node.bytes += file.bytes
      node.files += 1
      node.layer = file.layer
    }
  }

  /// `usr` with nothing but `lib` in it becomes `usr/lib`; a directory of nothing but small files becomes one node.
  private static func shorten(_ node: Node) {
    for (key, child) in node.children where child.kind == .directory {
      var (last, name) = (child, child.name)
      while last.children.count == 1, let only = last.children.values.first, only.kind == .directory {
        (last, name) = (only, "\(name)/\(only.name)")
      }
      let joined: Node
      if last.children.count == 1, let only = last.children.values.first, only.kind == .rest {
        joined = Node(name, .rest)
      } else {
        joined = Node(name, .directory)
        joined.children = last.children
        shorten(joined)
      }
      (joined.bytes, joined.files, joined.layer) = (last.bytes, last.files, last.layer)
      node.children[key] = joined
    }
  }

  /// `{"n": name, "k": kind, "b": bytes, "f": files, "l": layer, "h": colour, "c": [children]}`; kind is the first letter
  /// of the kind, and what is nothing is left out.
  var json: JSONValue { Self.json(root) }

  private static func json(_ node: Node) -> JSONValue {
    let children = node.sorted
    return JSONValue(compact: [
      "n": node.name.isEmpty ? nil : .string(node.name),
      "k": node.kind == .file ? nil : .string(String(node.kind.rawValue.prefix(1))),
      "b": .integer(node.bytes), "f": node.kind == .file ? nil : .integer(Int64(node.files)),
      "l": node.kind == .layer ? .integer(Int64(node.layer)) : nil, "h": node.rank.map { .integer(Int64($0)) },
      "c": children.isEmpty ? nil : .array(children.map(json)),
    ])
  }
}
