public import OCI
public import PackCore

/// `packc image inspect`: what an image says of itself, and on demand what its layers hold.
public struct ImageInspection: Sendable {
  public struct Layer: Hashable, Sendable {
    public let digest: Digest
    public let diffID: Digest
    public let mediaType: MediaType
    /// As it travels. Bytes.
    public let size: Int64
    /// What the config's history says made it; packc writes `packc build: ROLE`.
    public let createdBy: String?

    /// packc's role of the layer, nil for what others made.
    public var role: LayerRole? {
      createdBy.flatMap { $0.hasPrefix(Self.mark) ? LayerRole(rawValue: String($0.dropFirst(Self.mark.count))) : nil }
    }
    private static let mark = "packc build: "
  }

  /// The image that it is about: of an index, the one of the platform.
  public let image: SingleImage
  /// What its layers hold; nil when they were not read.
  public var contents: ImageContents?
  /// Where the image lies, for people.
  public let source: String
  public let names: [String]
  /// What the reference names: the index, where there is one.
  public let root: Digest
  /// Of the image's own manifest.
  public let digest: Digest
  public let mediaType: MediaType
  /// Of all images of the index; empty without one.
  public let platforms: [String]
  public let annotations: [String: String]
  public let configDigest: Digest
  let config: ImageConfig
  public let layers: [Layer]
  /// Manifests that say something about the image: digest and kind, sorted by digest.
  public let referrers: [(digest: Digest, kind: String)]

  /// - Parameter platform: which image of an index; nil for the only one, or the host's.
  public init(_ image: LocatedImage, platform: ImagePlatform?) throws {
    let root = try image.source.root()
    let opened = try SingleImage(
      PlatformChoice.manifest(of: root, in: image.source, platform: platform), in: image.source)
    self.image = opened
    source = image.source.name
    names = image.names
    self.root = root.descriptor.digest
    digest = opened.descriptor.digest
    mediaType = opened.descriptor.mediaType
    if case .index(let index) = root.content {
      platforms = index.manifests.compactMap { $0.platform?.description }
    } else {
      platforms = []
    }
    annotations = opened.manifest.annotations
    configDigest = opened.manifest.config.digest
    config = opened.config
    let made = opened.config.history.filter { !$0.isEmptyLayer }
    layers = opened.layers.enumerated().map { position, layer in
      Layer(
        digest: layer.descriptor.digest, diffID: layer.diffID, mediaType: layer.descriptor.mediaType,
        size: layer.descriptor.size,
        createdBy: made.count == opened.layers.count ? made[position].createdBy : nil)
    }
    referrers = try image.source.referrers(of: opened.descriptor.digest).map { descriptor in
      let document = try image.source.document(descriptor)
      guard case .manifest(let manifest) = document.content else { return (descriptor.digest, "index") }
      return (descriptor.digest, manifest.artifactType ?? manifest.config.mediaType.description)
    }
  }

  /// Bytes of all layers as they travel.
  public var size: Int64 { layers.reduce(0) { $0 + $1.size } }

  /// The contract's facts among the labels.
  static let factPrefix = "dev.packc.contract."
}
