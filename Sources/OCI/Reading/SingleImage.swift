public import PackCore

/// One image of one platform: its manifest and config, read and checked against each other; the layers' bytes unread.
public struct SingleImage: Sendable {
  public struct Layer: Hashable, Sendable {
    public let descriptor: BlobDescriptor
    /// Of the layer's tar archive, uncompressed.
    public let diffID: Digest
    public let format: MediaType.LayerFormat
  }

  public let source: any ImageSource
  public let document: ImageDocument
  public let manifest: ImageManifest
  /// The config as its digest names it.
  public let configBytes: [UInt8]
  public let config: ImageConfig
  /// The lowest first.
  public let layers: [Layer]

  public var descriptor: BlobDescriptor { document.descriptor }

  /// Opens what the source names; of an index, the image of that platform, or the only one there is.
  /// - Throws: `no_such_platform` with those that there are; `not_an_image` for a signature, an SBOM and their like;
  ///   `damaged_image`.
  public static func open(_ source: any ImageSource, platform: ImagePlatform? = nil) throws -> SingleImage {
    let document = try PlatformChoice.manifest(of: source.root(), in: source, platform: platform)
    return try SingleImage(document, in: source)
  }

  /// - Parameter document: a manifest.
  public init(_ document: ImageDocument, in source: any ImageSource) throws {
    guard case .manifest(let manifest) = document.content, manifest.isImage else {
      throw OCIFailure.notAnImage(document, in: source.name)
    }
    let bytes = try source.bytes(of: manifest.config, limit: ImageDocument.sizeLimit)
    let config: ImageConfig
    do {
      config = try ImageConfig(JSONReader(JSONParser.parse(bytes, name: source.name)))
    } catch let failure as Failure where !failure.isInterruption {
      throw OCIFailure.damaged("the config \(manifest.config.digest): \(failure.message)", in: source.name)
    }
    guard config.diffIDs.count == manifest.layers.count else {
      throw OCIFailure.damaged(
        "the config has \(config.diffIDs.count) diff_ids for \(manifest.layers.count) layers", in: source.name)
    }
    layers = try zip(manifest.layers, config.diffIDs).map { descriptor, diffID in
      guard let format = descriptor.mediaType.layerFormat else {
        throw OCIFailure.damaged("\(descriptor.mediaType) is no layer of an image", in: source.name)
      }
      return Layer(descriptor: descriptor, diffID: diffID, format: format)
    }
    self.source = source
    self.document = document
    self.manifest = manifest
    self.configBytes = bytes
    self.config = config
  }
}

extension ImageSource {
  /// A small blob, whole.
  /// - Throws: `damaged_image` when its descriptor says more than `limit` bytes, before anything is read.
  public func bytes(of descriptor: BlobDescriptor, limit: Int) throws -> [UInt8] {
    guard descriptor.size <= Int64(limit) else {
      throw OCIFailure.damaged(
        "the blob \(descriptor.digest) has \(descriptor.size) bytes; the limit for it is \(limit)", in: name)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(descriptor.size))
    try read(descriptor) { bytes.append(contentsOf: $0) }
    return bytes
  }
}
