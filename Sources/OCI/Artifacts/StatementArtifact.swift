public import PackCore

/// The artifact that carries an unsigned statement of in-toto's about an image, as other builders lay them there.
///
///     artifactType  application/vnd.in-toto+json
///     subject       the image
///     layers        one, application/vnd.in-toto+json
public enum StatementArtifact {
  /// Says what is stated without a look into the blob.
  public static let predicateAnnotation = "in-toto.io/predicate-type"

  /// Writes the artifact into the store.
  public static func assemble(
    _ statement: [UInt8], predicateType: String, subject: BlobDescriptor, store: ContentStore
  ) throws -> ImageBuilder.Assembled {
    let layer = BlobDescriptor(
      mediaType: .statement, digest: try store.put(statement), size: Int64(statement.count),
      annotations: [predicateAnnotation: predicateType])
    return try ArtifactBuilder.assemble(
      ArtifactDescription(
        artifactType: .statement, subject: subject, layers: [layer],
        annotations: [predicateAnnotation: predicateType]), store: store)
  }
}
