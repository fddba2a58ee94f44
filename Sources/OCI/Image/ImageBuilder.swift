public import PackCore

/// Makes images of layers.
public enum ImageBuilder {
  /// An image whose blobs all lie in a store.
  public struct Assembled: Hashable, Sendable {
    /// As an index names it: with its platform, without a tag.
    public private(set) var descriptor: BlobDescriptor
    public let manifest: ImageManifest
    /// The manifest itself, where `descriptor` is of an index with it alone.
    var child: BlobDescriptor?
    /// Each blob that belongs to it, the manifest last, or the index.
    public var blobs: [BlobDescriptor] {
      [manifest.config] + manifest.layers + [child, descriptor].compactMap { $0 }
    }

    /// With annotations that an index shows without a look into the manifest.
    public func annotated(_ annotations: [String: String]) -> Assembled {
      var assembled = self
      assembled.descriptor.annotations.merge(annotations) { $1 }
      return assembled
    }

    /// An index with this image alone, for readers that take nothing else.
    public func nested(
      childAnnotations: [String: String], annotations: [String: String], store: ContentStore
    ) throws -> Assembled {
      var child = descriptor
      child.annotations = childAnnotations
      var index = try ImageBuilder.put(
        ImageIndex(manifests: [child], annotations: annotations).json, as: .imageIndex, in: store)
      index.annotations = annotations
      return Assembled(descriptor: index, manifest: manifest, child: descriptor)
    }
  }

  /// Writes config and manifest into the store. The layers must be there.
  public static func assemble(_ image: ImageDescription, layers: [Layer], store: ContentStore) throws -> Assembled {
    let config = try put(image.config(layers: layers).json, as: .imageConfig, in: store)
    let manifest = ImageManifest(
      config: config, layers: layers.map { BlobDescriptor($0) }, annotations: image.annotations)
    var descriptor = try put(manifest.json, as: .imageManifest, in: store)
    descriptor.platform = image.platform
    return Assembled(descriptor: descriptor, manifest: manifest)
  }

  /// Assembles the image and makes `layout` an OCI image layout with it, under `tag`. The tag goes into `index.json` and
  /// into no digest.
  /// - Parameters:
  ///   - place: where the layout will lie in the end, for `ref`, if that is elsewhere.
  ///   - beside: images for other readers, under `TAG-SUFFIX`.
  ///   - referrers: what the layout holds about the image beside it, without a tag; made of the image's descriptor.
  @discardableResult
  public static func write(
    image: ImageDescription, layers: [Layer], store: ContentStore, layout: HostPath, tag: String,
    shownAs place: HostPath? = nil, beside: [(suffix: String, image: Assembled)] = [],
    referrers: (BlobDescriptor) throws -> [Assembled] = { _ in [] }
  ) throws -> WrittenImage {
    let name = try ImageTag(tag)
    let assembled = try assemble(image, layers: layers, store: store)
    let referrers = try referrers(assembled.descriptor)
    let others = try beside.map { (try ImageTag("\(tag)-\($0.suffix)"), $0.image) }
    try ImageLayoutWriter.write([(name, assembled)] + others, referrers: referrers, store: store, to: layout)
    return WrittenImage(
      manifest: assembled.descriptor, config: assembled.manifest.config, ref: "oci:\(place ?? layout):\(name)",
      referrers: referrers, beside: others.map { (tag: $0.0.description, digest: $0.1.descriptor.digest) })
  }

  fileprivate static func put(
    _ json: JSONValue, as mediaType: MediaType, in store: ContentStore
  ) throws -> BlobDescriptor {
    let bytes = CanonicalJSON.encode(json)
    return BlobDescriptor(mediaType: mediaType, digest: try store.put(bytes), size: Int64(bytes.count))
  }
}

/// What was written, for the result of `packc build`.
public struct WrittenImage: Sendable {
  public let manifest: BlobDescriptor
  public let config: BlobDescriptor
  /// As podman and skopeo take it: `oci:.packc/image:shop`.
  public let ref: String
  /// What lies beside it: debug symbols, owners of files.
  public let referrers: [ImageBuilder.Assembled]
  /// The images for other readers in the same layout.
  public let beside: [(tag: String, digest: Digest)]
}
