public import Contract
public import OCI
public import PackCore

/// Finds what is said of an image among its referrers: signed in bundles, and unsigned statements.
public struct SignatureReader {
  /// A larger bundle or statement is not read. Bytes.
  private static let sizeLimit = 24 << 20
  /// More referrers of these kinds are refused.
  private static let mostArtifacts = 256

  private let source: any ImageSource
  public init(_ source: any ImageSource) { self.source = source }

  /// One bundle, or why it cannot be read.
  public struct Found {
    public let artifact: Digest
    public let bundle: Result<SignatureBundle, Failure>
  }

  /// The bundles beside the manifest or index with this digest, sorted by their artifacts' digests.
  public func bundles(of digest: Digest) throws -> [Found] {
    try artifacts(of: digest, .signatureBundle).map { artifact, layer in
      do {
        let bytes = try source.bytes(of: layer, limit: Self.sizeLimit)
        let bundle = try SignatureBundle(parsing: bytes, name: "signature \(artifact.short)")
        return Found(artifact: artifact, bundle: .success(bundle))
      } catch let failure as Failure where failure.exit == .badInput {
        return Found(artifact: artifact, bundle: .failure(failure))
      }
    }
  }

  /// The statements that nobody has signed, as the build left them, sorted by the type of what they say.
  public func statements(of digest: Digest) throws -> [Statement] {
    try artifacts(of: digest, .statement).map { artifact, layer in
      try Statement(
        parsing: source.bytes(of: layer, limit: Self.sizeLimit), name: "statement \(artifact.short)")
    }.sorted { $0.predicateType.utf8.lexicographicallyPrecedes($1.predicateType.utf8) }
  }

  private func artifacts(of digest: Digest, _ type: MediaType) throws -> [(Digest, BlobDescriptor)] {
    let candidates = try source.referrers(of: digest).filter { referrer in
      // A layout's index need not say what an artifact is.
      referrer.mediaType.isManifest && (referrer.artifactType ?? type.description) == type.description
    }
    guard candidates.count <= Self.mostArtifacts else {
      throw ImagesFailure.tooManyReferrers(source.name, limit: Self.mostArtifacts)
    }
    return try candidates.compactMap { candidate in
      guard case .manifest(let manifest) = try source.document(candidate).content,
        manifest.artifactType == type.description, let layer = manifest.layers.first, layer.mediaType == type
      else { return nil }
      return (candidate.digest, layer)
    }
  }
}
