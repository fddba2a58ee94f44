internal import Glibc
public import PackCore

/// Images by name. The store of blobs is an image layout itself, so that other tools can read it where it lies:
///
///     ROOT/oci-layout   ROOT/index.json   ROOT/blobs/sha256/<hex>   ROOT/staging   ROOT/lock
///
/// `index.json` is replaced in one step under a lock; several packc share it.
public struct ImageStore: Sendable {
  public let content: ContentStore

  public init(content: ContentStore) throws {
    self.content = content
  }

  /// What `index.json` says.
  public struct Contents: Hashable, Sendable {
    public var names: [String: BlobDescriptor] = [:]
    /// Manifests without a name that say something about another one: signatures, SBOMs, symbols.
    public var referrers: Set<BlobDescriptor> = []
  }

  private var index: HostPath { content.root / "index.json" }
  /// Equal to an earlier one when no name changed since.
  func indexStatus() throws -> FileStatus? { try FileSystem.status(index) }
  var files: LayoutFiles { LayoutFiles(root: content.root) }

  /// Every image with a name, sorted by it.
  public func images() throws -> [(name: String, descriptor: BlobDescriptor)] {
    try contents().names.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  public func find(_ name: String) throws -> BlobDescriptor? { try contents().names[name] }

  /// Sorted by digest.
  public func referrers() throws -> [BlobDescriptor] { try contents().referrers.sorted { $0.digest < $1.digest } }

  /// Changes names, all at once: what another process named meanwhile stays.
  public func update(_ change: (inout [String: BlobDescriptor]) throws -> Void) throws {
    try updateContents { try change(&$0.names) }
  }

  /// Changes names and referrers, all at once.
  public func updateContents(_ change: (inout Contents) throws -> Void) throws {
    let lock = try Descriptor.open(content.root / "lock", O_RDWR | O_CREAT)
    try lock.lockExclusively(content.root / "lock")
    var contents = try contents()
    let before = contents
    try change(&contents)
    guard contents != before || !FileSystem.exists(index) else { return }
    if !FileSystem.exists(content.root / "oci-layout") {
      try FileSystem.writeAtomically(
        CanonicalJSON.encode(ImageLayoutWriter.layoutFile), to: content.root / "oci-layout")
    }
    // After a power cut there are either these names with all their blobs, or the old names.
    try content.syncNames()
    try FileSystem.writeAtomically(CanonicalJSON.encode(Self.index(of: contents).json), to: index)
    try FileSystem.syncDirectory(content.root)
  }

  /// The names first, sorted, then the referrers by digest.
  private static func index(of contents: Contents) -> ImageIndex {
    let named = contents.names.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, descriptor in
      var descriptor = descriptor
      descriptor.annotations[ImageTag.annotation] = name
      return descriptor
    }
    return ImageIndex(manifests: named + contents.referrers.sorted { $0.digest < $1.digest })
  }

  /// - Throws: `damaged_store` when it is not what packc writes there: torn, by a later version, by another tool.
  public func contents() throws -> Contents {
    guard FileSystem.exists(index) else { return Contents() }
    let manifests: [BlobDescriptor]
    do {
      manifests = try files.index().manifests
    } catch let failure as Failure where ["damaged_image", "no_image", "file_too_large"].contains(failure.code) {
      throw OCIFailure.store(index, failure.message)
    }
    return try manifests.reduce(into: Contents()) { contents, descriptor in
      var descriptor = descriptor
      guard let name = descriptor.annotations.removeValue(forKey: ImageTag.annotation) else {
        contents.referrers.insert(descriptor)
        return
      }
      guard contents.names.updateValue(descriptor, forKey: name) == nil else {
        throw OCIFailure.store(index, "two images have the name \(name)")
      }
    }
  }
}
