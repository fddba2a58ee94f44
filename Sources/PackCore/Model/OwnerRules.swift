/// Owners of files by their place: the longest rule that a path lies in counts. What a build knows of its image (which
/// package of the host a library came from) and the image's own files do not say is kept so, in a few kilobytes.
///
///     {"owners": [{"kind": "debian", "name": "libc6", "version": "2.36-9"}],
///      "rules": [{"path": "/usr/lib/x86_64-linux-gnu/libc.so.6", "owner": 0}], "schema_version": 1}
///
/// A path that is not UTF-8 stands as `"path_base64"`.
public struct OwnerRules: Hashable, Sendable {
  public static let schemaVersion: Int64 = 1
  /// More rules than this are refused on reading.
  public static let limit = 200_000

  public private(set) var owners: [FileOwner]
  private var rules: [RootPath: Int]

  public init() {
    owners = []
    rules = [:]
  }

  public var isEmpty: Bool { rules.isEmpty }
  public var count: Int { rules.count }

  /// The fewest rules that give each of these files its owner, and none to what lies beside them.
  /// - Parameter files: every file of the image, nil where the owner is not known by these rules.
  public init(of files: [(path: RootPath, owner: FileOwner?)]) {
    owners = Set(files.compactMap(\.owner)).sorted()
    let position = Dictionary(uniqueKeysWithValues: owners.enumerated().map { ($1, $0) })
    rules = [:]
    Self.collect(
      files.sorted { $0.path < $1.path }.map { ($0.path, $0.owner.flatMap { position[$0] }) }[...], depth: 0,
      below: .root, into: &rules)
  }

  private typealias Placed = (path: RootPath, owner: Int?)

  /// One rule for a directory whose files all have one owner; else the same question for what is in it.
  private static func collect(
    _ files: ArraySlice<Placed>, depth: Int, below directory: RootPath, into rules: inout [RootPath: Int]
  ) {
    guard let first = files.first else { return }
    if !directory.isRoot, files.allSatisfy({ $0.owner == first.owner }) {
      if let owner = first.owner { rules[directory] = owner }
      return
    }
    // Neighbours in a sorted list have the same component here, but a name that ends where another goes on (`a`, `a.b`,
    // `a/b`) can stand between them, so they are gathered by name.
    var groups: [ArraySlice<UInt8>: [Placed]] = [:]
    for file in files {
      let rest = file.path.bytes[(depth == 0 ? 0 : depth + 1)...]
      groups[rest.prefix { $0 != UInt8(ascii: "/") }, default: []].append(file)
    }
    for (name, group) in groups {
      guard let path = directory.appending(component: name) else { continue }
      if group.count == 1, let only = group.first {
        if let owner = only.owner { rules[only.path] = owner }
      } else {
        collect(group[...], depth: path.bytes.count, below: path, into: &rules)
      }
    }
  }

  public func owner(of path: RootPath) -> FileOwner? {
    var current: RootPath? = path
    while let candidate = current {
      if let rule = rules[candidate] { return owners[rule] }
      current = candidate.parent
    }
    return nil
  }
}

extension OwnerRules {
  public init(_ reader: JSONReader) throws {
    let version = try reader.required("schema_version")
    guard try version.integer() == Self.schemaVersion else { throw version.failure("expected \(Self.schemaVersion)") }
    self.init()
    owners = try reader.required("owners").array().map(FileOwner.init)
    let list = try reader.required("rules").array()
    guard list.count <= Self.limit else { throw reader.failure("more than \(Self.limit) rules") }
    for rule in list {
      let path = try Self.path(rule)
      let owner = try rule.required("owner")
      guard !owners.isEmpty else { throw owner.failure("there is no owner") }
      rules[path] = Int(try owner.integer(in: 0...Int64(owners.count - 1)))
    }
  }

  private static func path(_ rule: JSONReader) throws -> RootPath {
    if let encoded = try rule.optional("path_base64") {
      guard let bytes = Base64.decode(try encoded.string()), let path = RootPath(bytes: bytes), !path.isRoot else {
        throw encoded.failure("not a path")
      }
      return path
    }
    let text = try rule.required("path")
    guard let path = RootPath(try text.string()), !path.isRoot else { throw text.failure("not a path") }
    return path
  }

  public var json: JSONValue {
    let sorted = rules.sorted { $0.key < $1.key }.map { path, owner -> JSONValue in
      let key = path.utf8 == nil ? "path_base64" : "path"
      return [
        key: .string(path.utf8.map { "/" + $0 } ?? Base64.encode(path.bytes)), "owner": .integer(Int64(owner)),
      ]
    }
    return [
      "schema_version": .integer(Self.schemaVersion), "owners": .array(owners.map(\.json)), "rules": .array(sorted),
    ]
  }
}
