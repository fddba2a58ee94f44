public import PackCore

/// An envelope with what is needed to check it, in the form that sigstore's tools read (bundle v0.3). packc writes the key's
/// name only: who verifies has the key. No transparency log and no certificate is involved.
public struct SignatureBundle: Hashable, Sendable {
  public static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
  private static let mediaTypePrefix = "application/vnd.dev.sigstore.bundle"

  public var envelope: SignedEnvelope

  public init(_ envelope: SignedEnvelope) { self.envelope = envelope }

  /// A bundle of any version with an envelope in it, or an envelope alone.
  /// - Parameter name: where it lies, for messages.
  /// - Throws: `bad_signature`.
  public init(parsing bytes: [UInt8], name: String) throws {
    do {
      let value = try JSONParser.parse(
        bytes, name: name, limits: JSONParser.Limits(bytes: SignedEnvelope.Limit.document, depth: 32))
      let reader = JSONReader(value)
      guard let type = try reader.optional("mediaType") else {
        envelope = try SignedEnvelope(reader)
        return
      }
      try reader.refuseOtherSpellings(of: ["mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"])
      guard try type.string().hasPrefix(Self.mediaTypePrefix) else { throw type.failure("no bundle of sigstore's") }
      guard try reader.optional("messageSignature") == nil else {
        throw reader.failure("it signs a digest alone, and says nothing of what that is")
      }
      envelope = try SignedEnvelope(reader.required("dsseEnvelope"))
    } catch let failure as Failure where !failure.isInterruption {
      throw Failure(
        "bad_signature", "\(name) is no signature that packc can read: \(failure.message)",
        hint: "sign the image again, or ask whoever signed it", exit: .badInput)
    }
  }

  public var json: JSONValue {
    [
      "mediaType": .string(Self.mediaType),
      "verificationMaterial": [
        "publicKey": ["hint": .string(envelope.signatures.first?.keyID ?? "")], "tlogEntries": [],
      ],
      "dsseEnvelope": envelope.json,
    ]
  }
}
