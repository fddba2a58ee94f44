public import PackCore

/// A DSSE envelope (secure-systems-lab/dsse, envelope.md): bytes, what they are, and who signed both.
public struct SignedEnvelope: Hashable, Sendable {
  public struct Signature: Hashable, Sendable {
    /// Says which key to try first; anybody can write it.
    public var keyID: String
    public var bytes: [UInt8]
    public init(keyID: String, bytes: [UInt8]) {
      self.keyID = keyID
      self.bytes = bytes
    }
  }

  /// What bounds a stranger's envelope.
  enum Limit {
    /// Bytes of the whole document, base64 and all.
    static let document = 24 << 20
    static let signatures = 32
    static let signature = 1024
    static let keyID = 1024
  }

  public var payload: [UInt8]
  public var payloadType: String
  public var signatures: [Signature]

  /// The media type of in-toto's statements.
  public static let statementType = "application/vnd.in-toto+json"

  public init(payload: [UInt8], payloadType: String, signatures: [Signature] = []) {
    self.payload = payload
    self.payloadType = payloadType
    self.signatures = signatures
  }

  /// What is signed (dsse, protocol.md: PAE). The lengths stand before their texts, so that no two pairs give the same.
  public var signedBytes: [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  /// Adds a signature of `key`; one that this key made before is replaced.
  public mutating func sign(with key: SigningKey) throws {
    let id = key.publicKey.id.hex
    signatures.removeAll { $0.keyID == id }
    signatures.append(Signature(keyID: id, bytes: try key.sign(signedBytes)))
  }

  /// True when one of the signatures is the key's, whatever it calls itself.
  public func isSigned(by key: PublicKey) -> Bool {
    let bytes = signedBytes
    return signatures.contains { key.isSignature($0.bytes, of: bytes) }
  }

  // MARK: JSON

  private static let keys: Set<String> = ["payload", "payloadType", "signatures"]

  /// Unknown keys are passed over, as the specification wants; a second payload, also one in other letters, is refused.
  /// - Throws: `bad_json`.
  public init(_ reader: JSONReader) throws {
    try reader.refuseOtherSpellings(of: Self.keys)
    payloadType = try reader.required("payloadType").string()
    payload = try Self.bytes(reader.required("payload"), limit: Limit.document)
    let list = try reader.required("signatures")
    let entries = try list.array()
    guard (1...Limit.signatures).contains(entries.count) else {
      throw list.failure(entries.isEmpty ? "nobody has signed" : "more than \(Limit.signatures) signatures")
    }
    signatures = try entries.map { entry in
      try entry.refuseOtherSpellings(of: ["keyid", "sig"])
      let name = try entry.optional("keyid")
      let keyID = try name?.string() ?? ""
      if let name, keyID.utf8.count > Limit.keyID { throw name.failure("more than \(Limit.keyID) bytes") }
      return Signature(keyID: keyID, bytes: try Self.bytes(entry.required("sig"), limit: Limit.signature))
    }
  }

  /// Both alphabets of base64, with padding: a reader has to take either.
  private static func bytes(_ reader: JSONReader, limit: Int) throws -> [UInt8] {
    let text = try reader.string()
    guard text.utf8.count <= limit / 3 * 4 + 4 else { throw reader.failure("more than \(limit) bytes") }
    let standard =
      text.contains { $0 == "-" || $0 == "_" } ? String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) : text
    guard let bytes = Base64.decode(standard) else { throw reader.failure("not base64") }
    guard !bytes.isEmpty else { throw reader.failure("empty") }
    return bytes
  }

  public var json: JSONValue {
    [
      "payload": .string(Base64.encode(payload)), "payloadType": .string(payloadType),
      "signatures": .array(
        signatures.map { ["keyid": .string($0.keyID), "sig": .string(Base64.encode($0.bytes))] }),
    ]
  }
}
