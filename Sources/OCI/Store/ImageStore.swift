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

  private var index: HostPath { content.root / "index.json" }

  /// Every image with a name, sorted by it.
  public func images() throws -> [(name: String, descriptor: BlobDescriptor)] {
    try read().sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  public func find(_ name: String) throws -> BlobDescriptor? { try read()[name] }

  /// Changes names, all at once: what another process named meanwhile stays.
  public func update(_ change: (inout [String: BlobDescriptor]) throws -> Void) throws {
    let lock = try Descriptor.open(content.root / "lock", O_RDWR | O_CREAT)
    while flock(lock.raw, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Failure.system("lock", content.root / "lock", errno: errno) }
      try Interruption.check()
    }
    var names = try read()
    let before = names
    try change(&names)
    guard names != before || !FileSystem.exists(index) else { return }
    if !FileSystem.exists(content.root / "oci-layout") {
      try FileSystem.writeAtomically(
        CanonicalJSON.encode(ImageLayoutWriter.layoutFile), to: content.root / "oci-layout")
    }
    try FileSystem.writeAtomically(CanonicalJSON.encode(Self.index(of: names).json), to: index)
  }

  private static func index(of names: [String: BlobDescriptor]) -> ImageIndex {
    ImageIndex(
      manifests: names.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, descriptor in
        var descriptor = descriptor
        descriptor.annotations[ImageTag.annotation] = name
        return descriptor
      })
  }

  private func read() throws -> [String: BlobDescriptor] {
    guard FileSystem.exists(index) else { return [:] }
    let manifests = try LayoutFiles(root: content.root).index().manifests
    return manifests.reduce(into: [:]) { names, descriptor in
      var descriptor = descriptor
      guard let name = descriptor.annotations.removeValue(forKey: ImageTag.annotation) else { return }
      names[name] = descriptor
    }
  }
}
