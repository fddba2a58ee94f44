public import PackCore

/// An image that can be read: its manifest and config, checked against each other, and where they come from.
public struct OpenedImage: Sendable {
  public let source: any ImageSource
  /// The manifest's.
  public let document: ImageDocument
  public let manifest: ImageManifest
  public let config: ImageConfig

  /// What the source's reference names; of an index, the manifest for `platform`, or the only one.
  /// - Throws: `damaged_image`, `no_such_platform`, `not_an_image`.
  public init(_ source: any ImageSource, platform: ImagePlatform? = nil) throws {
    try self.init(source, document: Self.choose(source.root(), source, platform, nesting: 0))
  }

  /// The image of one manifest.
  public init(_ source: any ImageSource, document: ImageDocument) throws {
    guard case .manifest(let manifest) = document.content, manifest.isImage else {
      throw OCIFailure.noImage(document.descriptor, in: source.name)
    }
    self.source = source
    self.document = document
    self.manifest = manifest
    config = try Self.readConfig(manifest.config, from: source)
  }

  /// Each layer with its diffID, the lowest first.
  /// - Throws: `damaged_image` when the config tells of other layers.
  public func layers(_ limits: ReadingLimits = ReadingLimits()) throws -> [(descriptor: BlobDescriptor, diffID: Digest)]
  {
    let count = manifest.layers.count
    guard count <= limits.layers else {
      throw OCIFailure.damaged("the manifest has \(count) layers; the limit is \(limits.layers)", in: source.name)
    }
    guard config.diffIDs.count == count else {
      throw OCIFailure.damaged(
        "the config has \(config.diffIDs.count) diff_ids for \(count) layers", in: source.name)
    }
    return zip(manifest.layers, config.diffIDs).map { ($0, $1) }
  }

  private static let deepestNesting = 4

  private static func choose(
    _ document: ImageDocument, _ source: any ImageSource, _ platform: ImagePlatform?, nesting: Int
  ) throws -> ImageDocument {
    guard case .index(let index) = document.content else { return document }
    guard nesting < deepestNesting else { throw OCIFailure.damaged("indexes are nested too deeply", in: source.name) }
    // What has the platform unknown/unknown is no image: an attestation, as BuildKit writes them.
    let images = index.manifests.filter {
      ($0.mediaType.isManifest || $0.mediaType.isIndex) && $0.platform?.os != "unknown" && $0.artifactType == nil
    }
    let wanted = platform ?? ImagePlatform(.host)
    let matching = images.filter { $0.platform == wanted }
    let chosen = matching.first ?? (images.count == 1 && platform == nil ? images.first : nil)
    guard let chosen else {
      throw OCIFailure.noPlatform(wanted, in: source.name, found: images.compactMap(\.platform?.description))
    }
    return try choose(source.document(chosen), source, platform, nesting: nesting + 1)
  }

  /// The config's document, of a bounded size.
  static func readConfig(_ descriptor: BlobDescriptor, from source: any ImageSource) throws -> ImageConfig {
    let name = "\(source.name): config \(descriptor.digest.short)"
    guard descriptor.size <= ImageDocument.sizeLimit else {
      throw OCIFailure.damaged("it has \(descriptor.size) bytes; the limit is \(ImageDocument.sizeLimit)", in: name)
    }
    var bytes: [UInt8] = []
    try source.read(descriptor) { bytes += $0 }
    let limits = JSONParser.Limits(bytes: ImageDocument.sizeLimit, depth: 32)
    do {
      return try ImageConfig(JSONReader(JSONParser.parse(bytes, name: name, limits: limits)))
    } catch let failure as Failure {
      throw OCIFailure.damaged(failure.message, in: name)
    }
  }
}
