public import PackCore

/// What an image has to be before it is used: a file that `packc image verify --policy` reads.
///
///     version: 1
///     signers:
///       - {name: release, key: keys/release.pub}
///     at-least: 1
///     facts:
///       - {id: rootfs.shells, within: [], closed: true, level: proven}
///     verdict: {baseline: packc.contract.json, at-most: safe_with_additions}
public struct PolicyFile: Sendable {
  public struct Signer: Hashable, Sendable {
    public var name: String
    /// A public key in PEM form, relative to the policy's directory.
    public var key: String
  }
  public internal(set) var signers: [Signer] = []
  /// How many of the signers must have signed; nil for all.
  public internal(set) var atLeast: Int?

  /// What a fact has to be.
  public struct Fact: Hashable, Sendable {
    public var id: String
    /// It may list nothing but these.
    public var within: [String]?
    public var closed: Bool
    public var level: ContractFact.Level?
  }
  public internal(set) var facts: [Fact] = []
  /// A contract, relative to the policy's directory, and the worst verdict against it that will do.
  public internal(set) var baseline: String?
  public internal(set) var atMost: String?

  static let keys = ["version", "signers", "at-least", "facts", "verdict"]
  /// All verdicts but the worst, which asks for nothing.
  static let verdicts = ["safe", "safe_with_additions", "incomparable", "review_required"]

  /// - Parameter path: how errors name the file.
  /// - Throws: one `Failure` (exit code 65) that lists all that is wrong.
  public static func parse(bytes: [UInt8], path: String) throws -> PolicyFile {
    let reader = NodeReader(path: path)
    var file = PolicyFile()
    if let root = try YAMLDocument.parse(bytes, path: path) { file.read(root, reader) }
    guard reader.issues.isEmpty else { throw ConfigFailure.invalid(path, reader.issues) }
    return file
  }

  private mutating func read(_ root: YAMLNode, _ reader: NodeReader) {
    guard let top = reader.section(root, "", keys: Self.keys) else { return }
    guard let version = top["version"], case .scalar("1", _) = version.content else {
      reader.report(root.mark, "this packc reads policies of version 1", hint: "write version: 1 at the top")
      return
    }
    if let node = top["signers"] { signers = reader.list(node, "signers") { Self.signer($0, $1, reader) } ?? [] }
    if let node = top["facts"] { facts = reader.list(node, "facts") { Self.fact($0, $1, reader) } ?? [] }
    if let node = top["verdict"] { readVerdict(node, reader) }
    if let node = top["at-least"] { atLeast = reader.integer(node, "at-least", in: 1...max(1, signers.count)) }
    if signers.isEmpty, facts.isEmpty, baseline == nil {
      reader.report(
        root.mark, "the policy asks for nothing",
        hint: "name who must have signed: signers: [{name: …, key: …}]; or facts, or a verdict")
    }
    var names: Set<String> = []
    for signer in signers where !names.insert(signer.name).inserted {
      reader.report(root.mark, "two signers are called \(signer.name)", hint: "give each a name of its own")
    }
  }

  private static func signer(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> Signer? {
    guard let section = reader.section(node, name, keys: ["name", "key"]) else { return nil }
    guard let called = section["name"].flatMap({ reader.text($0, "\(name).name") }),
      let key = section["key"].flatMap({ reader.text($0, "\(name).key") }), !called.isEmpty, !key.isEmpty
    else {
      reader.report(
        node.mark, "\(name): a signer has a name and a key", hint: "write {name: release, key: release.pub}")
      return nil
    }
    return Signer(name: called, key: key)
  }

  private static func fact(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> Fact? {
    guard let section = reader.section(node, name, keys: ["id", "within", "closed", "level"]) else { return nil }
    guard let id = section["id"].flatMap({ reader.text($0, "\(name).id") }), !id.isEmpty else {
      reader.report(node.mark, "\(name): which fact?", hint: "write {id: rootfs.shells, within: [], closed: true}")
      return nil
    }
    let within = section["within"].flatMap { reader.list($0, "\(name).within") { reader.text($0, $1) } }
    let closed = section["closed"].flatMap { reader.bool($0, "\(name).closed") } ?? false
    return Fact(
      id: id, within: within, closed: closed,
      level: section["level"].flatMap { reader.word($0, "\(name).level", ContractFact.Level.self) })
  }

  private mutating func readVerdict(_ node: YAMLNode, _ reader: NodeReader) {
    guard let section = reader.section(node, "verdict", keys: ["baseline", "at-most"]) else { return }
    baseline = section["baseline"].flatMap { reader.text($0, "verdict.baseline") }
    atMost = section["at-most"].flatMap { node in
      reader.value(node, "verdict.at-most", "one of \(Self.verdicts.joined(separator: ", "))") {
        Self.verdicts.contains($0) ? $0 : nil
      }
    }
    if baseline == nil || atMost == nil {
      reader.report(
        node.mark, "verdict: a baseline and the worst verdict that will do",
        hint: "write {baseline: packc.contract.json, at-most: safe_with_additions}")
    }
  }
}
