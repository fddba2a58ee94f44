internal import Contract
internal import Glibc
internal import PackCore

/// A directory in which machines leave the results of their steps for each other:
///
///     entries/<key>.json   what is there (`SharedEntry`): signed in a DSSE envelope, or as it is
///     content/<digest>     the contents of its files
///
/// The contents come first and each file by one rename, so a reader finds whole entries only; whoever removes a file of
/// it takes away a saving and nothing else.
struct SharedDirectory {
  let root: HostPath

  private func entry(_ key: Digest) -> HostPath { root / "entries" / "\(key.hex).json" }
  private func contents(_ digest: Digest) -> HostPath { root / "content" / digest.hex }

  // MARK: Leaving

  /// - Parameter replaces: false leaves an entry alone that is there.
  /// - Throws: `SharedEntry.Problem` for what may not be shared.
  func leave(
    _ outputs: [RootPath], of key: Digest, in work: HostPath, signer: SigningKey?, replaces: Bool,
    private words: [(name: String, bytes: [UInt8])]
  ) throws {
    if !replaces, FileSystem.exists(entry(key)) { return }
    for name in ["content", "entries"] { try FileSystem.createDirectory(root / name) }
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    defer { try? FileSystem.removeTree(staged) }
    let file = try Descriptor.open(staged / "content", O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    let made = try SharedEntry(key: key, outputs: outputs, in: work, contents: file, private: words)
    try file.close()
    try FileSystem.setMode(staged / "content", 0o644)
    try FileSystem.rename(staged / "content", to: contents(made.content))
    try FileSystem.writeAtomically(try Self.signed(made, signer), to: entry(key), durable: false)
  }

  private static func signed(_ entry: SharedEntry, _ signer: SigningKey?) throws -> [UInt8] {
    guard let signer else { return entry.document }
    var envelope = SignedEnvelope(payload: entry.document, payloadType: SharedEntry.payloadType)
    try envelope.sign(with: signer)
    return CanonicalJSON.encode(envelope.json)
  }

  // MARK: Taking

  /// The entry of `key` and the key that signed it, or nil when there is none.
  /// - Parameter keys: one of these must have signed it; with none, the place itself is believed.
  /// - Throws: `SharedEntry.Problem` for an entry that is not to be used, `bad_json`.
  func find(_ key: Digest, outputs: [RootPath], keys: [PublicKey]) throws -> (entry: SharedEntry, signer: PublicKey?)? {
    guard let status = try FileSystem.status(entry(key)) else { return nil }
    guard status.kind == .file else { throw SharedEntry.Problem(text: "it is no file") }
    let limit = 2 * SharedEntry.Limit.document
    let bytes = try FileSystem.read(entry(key), limit: limit)
    let limits = JSONParser.Limits(bytes: limit, depth: 8)
    let reader = JSONReader(try JSONParser.parse(bytes, name: "the entry", limits: limits))
    guard try reader.optional("payload") != nil else {
      guard keys.isEmpty else { throw SharedEntry.Problem(text: "nobody has signed it") }
      return (try SharedEntry(parsing: bytes, key: key, outputs: outputs), nil)
    }
    let envelope = try SignedEnvelope(reader)
    guard envelope.payloadType == SharedEntry.payloadType else {
      throw SharedEntry.Problem(text: "it is no result of a step")
    }
    let signer = keys.first(where: envelope.isSigned)
    guard keys.isEmpty || signer != nil else {
      throw SharedEntry.Problem(text: "it is signed by none of the keys of --cache-key")
    }
    return (try SharedEntry(parsing: envelope.payload, key: key, outputs: outputs), signer)
  }

  func unpack(_ entry: SharedEntry, to work: HostPath) throws { try entry.unpack(contents(entry.content), to: work) }

  // MARK: Trust

  /// Why others than root and this user may write here; nil when nobody else can.
  var openToOthers: String? {
    guard var path = FileSystem.resolve(root) else { return nil }
    for name in ["entries", "content"] {
      if let problem = Self.writers(path / name, mayBeSticky: false) { return problem }
    }
    if let problem = Self.writers(path, mayBeSticky: false) { return problem }
    while path.parent != path {
      path = path.parent
      if let problem = Self.writers(path, mayBeSticky: true) { return problem }
    }
    return nil
  }

  private static func writers(_ path: HostPath, mayBeSticky: Bool) -> String? {
    guard let status = try? FileSystem.status(path) else { return nil }
    guard status.kind == .directory else { return "\(path) is no directory" }
    guard status.uid == 0 || status.uid == geteuid() else { return "\(path) belongs to another user" }
    guard status.mode & 0o022 == 0 || (mayBeSticky && status.mode & 0o1000 != 0) else {
      return "others may write in \(path)"
    }
    return nil
  }
}
