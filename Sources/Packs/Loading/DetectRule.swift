internal import PackCore

/// One static rule of `pack.json`: something that a project has.
///
///     "go.mod"                               a file at the project's root, by a glob
///     {"path": "*.csproj", "depth": 2}       … or at most two directories below it
///     {"path": "cmd/*/main.go"}              a path from the root
///     {"config": "build.command"}            a key of unik.yaml
public struct DetectRule: Sendable {
  enum Condition: Sendable {
    case path(PathPattern, text: String, depth: Int)
    case config([String])
  }
  let condition: Condition

  static let maximumDepth: Int64 = 16

  init(_ reader: JSONReader) throws {
    if let text = reader.value.string {
      condition = try .path(Self.pattern(text, 0, reader), text: text, depth: 0)
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
    condition = try .path(Self.pattern(text, Int(depth), path), text: text, depth: Int(depth))
  }

  private static func pattern(_ text: String, _ depth: Int, _ reader: JSONReader) throws -> PathPattern {
    guard !text.isEmpty, !text.hasPrefix("/") else { throw reader.failure("expected a glob relative to the project") }
    return PathPattern(text, depth: depth)
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

  /// Whether a file of this name in the project's own directory satisfies the rule.
  func isMet(by name: [UInt8]) -> Bool {
    guard case .path(let pattern, _, _) = condition else { return false }
    return pattern.matches(name: name)
  }

  /// The first path that satisfies the rule; `unik.yaml` for a key of it.
  func firstMatch(in tree: ProjectTree, config: JSONValue?) throws -> RootPath? {
    switch condition {
    case .config(let key):
      var value = config
      for part in key { value = value?[part] }
      return value == nil || value == .null ? nil : RootPath(literal: "unik.yaml")
    case .path(let pattern, _, _): return try tree.first(matching: pattern)
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
  func match(_ tree: ProjectTree, config: JSONValue?) throws -> [RootPath]? {
    let needed = try all.map { try $0.firstMatch(in: tree, config: config) }
    guard !needed.contains(nil) else { return nil }
    let found = try any.compactMap { try $0.firstMatch(in: tree, config: config) }
    guard any.isEmpty || !found.isEmpty else { return nil }
    return needed.compactMap { $0 } + found
  }

  /// Whether the pack can match at all, found with as few directories as it takes.
  func areMet(in tree: ProjectTree, config: JSONValue?) throws -> Bool {
    guard try all.allSatisfy({ try $0.firstMatch(in: tree, config: config) != nil }) else { return false }
    let paths = any.compactMap { rule in if case .path(let pattern, _, _) = rule.condition { pattern } else { nil } }
    let keys = any.filter { if case .config = $0.condition { true } else { false } }
    if try any.isEmpty || keys.contains(where: { try $0.firstMatch(in: tree, config: config) != nil }) { return true }
    return try tree.holds(any: paths)
  }

  /// Whether the pack looks at unik.yaml itself.
  public var readConfiguration: Bool {
    (any + all).contains { rule in if case .config = rule.condition { true } else { false } }
  }

  /// Whether a directory with these names could be a project of the pack: without rules about deeper places.
  func match(_ names: [ProjectTree.Name]) -> Bool {
    func holds(_ rule: DetectRule) -> Bool { names.contains { !$0.isDirectory && rule.isMet(by: $0.bytes) } }
    return all.allSatisfy(holds) && (any.isEmpty || any.contains(where: holds))
  }

  var description: String {
    let one = any.map(\.description).joined(separator: ", ")
    let each = all.map(\.description).joined(separator: " and ")
    return [each, one].filter { !$0.isEmpty }.joined(separator: "; one of ")
  }
}
