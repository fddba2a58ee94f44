public import PackCore

/// Writes an OCI image layout (OCI image spec, image-layout.md):
///
///     oci-layout   index.json   blobs/sha256/<hex>…
///
/// The whole directory is built beside its place, checked, and put there in one step.
public enum ImageLayoutWriter {
  static let layoutFile: JSONValue = ["imageLayoutVersion": "1.0.0"]

  /// Replaces the layout at `target` by one that holds these images, what refers to them, and nothing else. Blobs are second names of the
  /// store's files where the file system can, else copies.
  /// - Throws: `not_an_image_layout` when something else is at `target`.
  public static func write(
    _ images: [(tag: ImageTag, image: ImageBuilder.Assembled)], referrers: [ImageBuilder.Assembled] = [],
    store: ContentStore, to target: HostPath
  ) throws {
    try refuseToReplaceOthers(target)
    let staged = try StagedDirectory(for: target)
    let blobs = staged.path / "blobs/sha256"
    try makeDirectory(staged.path / "blobs")
    try makeDirectory(blobs)
    for descriptor in Set((images.map(\.image) + referrers).flatMap(\.blobs).map(\.digest)) {
      try FileSystem.linkOrCopy(store.path(of: descriptor), to: blobs / descriptor.hex, mode: 0o444)
    }
    try put(layoutFile, at: staged.path / "oci-layout")
    try put(index(of: images, referrers).json, at: staged.path / "index.json")
    // The layers' bytes were hashed when the store took them.
    try ImageValidator.validate(staged.path, depth: .structure)
    try Interruption.check()
    try staged.commit()
  }

  /// The images with their tags first; referrers have none, so that no reader takes one for an image.
  private static func index(
    of images: [(tag: ImageTag, image: ImageBuilder.Assembled)], _ referrers: [ImageBuilder.Assembled]
  ) -> ImageIndex {
    let named = images.map { tag, image in
      var descriptor = image.descriptor
      descriptor.annotations[ImageTag.annotation] = tag.description
      return descriptor
    }
    return ImageIndex(manifests: named + referrers.map(\.descriptor).sorted { $0.digest < $1.digest })
  }

  /// A layout without an image.
  static func makeEmpty(_ root: HostPath) throws {
    try put(layoutFile, at: root / "oci-layout")
    try put(ImageIndex(manifests: []).json, at: root / "index.json")
  }

  private static func put(_ json: JSONValue, at path: HostPath) throws {
    try FileSystem.writeAtomically(CanonicalJSON.encode(json), to: path, durable: false)
  }

  /// 0755 under any umask.
  static func makeDirectory(_ path: HostPath) throws {
    try FileSystem.createDirectory(path)
    try FileSystem.setMode(path, 0o755)
  }

  /// A layout, an empty directory and nothing at all may be replaced; somebody's files may not.
  static func refuseToReplaceOthers(_ target: HostPath) throws {
    guard let found = try FileSystem.target(target) else { return }
    guard found.kind == .directory,
      try FileSystem.exists(target / "oci-layout") || DirectoryWalk.names(in: target).isEmpty
    else { throw OCIFailure.notALayout(target) }
  }
}
