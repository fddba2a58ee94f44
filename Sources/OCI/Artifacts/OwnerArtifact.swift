public import PackCore

/// The artifact that carries what a build knows of the owners of its image's files and the image itself does not say, so
/// that it is known on another machine, too.
///
///     artifactType  application/vnd.packc.file-owners.v1
///     subject       the image
///     layers        one, application/vnd.packc.file-owners.v1+json: `OwnerRules`
public enum OwnerArtifact {
  /// A larger document is not read. Bytes.
  private static let sizeLimit = 16 << 20

  /// Writes the artifact into the store.
  public static func assemble(
    _ rules: OwnerRules, subject: BlobDescriptor, store: ContentStore
  ) throws -> ImageBuilder.Assembled {
    let bytes = CanonicalJSON.encode(rules.json)
    let layer = BlobDescriptor(
      mediaType: .fileOwnersJSON, digest: try store.put(bytes), size: Int64(bytes.count))
    return try ArtifactBuilder.assemble(
      ArtifactDescription(artifactType: .fileOwners, subject: subject, layers: [layer]), store: store)
  }

  /// The rules that lie beside an image, wherever it lies; nil without any that can be read. They are told to people and
  /// decide nothing, so what is wrong with them is no reason to fail.
  public static func load(_ image: SingleImage) throws -> OwnerRules? {
    do {
      for referrer in try image.source.referrers(of: image.descriptor.digest) where mayBeOne(referrer) {
        if let rules = try rules(referrer, in: image.source) { return rules }
      }
    } catch let failure as Failure where failure.isInterruption {
      throw failure
    } catch {}
    return nil
  }

  /// A layout's index need not say what an artifact is.
  private static func mayBeOne(_ descriptor: BlobDescriptor) -> Bool {
    descriptor.mediaType.isManifest && (descriptor.artifactType ?? MediaType.fileOwners.description) == type
  }

  private static let type = MediaType.fileOwners.description

  private static func rules(_ referrer: BlobDescriptor, in source: any ImageSource) throws -> OwnerRules? {
    guard case .manifest(let manifest) = try source.document(referrer).content, manifest.artifactType == type,
      let layer = manifest.layers.first, layer.mediaType == .fileOwnersJSON
    else { return nil }
    let bytes = try source.bytes(of: layer, limit: sizeLimit)
    return try OwnerRules(
      JSONReader(JSONParser.parse(bytes, name: source.name, limits: JSONParser.Limits(bytes: sizeLimit, depth: 8))))
  }
}
