public import PackCore

/// An image of packc's own store.
public struct StoreSource: ImageSource {
  public let name: String
  private let store: ImageStore
  private let descriptor: BlobDescriptor

  /// - Parameters:
  ///   - descriptor: what the store's index says of it.
  ///   - name: the image's, for messages.
  public init(_ store: ImageStore, descriptor: BlobDescriptor, name: String) {
    self.store = store
    self.descriptor = descriptor
    self.name = name
  }

  public func root() throws -> ImageDocument {
    // Whatever becomes of its name while it is read; a store that may not be written nobody collects either.
    try? store.content.hold(descriptor.digest)
    return try document(descriptor)
  }

  public func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    try ImageDocument(store.files.bytes(descriptor), descriptor: descriptor, name: label(descriptor.digest))
  }

  public func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try store.files.blob(descriptor).read(descriptor, name: label(descriptor.digest), body)
  }

  public func file(of digest: Digest) -> HostPath? { store.content.path(of: digest) }

  public func referrers(of digest: Digest) throws -> [BlobDescriptor] {
    // What is not there any more says of nobody's image anything; the others' referrers are not this image's fault.
    try store.referrers().filter { entry in
      guard store.content.contains(entry.digest) else { return false }
      return try document(entry).subject?.digest == digest
    }
  }

  private func label(_ digest: Digest) -> String { store.content.path(of: digest).description }
}
