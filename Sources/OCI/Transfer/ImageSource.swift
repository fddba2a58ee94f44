public import PackCore

/// Where an image can be read: a layout, an archive, the store, a registry. Everything that comes out of one is checked
/// against the digest and the size that named it, so whoever reads need not know what is behind.
public protocol ImageSource: Sendable {
  /// For people: `oci:.packc/image:shop`, `registry.example/shop:1`.
  var name: String { get }

  /// What the reference names: a manifest or an index.
  func root() throws -> ImageDocument

  /// A document that another one names.
  func document(_ descriptor: BlobDescriptor) throws -> ImageDocument

  /// Streams a blob. The last call of `body` may come before the digest is found wrong, so nothing that `body` made
  /// counts until this returns.
  /// - Throws: `damaged_image` when size or digest are not the descriptor's; whatever `body` throws.
  func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// The same from `offset` on, for whoever has the bytes before it and checks size and digest of all: those are not
  /// compared here.
  func read(_ descriptor: BlobDescriptor, from offset: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// Where the blob lies as a file of this host, unread and unchecked; nil when it has to be streamed.
  func file(of digest: Digest) -> HostPath?

  /// The repository of a registry where the blobs lie, so that another one of it can take them over unseen.
  var registry: RegistryReference? { get }

  /// Descriptors of manifests whose subject has this digest, sorted by digest.
  func referrers(of digest: Digest) throws -> [BlobDescriptor]
}

extension ImageSource {
  public func file(of digest: Digest) -> HostPath? { nil }
  public var registry: RegistryReference? { nil }

  /// Reads all, and leaves out what is known.
  public func read(
    _ descriptor: BlobDescriptor, from offset: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var skip = offset
    try read(descriptor) { bytes in
      let known = Int(min(skip, Int64(bytes.count)))
      skip -= Int64(known)
      if known < bytes.count { try body(UnsafeRawBufferPointer(rebasing: bytes[known...])) }
    }
  }
}
