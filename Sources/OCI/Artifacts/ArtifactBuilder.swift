public import PackCore

/// What an artifact is to be: a manifest that carries something other than an image (OCI image spec, manifest.md,
/// "Guidelines for Artifact Usage"), mostly something about an image.
public struct ArtifactDescription: Hashable, Sendable {
  /// What kind of thing it is, a media type: `application/vnd.packc.debug-symbols.v1`.
  public var artifactType: MediaType
  /// The manifest that it is about; with one, it is a referrer.
  public var subject: BlobDescriptor?
  /// Its content. The blobs lie in the store.
  public var layers: [BlobDescriptor]
  public var annotations: [String: String]

  public init(
    artifactType: MediaType, subject: BlobDescriptor?, layers: [BlobDescriptor], annotations: [String: String] = [:]
  ) {
    self.artifactType = artifactType
    self.subject = subject
    self.layers = layers
    self.annotations = annotations
  }
}

/// Makes artifacts of blobs.
public enum ArtifactBuilder {
  /// Writes the empty config and the manifest into the store. What comes back is named by an index without a tag, its
  /// descriptor as registries list it among the referrers of its subject: with type and annotations.
  public static func assemble(_ artifact: ArtifactDescription, store: ContentStore) throws -> ImageBuilder.Assembled {
    let config = try put([UInt8]("{}".utf8), as: .emptyJSON, in: store)
    // Some registries refuse a manifest without layers; the empty blob stands for nothing.
    let layers = artifact.layers.isEmpty ? [config] : artifact.layers
    let subject = artifact.subject.map {
      BlobDescriptor(mediaType: $0.mediaType, digest: $0.digest, size: $0.size)
    }
    let manifest = ImageManifest(
      artifactType: artifact.artifactType.description, config: config, layers: layers, subject: subject,
      annotations: artifact.annotations)
    var descriptor = try put(CanonicalJSON.encode(manifest.json), as: .imageManifest, in: store)
    descriptor.artifactType = artifact.artifactType.description
    descriptor.annotations = artifact.annotations
    return ImageBuilder.Assembled(descriptor: descriptor, manifest: manifest)
  }

  private static func put(_ bytes: [UInt8], as mediaType: MediaType, in store: ContentStore) throws -> BlobDescriptor {
    BlobDescriptor(mediaType: mediaType, digest: try store.put(bytes), size: Int64(bytes.count))
  }
}
