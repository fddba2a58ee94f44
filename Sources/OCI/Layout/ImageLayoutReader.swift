public import PackCore

/// Finds an image in a layout.
public enum ImageLayoutReader {
  /// An image and where its layers lie.
  public struct Image: Hashable, Sendable {
    public let tag: String?
    public let descriptor: BlobDescriptor
    public let manifest: ImageManifest
    public let config: ImageConfig
    /// The lowest first.
    public let layers: [LayerFile]
  }

  /// A layer's blob in a layout.
  public struct LayerFile: Hashable, Sendable {
    public let path: HostPath
    public let mediaType: MediaType
    public let digest: Digest
    public let diffID: Digest
    public let size: Int64
  }

  /// The tags of a layout, sorted.
  public static func tags(_ layout: HostPath) throws -> [String] { tags(try LayoutFiles(root: layout).index()) }

  /// The image with that tag, or the only one. Config and manifest are checked against their digests, the layers
  /// against their sizes; `LayerUnpacker` checks the layers' bytes.
  public static func open(_ layout: HostPath, tag: String? = nil) throws -> Image {
    let files = LayoutFiles(root: layout)
    let descriptor = try find(tag, in: files.index(), layout)
    let manifest = try files.document(descriptor) { try ImageManifest($0) }
    let config = try files.document(manifest.config) { try ImageConfig($0) }
    guard config.diffIDs.count == manifest.layers.count else {
      throw OCIFailure.damaged(
        "the config has \(config.diffIDs.count) diff_ids for \(manifest.layers.count) layers",
        files.path(of: manifest.config.digest))
    }
    let layers = try zip(manifest.layers, config.diffIDs).map { layer, diffID in
      try files.checkSize(of: layer)
      return LayerFile(
        path: files.path(of: layer.digest), mediaType: layer.mediaType, digest: layer.digest, diffID: diffID,
        size: layer.size)
    }
    return Image(
      tag: descriptor.annotations[ImageTag.annotation], descriptor: descriptor, manifest: manifest, config: config,
      layers: layers)
  }

  private static func find(_ tag: String?, in index: ImageIndex, _ layout: HostPath) throws -> BlobDescriptor {
    let images = index.manifests.filter { $0.mediaType == .imageManifest }
    let matching = images.filter { tag == nil || $0.annotations[ImageTag.annotation] == tag }
    guard matching.count == 1, let found = matching.first else {
      throw OCIFailure.noTag(tag, in: layout, found: tags(index))
    }
    return found
  }

  private static func tags(_ index: ImageIndex) -> [String] {
    index.manifests.compactMap { $0.annotations[ImageTag.annotation] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
