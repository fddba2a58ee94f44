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

  /// Where the blob lies as a file of this host, unread and unchecked; nil when it has to be streamed.
  func file(of digest: Digest) -> HostPath?

  /// Descriptors of manifests whose subject has this digest, sorted by digest.
  func referrers(of digest: Digest) throws -> [BlobDescriptor]
}

extension ImageSource {
  public func file(of digest: Digest) -> HostPath? { nil }
}
