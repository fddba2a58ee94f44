public import PackCore

/// What is known of an image, by the ids of its facts: from the whole contract (`contract.json`), or from the summary in
/// its labels.
public struct FactTable: Sendable {
  public struct Fact: Hashable, Sendable {
    public var values: [String]
    /// `proven`, `observed`, `declared`; empty where nothing says it.
    public var level: String
    /// `true`, `false`, `unknown`: whether the values are all there is.
    public var closed: String
    public var method: String
    /// `path:line`, sorted.
    public var evidence: [String]
    public var caveats: [String]
  }

  public enum Source: String, Sendable { case contract, labels, none }

  public let source: Source
  public let facts: [String: Fact]

  static let prefix = "dev.packc.contract."
  /// Digests of the contract, not facts of the program.
  private static let references: Set<String> = ["digest", "subject"]

  /// From the labels of an image config.
  public init(labels: [String: String]) {
    var facts: [String: Fact] = [:]
    for (key, value) in labels where key.hasPrefix(Self.prefix) {
      let id = String(key.dropFirst(Self.prefix.count))
      // A fact stands with its closure, so that no list is taken for whole that is not.
      guard !Self.references.contains(id), let closed = labels["\(key).closed"] else { continue }
      facts[id] = Fact(
        values: value.isEmpty ? [] : value.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
        level: labels["\(key).level"] ?? "", closed: closed, method: "", evidence: [], caveats: [])
    }
    self.facts = facts
    source = facts.isEmpty ? .none : .labels
  }

  /// From `contract.json`.
  public init(contract: JSONReader) throws {
    var facts: [String: Fact] = [:]
    for fact in try contract.required("facts").array() {
      let closed = try fact.required("closed")
      let evidence = try fact.optional("evidence")?.array().map(Self.place) ?? []
      facts[try fact.required("id").string()] = Fact(
        values: try fact.required("values").strings(), level: try fact.required("level").string(),
        closed: closed.value.bool.map { $0 ? "true" : "false" } ?? closed.value.string ?? "unknown",
        method: try fact.optional("method")?.string() ?? "",
        evidence: evidence.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
        caveats: try fact.optional("caveats")?.strings() ?? [])
    }
    self.facts = facts
    source = .contract
  }

  private static func place(_ evidence: JSONReader) throws -> String {
    let path = try evidence.required("path").string()
    if let line = try evidence.optional("line")?.integer() { return "\(path):\(line)" }
    return try evidence.optional("offset").map { "\(path)+\(try $0.integer())" } ?? path
  }

  /// By id.
  public var sorted: [(id: String, fact: Fact)] {
    facts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }
}
