public import PackCore

/// An image of an OCI image layout (OCI image spec, image-layout.md), which is a directory or a tar archive.
public struct LayoutSource: ImageSource {
  public let name: String
  private let files: LayoutFiles
  private let tag: String?

  /// - Parameter tag: `org.opencontainers.image.ref.name`, or nil for the only image that is there.
  public init(layout: HostPath, tag: String? = nil) {
    self.init(place: DirectoryPlace(path: layout), tag: tag, name: "oci:\(layout)" + (tag.map { ":\($0)" } ?? ""))
  }

  init(place: any LayoutPlace, tag: String?, name: String) {
    files = LayoutFiles(place: place)
    self.tag = tag
    self.name = name
  }

  /// The names that the index gives, sorted.
  public func tags() throws -> [String] { Self.tags(try files.index()) }

  /// The index's entry that the tag names, as it stands there: with platform and annotations.
  public func descriptor() throws -> BlobDescriptor {
    let index = try files.index()
    let all = index.manifests.filter { $0.mediaType.isManifest || $0.mediaType.isIndex }
    let images = all.contains { $0.artifactType == nil } ? all.filter { $0.artifactType == nil } : all
    let named = images.filter { $0.annotations[ImageTag.annotation] != nil }
    // What has no name beside something that has one says something about it: a signature, an SBOM. "The image" of a
    // layout of packc's is the container's.
    let matching = tag.map { tag in Self.entries(named, of: tag) } ?? Self.containers(named.isEmpty ? images : named)
    guard matching.count == 1, let found = matching.first else {
      throw OCIFailure.noTag(tag, in: files.place.path, found: Self.tags(index))
    }
    return found
  }

  /// What the layout calls the image: the whole name that Docker writes, else its tag; may be nothing.
  public func names() throws -> [String] {
    let annotations = try descriptor().annotations
    return [annotations[ImageTag.fullNameAnnotation] ?? annotations[ImageTag.annotation]].compactMap { $0 }
  }

  public func root() throws -> ImageDocument { try document(descriptor()) }

  public func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    try ImageDocument(files.bytes(descriptor), descriptor: descriptor, name: label(descriptor.digest))
  }

  public func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try files.blob(descriptor).read(descriptor, name: label(descriptor.digest), body)
  }

  public func file(of digest: Digest) -> HostPath? { files.place.hostPath(LayoutFiles.name(of: digest)) }

  /// The unnamed manifests of the index that have this subject, and those of an index `sha256-<hex>` (OCI distribution
  /// spec, "Referrers Tag Schema").
  public func referrers(of digest: Digest) throws -> [BlobDescriptor] {
    var found: Set<BlobDescriptor> = []
    for entry in try files.index().manifests {
      switch entry.annotations[ImageTag.annotation] {
      case nil where entry.mediaType.isManifest || entry.mediaType.isIndex:
        if try document(entry).subject?.digest == digest { found.insert(entry) }
      case "sha256-\(digest.hex)" where entry.mediaType.isIndex:
        found.formUnion(try document(entry).children)
      default: continue
      }
    }
    return found.sorted { $0.digest < $1.digest }
  }

  private func label(_ digest: Digest) -> String {
    let name = LayoutFiles.name(of: digest)
    return files.place.hostPath(name)?.description ?? "\(files.place.path): \(name)"
  }

  /// By its name in the layout, or by the full one that Docker writes beside it.
  private static func entries(_ named: [BlobDescriptor], of tag: String) -> [BlobDescriptor] {
    let exact = named.filter { $0.annotations[ImageTag.annotation] == tag }
    return exact.count == 1 ? exact : named.filter { $0.annotations[ImageTag.fullNameAnnotation] == tag }
  }

  private static func containers(_ images: [BlobDescriptor]) -> [BlobDescriptor] {
    let containers = images.filter { $0.annotations[MachineLabels.kind] == nil }
    return containers.isEmpty ? images : containers
  }

  private static func tags(_ index: ImageIndex) -> [String] {
    index.manifests.compactMap { $0.annotations[ImageTag.annotation] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
