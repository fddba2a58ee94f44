internal import Contract
public import OCI
public import PackCore

/// Signs what is said of an image and lays it beside the image, where the image lies.
public struct ImageSigner: Sendable {
  private let locator: ImageLocator
  private let key: SigningKey
  private let reporter: Reporter

  public init(_ locator: ImageLocator, key: SigningKey, reporter: Reporter = .silent) {
    self.locator = locator
    self.key = key
    self.reporter = reporter
  }

  /// What was signed, and where it lies.
  public struct Outcome: Sendable {
    public struct Signed: Sendable {
      public let predicateType: String
      /// Of the artifact that carries the signature.
      public let artifact: Digest
    }
    public let image: Digest
    public let place: String
    public let key: PublicKey
    public let signed: [Signed]

    public var json: JSONValue {
      [
        "digest": JSONValue(image), "place": .string(place),
        "key": ["algorithm": .string(key.algorithm.rawValue), "id": .string(key.id.hex)],
        "signed": .array(
          signed.map { ["artifact": JSONValue($0.artifact), "predicate_type": .string($0.predicateType)] }),
      ]
    }

    public var text: String {
      "\(image)  signed by \(key.algorithm.rawValue) key \(key.id.short); beside the image in \(place)\n"
        + signed.map { "  \($0.artifact)  \($0.predicateType)\n" }.joined()
    }
  }

  /// `packc image sign`: that the image is the signer's.
  public func sign(_ image: LocatedImage, platform: ImagePlatform? = nil) throws -> Outcome {
    let subject = try subject(image, platform)
    return try attach(
      [
        Statement(
          subjects: [subject.named], predicateType: Statement.Predicate.signature, predicate: Statement.Predicate.signed
        )
      ],
      subject, image)
  }

  /// `packc image attest --predicate`: something else about it.
  public func attest(
    _ image: LocatedImage, predicateType: String, predicate: JSONValue, platform: ImagePlatform? = nil
  ) throws -> Outcome {
    let subject = try subject(image, platform)
    return try attach(
      [Statement(subjects: [subject.named], predicateType: predicateType, predicate: predicate)], subject, image)
  }

  /// `packc image attest`: every statement that lies unsigned beside the image. The bytes that were there are signed.
  public func attestStatements(_ image: LocatedImage, platform: ImagePlatform? = nil) throws -> Outcome {
    let subject = try subject(image, platform)
    let statements = try SignatureReader(image.source).statements(of: subject.descriptor.digest)
    guard !statements.isEmpty else { throw ImagesFailure.nothingToAttest(image.source.name) }
    return try attach(statements, subject, image)
  }

  private struct Subject {
    let descriptor: BlobDescriptor
    let named: Statement.Subject
  }

  /// The manifest or index that the reference names, or of an index the platform's image.
  private func subject(_ image: LocatedImage, _ platform: ImagePlatform?) throws -> Subject {
    var root = try image.source.root()
    if let platform { root = try PlatformChoice.manifest(of: root, in: image.source, platform: platform) }
    // A name can be given to anything tomorrow: only the digest is signed.
    return Subject(
      descriptor: root.descriptor, named: Statement.Subject(name: "", digest: root.descriptor.digest))
  }

  private func attach(_ statements: [Statement], _ subject: Subject, _ image: LocatedImage) throws -> Outcome {
    let place = try AttachmentPlace(image, subject.descriptor.digest, locator)
    let store = locator.store.content
    let signed = try statements.map { statement in
      var envelope = statement.envelope
      try envelope.sign(with: key)
      let artifact = try Self.artifact(envelope, statement.predicateType, subject.descriptor, in: store)
      try place.attach(artifact, reporter)
      return Outcome.Signed(predicateType: statement.predicateType, artifact: artifact.descriptor.digest)
    }
    return Outcome(image: subject.descriptor.digest, place: place.name, key: key.publicKey, signed: signed)
  }

  /// As cosign lays them beside an image: one bundle, with annotations that say what is in it.
  private static func artifact(
    _ envelope: SignedEnvelope, _ predicateType: String, _ subject: BlobDescriptor, in store: ContentStore
  ) throws -> ImageBuilder.Assembled {
    let bytes = CanonicalJSON.encode(SignatureBundle(envelope).json)
    let layer = BlobDescriptor(
      mediaType: .signatureBundle, digest: try store.put(bytes), size: Int64(bytes.count))
    return try ArtifactBuilder.assemble(
      ArtifactDescription(
        artifactType: .signatureBundle, subject: subject, layers: [layer],
        annotations: [
          "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": predicateType,
        ]), store: store)
  }
}
