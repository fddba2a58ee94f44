internal import PackCore

/// What an image has to be before it is used: a file that `packc image verify --policy` reads.
///
///     version: 1
///     signers:
///       - {name: release, key: keys/release.pub}
///     at-least: 1
public struct PolicyFile: Sendable {
  public struct Signer: Hashable, Sendable {
    public var name: String
    /// A public key in PEM form, relative to the policy's directory.
    public var key: String
  }
  public internal(set) var signers: [Signer] = []
  /// How many of the signers must have signed; nil for all.
  public internal(set) var atLeast: Int?

  static let keys = ["version", "signers", "at-least"]

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
    if let node = top["at-least"] {
      atLeast = reader.integer(node, "at-least", in: 1...max(1, signers.count))
    }
    if signers.isEmpty {
      reader.report(
        root.mark, "the policy asks for nothing", hint: "name who must have signed: signers: [{name: …, key: …}]")
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
}
