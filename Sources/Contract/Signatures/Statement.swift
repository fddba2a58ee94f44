public import PackCore

/// An in-toto statement (in-toto/attestation, spec/v1): something said about something with a digest.
public struct Statement: Sendable {
  public static let type = "https://in-toto.io/Statement/v1"
  private static let types = [type, "https://in-toto.io/Statement/v0.1"]
  private static let mostSubjects = 1024

  public struct Subject: Hashable, Sendable {
    public var name: String
    public var digest: Digest
    public init(name: String, digest: Digest) {
      self.name = name
      self.digest = digest
    }
  }

  /// What the predicate is.
  public enum Predicate {
    /// That the image is the signer's: cosign's type, whose predicate says nothing that counts.
    public static let signature = "https://sigstore.dev/cosign/sign/v1"
    /// The predicate of a signature; some readers refuse an empty one.
    public static let signed: JSONValue = ["tool": ["name": "packc"]]
    /// Facts, as SCAI's attributes.
    public static let facts = "https://in-toto.io/attestation/scai/v0.3"
    public static let cycloneDX = "https://cyclonedx.org/bom"
    public static let spdx = "https://spdx.dev/Document"
    public static let provenance = "https://slsa.dev/provenance/v1"
  }

  public var subjects: [Subject]
  public var predicateType: String
  public var predicate: JSONValue

  public init(subjects: [Subject], predicateType: String, predicate: JSONValue) {
    self.subjects = subjects
    self.predicateType = predicateType
    self.predicate = predicate
  }

  /// - Parameter name: where it lies, for messages.
  /// - Throws: `bad_json`. A subject without a SHA-256 is passed over: nothing that packc knows has it.
  public init(parsing bytes: [UInt8], name: String) throws {
    let limits = JSONParser.Limits(bytes: SignedEnvelope.Limit.document, depth: 64)
    let reader = JSONReader(try JSONParser.parse(bytes, name: name, limits: limits))
    try reader.refuseOtherSpellings(of: ["_type", "subject", "predicateType", "predicate"])
    let type = try reader.required("_type")
    guard Self.types.contains(try type.string()) else { throw type.failure("no statement of in-toto's") }
    let list = try reader.required("subject").array()
    guard (1...Self.mostSubjects).contains(list.count) else {
      throw reader.failure("it has \(list.count) subjects; 1 to \(Self.mostSubjects) are read")
    }
    subjects = try list.compactMap { subject in
      let name = try subject.optional("name")?.string() ?? ""
      guard let digest = try subject.required("digest").stringMap()["sha256"].flatMap({ Digest(hex: $0) }) else {
        return nil
      }
      return Subject(name: name, digest: digest)
    }
    predicateType = try reader.required("predicateType").string()
    predicate = try reader.optional("predicate")?.value ?? [:]
  }

  public var json: JSONValue {
    [
      "_type": .string(Self.type), "predicateType": .string(predicateType), "predicate": predicate,
      "subject": .array(
        subjects.map { ["name": .string($0.name), "digest": ["sha256": .string($0.digest.hex)]] }),
    ]
  }

  /// The statement in an envelope that nobody has signed yet.
  public var envelope: SignedEnvelope {
    SignedEnvelope(payload: CanonicalJSON.encode(json), payloadType: SignedEnvelope.statementType)
  }
}
