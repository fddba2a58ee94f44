public import PackCore

/// A manifest or an index as somebody wrote it: its bytes, which its digest names, and what they say. The bytes are kept
/// whatever packc itself would write, since every other byte is another image.
public struct ImageDocument: Sendable {
  public enum Content: Sendable {
    case manifest(ImageManifest)
    case index(ImageIndex)
  }

  /// Documents larger than this are refused, as registries do (OCI distribution spec, "Pushing Manifests"). Bytes.
  public static let sizeLimit = 4 << 20
  private static let limits = JSONParser.Limits(bytes: sizeLimit, depth: 32)

  public let descriptor: BlobDescriptor
  public let bytes: [UInt8]
  public let content: Content

  /// - Parameters:
  ///   - descriptor: what named it; digest and size are checked.
  ///   - name: for errors: where it came from.
  /// - Throws: `damaged_image` when the bytes are not what the descriptor says, or no such document.
  public init(_ bytes: [UInt8], descriptor: BlobDescriptor, name: String) throws {
    guard bytes.count <= Self.sizeLimit else {
      throw OCIFailure.damaged("the document has more than \(Self.sizeLimit) bytes", in: name)
    }
    guard Int64(bytes.count) == descriptor.size else {
      throw OCIFailure.damaged(
        "the document has \(bytes.count) bytes, its descriptor says \(descriptor.size)", in: name)
    }
    let found = Digest(of: bytes)
    guard found == descriptor.digest else {
      throw OCIFailure.damaged("the document's bytes have the digest \(found), not \(descriptor.digest)", in: name)
    }
    self.descriptor = descriptor
    self.bytes = bytes
    let value = try JSONParser.parse(bytes, name: name, limits: Self.limits)
    do {
      content = try Self.decode(JSONReader(value), as: descriptor.mediaType)
    } catch let failure as Failure {
      throw OCIFailure.damaged(failure.message, in: name)
    }
  }

  /// The document of these bytes, whatever its digest is; `mediaType` is what carried it said (a Content-Type).
  public init(_ bytes: [UInt8], mediaType: MediaType, name: String) throws {
    try self.init(
      bytes, descriptor: BlobDescriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count)),
      name: name)
  }

  private static func decode(_ reader: JSONReader, as mediaType: MediaType) throws -> Content {
    // A manifest that could be read as an index too has been used to make two readers see two images.
    guard try reader.optional("layers") == nil || reader.optional("manifests") == nil else {
      throw reader.failure("it has layers and manifests: one reader would take it for an image, another for an index")
    }
    if mediaType.isManifest { return .manifest(try ImageManifest(reader, as: mediaType)) }
    if mediaType.isIndex { return .index(try ImageIndex(reader, as: mediaType)) }
    throw reader.failure("\(mediaType) is neither a manifest nor an index")
  }

  /// What it names: a manifest's config and layers, an index's manifests. The subject is not among them.
  public var children: [BlobDescriptor] {
    switch content {
    case .manifest(let manifest): [manifest.config] + manifest.layers
    case .index(let index): index.manifests
    }
  }

  /// How the list of its subject's referrers names it (distribution spec, "Listing Referrers"): with its annotations, and
  /// with the config's type where it has no artifactType.
  public var asReferrer: BlobDescriptor {
    var descriptor = BlobDescriptor(
      mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size)
    switch content {
    case .manifest(let manifest):
      descriptor.artifactType = manifest.artifactType ?? manifest.config.mediaType.description
      descriptor.annotations = manifest.annotations
    case .index(let index):
      descriptor.artifactType = index.artifactType
      descriptor.annotations = index.annotations
    }
    return descriptor
  }

  public var subject: BlobDescriptor? {
    switch content {
    case .manifest(let manifest): manifest.subject
    case .index(let index): index.subject
    }
  }
}
