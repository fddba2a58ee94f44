public import PackCore

/// Makes images of layers.
public enum ImageBuilder {
  /// An image whose blobs all lie in a store.
  public struct Assembled: Hashable, Sendable {
    /// As an index names it: with its platform, without a tag.
    public let descriptor: BlobDescriptor
    public let manifest: ImageManifest
    /// Each blob that belongs to it, the manifest last.
    public var blobs: [BlobDescriptor] { [manifest.config] + manifest.layers + [descriptor] }
  }

  /// Writes config and manifest into the store. The layers must be there.
  public static func assemble(_ image: ImageDescription, layers: [Layer], store: ContentStore) throws -> Assembled {
    let config = try put(image.config(layers: layers).json, as: .imageConfig, in: store)
    let manifest = ImageManifest(
      config: config, layers: layers.map { BlobDescriptor($0) }, annotations: image.annotations)
    var descriptor = try put(manifest.json, as: .imageManifest, in: store)
    descriptor.platform = ImagePlatform(image.platform)
    return Assembled(descriptor: descriptor, manifest: manifest)
  }

  /// Assembles the image and makes `layout` an OCI image layout with it alone, under `tag`. The tag goes into
  /// `index.json` and into no digest.
  /// - Parameters:
  ///   - place: where the layout will lie in the end, for `ref`, if that is elsewhere.
  ///   - referrers: what the layout holds about the image beside it, without a tag; made of the image's descriptor.
  @discardableResult
  public static func write(
    image: ImageDescription, layers: [Layer], store: ContentStore, layout: HostPath, tag: String,
    shownAs place: HostPath? = nil, referrers: (BlobDescriptor) throws -> [Assembled] = { _ in [] }
  ) throws -> WrittenImage {
    let tag = try ImageTag(tag)
    let assembled = try assemble(image, layers: layers, store: store)
    let referrers = try referrers(assembled.descriptor)
    try ImageLayoutWriter.write([(tag, assembled)], referrers: referrers, store: store, to: layout)
    return WrittenImage(
      manifest: assembled.descriptor, config: assembled.manifest.config, ref: "oci:\(place ?? layout):\(tag)",
      referrers: referrers)
  }

  private static func put(_ json: JSONValue, as mediaType: MediaType, in store: ContentStore) throws -> BlobDescriptor {
    let bytes = CanonicalJSON.encode(json)
    return BlobDescriptor(mediaType: mediaType, digest: try store.put(bytes), size: Int64(bytes.count))
  }
}

/// What was written, for the result of `packc build`.
public struct WrittenImage: Hashable, Sendable {
  public let manifest: BlobDescriptor
  public let config: BlobDescriptor
  /// As podman and skopeo take it: `oci:.packc/image:shop`.
  public let ref: String
  /// What lies beside it: debug symbols, owners of files.
  public let referrers: [ImageBuilder.Assembled]
}
