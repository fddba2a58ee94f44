internal import PackCore

/// One static rule of `pack.json`: something that a project has.
///
///     "go.mod"                               a file at the project's root, by a glob
///     {"path": "*.csproj", "depth": 2}       … or at most two directories below it
///     {"path": "cmd/*/main.go"}              a path from the root
///     {"config": "build.command"}            a key of unik.yaml
public struct DetectRule: Sendable {
  enum Condition: Sendable {
    case path(Glob, text: String, depth: Int)
    case config([String])
  }
  let condition: Condition

  static let maximumDepth: Int64 = 16

  init(_ reader: JSONReader) throws {
    if let text = reader.value.string {
      condition = try .path(Self.glob(text, reader), text: text, depth: 0)
      return
    }
    if let key = try reader.optional("config") {
      let parts = try key.string().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard parts.allSatisfy({ !$0.isEmpty }) else { throw key.failure("expected a key such as build.command") }
      condition = .config(parts)
      return
    }
    let path = try reader.required("path")
    let depth = try reader.optional("depth")?.integer(in: 0...Self.maximumDepth) ?? 0
    let text = try path.string()
    guard depth == 0 || !text.contains("/") else {
      throw reader.failure("depth goes with a file name, not with a path")
    }
    condition = try .path(Self.glob(text, path), text: text, depth: Int(depth))
  }

  private static func glob(_ text: String, _ reader: JSONReader) throws -> Glob {
    guard !text.isEmpty, !text.hasPrefix("/") else { throw reader.failure("expected a glob relative to the project") }
    return Glob(text)
  }

  /// The rule as people read it.
  var description: String {
    switch condition {
    case .path(_, let text, 0): text
    case .path(_, let text, let depth): "\(text) (at most \(depth) directories down)"
    case .config(let key): "\(key.joined(separator: ".")) in unik.yaml"
    }
  }

  /// The file name without wildcards, for finding misspelt ones.
  var literalName: String? {
    guard case .path(_, let text, _) = condition, !text.contains(where: { "*?[\\/".contains($0) }) else { return nil }
    return text
  }

  /// The first path of the listing that satisfies the rule; `unik.yaml` for a key of it.
  func firstMatch(in listing: [RootPath], config: JSONValue?) -> RootPath? {
    switch condition {
    case .config(let key):
      var value = config
      for part in key { value = value?[part] }
      return value == nil || value == .null ? nil : RootPath(literal: "unik.yaml")
    case .path(let glob, let text, let depth):
      let wantsPath = text.utf8.contains(UInt8(ascii: "/"))
      return listing.first { path in
        if wantsPath { return glob.matches(path) }
        let slashes = path.bytes.count { $0 == UInt8(ascii: "/") }
        return slashes <= depth && glob.matches(path.nameBytes)
      }
    }
  }
}

/// `detect` of `pack.json`: at least one of `any`, and each of `all`.
public struct DetectRules: Sendable {
  let any: [DetectRule]
  let all: [DetectRule]

  init(_ reader: JSONReader) throws {
    any = try reader.optional("any")?.array().map(DetectRule.init) ?? []
    all = try reader.optional("all")?.array().map(DetectRule.init) ?? []
    guard !any.isEmpty || !all.isEmpty else { throw reader.failure("\"any\" or \"all\" needs a rule") }
  }

  /// The first path that each satisfied rule found, or nil when the pack cannot match.
  func match(_ listing: [RootPath], config: JSONValue?) -> [RootPath]? {
    let needed = all.map { $0.firstMatch(in: listing, config: config) }
    guard !needed.contains(nil) else { return nil }
    let found = any.compactMap { $0.firstMatch(in: listing, config: config) }
    guard any.isEmpty || !found.isEmpty else { return nil }
    return needed.compactMap { $0 } + found
  }

  var description: String {
    let one = any.map(\.description).joined(separator: ", ")
    let each = all.map(\.description).joined(separator: " and ")
    return [each, one].filter { !$0.isEmpty }.joined(separator: "; one of ")
  }
}
