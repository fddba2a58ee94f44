public import PackCore

/// Reads a finished layout back and checks that it is what it says: every descriptor against its blob, every manifest
/// against its config.
public enum ImageValidator {
  public enum Depth: Sendable {
    /// All documents, and the layers' presence, size and format.
    case structure
    /// The bytes of every blob too.
    case bytes
    /// And every layer's archive: its digest is the config's diff_id, and it passes all checks of `LayerReader`.
    case contents
  }

  /// - Throws: `damaged_image` with the file in its location, for the first thing that is wrong; with `contents`, what
  ///   `LayerReader` throws.
  public static func validate(_ layout: HostPath, depth: Depth = .bytes) throws {
    let files = LayoutFiles(root: layout)
    let index = try files.index()
    try checkTags(index, files)
    for descriptor in index.manifests { try validate(descriptor, files, depth, nesting: 0) }
  }

  private static let deepestNesting = 4

  private static func checkTags(_ index: ImageIndex, _ files: LayoutFiles) throws {
    func damaged(_ problem: String) -> Failure { files.place.damaged(problem, "index.json") }
    guard !index.manifests.isEmpty else { throw damaged("the index names no image") }
    var seen: Set<String> = []
    for tag in index.manifests.compactMap({ $0.annotations[ImageTag.annotation] }) {
      guard (try? ImageTag(tag)) != nil else { throw damaged("\"\(tag)\" is not a name for an image") }
      guard seen.insert(tag).inserted else { throw damaged("two images have the name \(tag)") }
    }
  }

  private static func validate(
    _ descriptor: BlobDescriptor, _ files: LayoutFiles, _ depth: Depth, nesting: Int
  ) throws {
    try Interruption.check()
    switch descriptor.mediaType {
    case .imageManifest:
      try validate(files.document(descriptor) { try ImageManifest($0) }, of: descriptor, files, depth)
    case .imageIndex:
      guard nesting < deepestNesting else {
        throw files.damaged("indexes are nested too deeply", descriptor.digest)
      }
      for inner in try files.document(descriptor, { try ImageIndex($0) }).manifests {
        try validate(inner, files, depth, nesting: nesting + 1)
      }
    default:
      throw files.place.damaged("the index names a \(descriptor.mediaType), which is no image", "index.json")
    }
  }

  private static func validate(
    _ manifest: ImageManifest, of descriptor: BlobDescriptor, _ files: LayoutFiles, _ depth: Depth
  ) throws {
    for blob in [manifest.config] + manifest.layers {
      try Interruption.check()
      if depth != .structure { try files.checkBytes(of: blob) } else { try files.blob(blob) }
    }
    // An artifact that is no image (a signature, an SBOM) has another config, and layers of any type.
    guard manifest.config.mediaType == .imageConfig else { return }
    let config = try files.document(manifest.config) { try ImageConfig($0) }
    try check(config, against: manifest, descriptor, files)
    for layer in manifest.layers { try files.checkFormat(of: layer) }
    guard depth == .contents else { return }
    let source = LayoutSource(place: files.place, tag: nil, name: files.place.path.description)
    _ = try ImageFiles.read(SingleImage(source.document(descriptor), in: source))
  }

  private static func check(
    _ config: ImageConfig, against manifest: ImageManifest, _ descriptor: BlobDescriptor, _ files: LayoutFiles
  ) throws {
    if let problem = config.disagreements(with: manifest, platform: descriptor.platform).first {
      throw files.damaged(problem, manifest.config.digest)
    }
  }
}
