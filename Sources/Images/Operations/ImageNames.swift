internal import OCI
public import PackCore

/// `packc image tag`, `untag` and `index create`: what changes names in the store.
public struct ImageNames {
  private let locator: ImageLocator
  private let transfer: ImageTransfer

  public init(_ locator: ImageLocator, _ transfer: ImageTransfer) {
    self.locator = locator
    self.transfer = transfer
  }

  /// A further name for an image; one that is not in the store comes into it.
  /// - Returns: its digest.
  public func tag(_ reference: String, as name: String) throws -> Digest {
    let image = try locator.locate(reference)
    guard image.isStored else { return try transfer.importImage(image, name: name).digest }
    let name = try Self.storeName(name)
    let descriptor = try locator.stored(image.names[0]).source.root().descriptor
    try locator.store.update { $0[name] = descriptor }
    return descriptor.digest
  }

  /// Takes names away, all or none. Blobs that nothing names any more stay until `packc image gc`.
  /// - Returns: the digests that the names had.
  public func untag(_ names: [String]) throws -> [(name: String, digest: Digest)] {
    let names = try names.map(Self.storeName)
    var removed: [(name: String, digest: Digest)] = []
    try locator.store.update { all in
      removed = []
      for name in names where !removed.contains(where: { $0.name == name }) {
        guard let descriptor = all.removeValue(forKey: name) else {
          throw ImagesFailure.noImage(name, known: Array(all.keys))
        }
        removed.append((name, descriptor.digest))
      }
    }
    return removed
  }

  /// An index over images of one platform each, or over those of other indexes; pushed, it is a multi-platform image.
  /// Sorted by platform, so that the order of the references says nothing.
  public func createIndex(_ name: String, of references: [String]) throws -> (digest: Digest, platforms: [String]) {
    let name = try Self.storeName(name)
    var entries: [(descriptor: BlobDescriptor, origin: String)] = []
    for reference in references {
      let image = try locator.locate(reference)
      if !image.isStored {
        var copy = ImageCopy(
          from: image.source, to: CheckedDestination(StoreDestination(locator.store, name: nil), in: locator.store))
        copy.includesReferrers = true
        try copy.run()
      }
      entries += try images(of: image).map { ($0, image.name) }
    }
    entries.sort { Self.key($0.descriptor) < Self.key($1.descriptor) }
    for (one, next) in zip(entries, entries.dropFirst()) where one.descriptor.platform == next.descriptor.platform {
      throw ImagesFailure.twoImages(of: Self.key(one.descriptor), one.origin, next.origin)
    }
    let bytes = CanonicalJSON.encode(ImageIndex(manifests: entries.map(\.descriptor)).json)
    let root = try ImageDocument(bytes, mediaType: .imageIndex, name: name)
    let destination = StoreDestination(locator.store, name: name)
    try destination.put(root)
    try destination.finish(root)
    return (root.descriptor.digest, entries.map { Self.key($0.descriptor) })
  }

  /// The descriptors of the images with the platform that their configs say.
  private func images(of image: LocatedImage) throws -> [BlobDescriptor] {
    try CopyPlan.make(image.source).documents.compactMap { document in
      guard case .manifest(let manifest) = document.content, manifest.isImage else { return nil }
      let platform = try SingleImage(document, in: image.source).config.platform
      let old = document.descriptor
      return BlobDescriptor(mediaType: old.mediaType, digest: old.digest, size: old.size, platform: platform)
    }
  }

  private static func key(_ descriptor: BlobDescriptor) -> String { descriptor.platform?.description ?? "" }

  private static func storeName(_ text: String) throws -> String {
    guard case .name(let name, _) = try ImageReference(parsing: text, in: "/"), Digest(name) == nil else {
      throw ImagesFailure.digestAsName(text)
    }
    return name
  }
}
