public import PackCore

/// A ledger's signed head: how many entries there were, and the digest of the last one's line, in a DSSE envelope. Who
/// rewrites an entry up to it has to have the key.
///
///     {"entries": 12, "head": "sha256:…"}
public struct LedgerHead: Hashable, Sendable {
  static let payloadType = "application/vnd.packc.ledger-head+json"
  static let sizeLimit = 1 << 20

  /// Entries that it stands for; 1 and more.
  public let entries: Int
  /// Of the last one's line.
  public let digest: Digest
  let envelope: SignedEnvelope

  /// - Throws: `bad_key` and what signing throws.
  init(entries: Int, digest: Digest, key: SigningKey) throws {
    let payload: JSONValue = ["entries": .integer(Int64(entries)), "head": JSONValue(digest)]
    var envelope = SignedEnvelope(payload: CanonicalJSON.encode(payload), payloadType: Self.payloadType)
    try envelope.sign(with: key)
    (self.entries, self.digest, self.envelope) = (entries, digest, envelope)
  }

  /// - Throws: `bad_json`.
  init(parsing bytes: [UInt8], name: String) throws {
    let limits = JSONParser.Limits(bytes: Self.sizeLimit, depth: 8)
    let reader = JSONReader(try JSONParser.parse(bytes, name: name, limits: limits))
    envelope = try SignedEnvelope(reader)
    guard envelope.payloadType == Self.payloadType else { throw reader.failure("it is not the head of a ledger") }
    let payload = JSONReader(try JSONParser.parse(envelope.payload, name: name, limits: limits))
    try payload.refuseOtherSpellings(of: ["entries", "head"])
    entries = Int(try payload.required("entries").integer(in: 1...Int64(Int32.max)))
    digest = try payload.required("head").digest()
  }

  public func isSigned(by key: PublicKey) -> Bool { envelope.isSigned(by: key) }
}
