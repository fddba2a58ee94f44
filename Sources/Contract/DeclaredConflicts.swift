public import PackCore

/// What the author wrote in `unik.yaml` and the source contradicts. A list that was written is the author's whole list, so
/// something that was found beside it is a contradiction; what was not written contradicts nothing.
public struct DeclaredConflicts: Sendable {
  public struct Conflict: Hashable, Sendable {
    /// The key of unik.yaml.
    public let key: String
    /// Names only.
    public let values: [String]
    /// For people: what is written, what was found, and where.
    public let text: String
  }

  /// Sorted by key.
  public let all: [Conflict]

  /// What packc itself gives every program.
  private static let given: Set<String> = ["HOME", "PATH", "PORT"]

  /// - Parameter ports: `run.ports` of unik.yaml (`8080/tcp`); nil when it is not written.
  public init(_ document: ContractDocument, ports: [String]? = nil) {
    all = (Self.hosts(document) + Self.variables(document) + Self.ports(document, ports) + Self.properties(document))
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// The author's list; nil when it was not written.
  private static func written(_ id: String, _ document: ContractDocument) -> [String]? {
    document[id].flatMap { $0.closed == .closed ? $0.values : nil }
  }

  private static func conflict(
    _ key: String, _ values: [String], _ found: ContractFact, _ what: String
  ) -> [Conflict] {
    guard !values.isEmpty else { return [] }
    let places = found.evidence.prefix(5).map { place in
      place.line.map { "\(place.path):\($0)" } ?? place.path
    }
    let more = found.evidence.count > 5 ? ", …" : ""
    let list = values.prefix(10).joined(separator: ", ") + (values.count > 10 ? ", …" : "")
    return [
      Conflict(
        key: key, values: values,
        text: "\(key) \(what): \(list) (\(found.id), seen in \(places.joined(separator: ", "))\(more))")
    ]
  }

  // MARK: Lists

  private static func hosts(_ document: ContractDocument) -> [Conflict] {
    guard let written = written("declared.egress", document), let found = document["source.egress"] else { return [] }
    let other = found.values.filter { host in !isLoopback(host) && !written.contains { covers($0, host) } }
    return conflict("contract.egress", other, found, "does not list what the program connects to")
  }

  /// `host:port` or `*.domain:port` against `host` or `host:port`.
  private static func covers(_ target: String, _ found: String) -> Bool {
    let (wanted, port) = split(target)
    let (host, foundPort) = split(found)
    guard foundPort == nil || port == foundPort else { return false }
    return wanted.hasPrefix("*.") ? host.hasSuffix(wanted.dropFirst()) : wanted == host
  }

  private static func split(_ text: String) -> (host: Substring, port: Substring?) {
    guard let cut = text.lastIndex(of: ":"), !text.hasSuffix("]") else { return (text[...], nil) }
    return (text[..<cut], text[text.index(after: cut)...])
  }

  private static func isLoopback(_ host: String) -> Bool {
    let name = split(host).host
    return name == "localhost" || name == "[::1]" || name == "0.0.0.0" || name.hasPrefix("127.")
  }

  private static func variables(_ document: ContractDocument) -> [Conflict] {
    let required = written("declared.env.required", document)
    let optional = written("declared.env.optional", document)
    var conflicts: [Conflict] = []
    if let required, let found = document["source.env-required"] {
      let other = found.values.filter { !given.contains($0) && !required.contains($0) }
      conflicts += conflict("contract.env.required", other, found, "does not list what the program cannot do without")
    }
    if let optional, let found = document["source.env-optional"] {
      let other = found.values.filter {
        !given.contains($0) && !optional.contains($0) && !(required ?? []).contains($0)
      }
      conflicts += conflict("contract.env.optional", other, found, "does not list what the program reads")
    }
    return conflicts
  }

  /// What is exposed and nobody listens on, where all ports are known. A port that is not exposed is nobody's business.
  private static func ports(_ document: ContractDocument, _ written: [String]?) -> [Conflict] {
    guard let written, let found = document["source.ports"], found.closed == .closed, !found.values.isEmpty else {
      return []
    }
    return conflict(
      "run.ports", written.filter { !found.values.contains($0) }, found,
      "lists a port on which the program does not listen, but on \(found.values.joined(separator: ", "))")
  }

  // MARK: Properties

  private static func properties(_ document: ContractDocument) -> [Conflict] {
    guard let found = document["source.writes"] else { return [] }
    let kept = found.values.filter {
      !["/tmp", "/dev"].contains($0) && !$0.hasPrefix("/tmp/") && !$0.hasPrefix("/dev/")
    }
    return ["read-only", "stateless"].flatMap { name in
      document["declared.property.\(name)"]?.values == ["true"]
        ? conflict("contract.properties.\(name)", kept, found, "is true, and the program writes files") : []
    }
  }

  /// Nil when nothing contradicts.
  public var failure: Failure? {
    guard let first = all.first else { return nil }
    return Failure(
      "contract_conflict",
      "unik.yaml says one thing of the program, and its source another:"
        + all.map { "\n  \($0.text)" }.joined(),
      hint: "write what is found into \(first.key) of unik.yaml, or change the program; `packc plan --facts` shows all "
        + "that is found", exit: .gateFailed)
  }
}
