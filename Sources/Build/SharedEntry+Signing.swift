internal import Contract
internal import PackCore

/// An entry's bytes: the list, in a DSSE envelope when it is signed.
extension SharedEntry {
  func encoded(signer: SigningKey?) throws -> [UInt8] {
    guard let signer else { return document }
    var envelope = SignedEnvelope(payload: document, payloadType: Self.payloadType)
    try envelope.sign(with: signer)
    return CanonicalJSON.encode(envelope.json)
  }

  /// Reads the bytes of an entry.
  /// - Parameter keys: one of these must have signed it; with none, the place itself is believed.
  /// - Returns: also the key that signed it.
  /// - Throws: `Problem` for an entry that is not to be used, `bad_json`.
  static func read(_ bytes: [UInt8], key: Digest, outputs: [RootPath], keys: [PublicKey]) throws -> (
    entry: SharedEntry, signer: PublicKey?
  ) {
    let limits = JSONParser.Limits(bytes: Limit.entry, depth: 8)
    let reader = JSONReader(try JSONParser.parse(bytes, name: "the entry", limits: limits))
    guard try reader.optional("payload") != nil else {
      guard keys.isEmpty else { throw Problem(text: "nobody has signed it") }
      return (try SharedEntry(parsing: bytes, key: key, outputs: outputs), nil)
    }
    let envelope = try SignedEnvelope(reader)
    guard envelope.payloadType == payloadType else { throw Problem(text: "it is no result of a step") }
    let signer = keys.first(where: envelope.isSigned)
    guard keys.isEmpty || signer != nil else { throw Problem(text: "it is signed by none of the keys of --cache-key") }
    return (try SharedEntry(parsing: envelope.payload, key: key, outputs: outputs), signer)
  }
}
