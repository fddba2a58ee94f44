internal import OCI
internal import PackCore

/// The image that a build left in its project, with what packc's store knows of the same image beside what the layout has:
/// the layout is made anew by the next build, signatures are not.
struct BuiltSource: ImageSource {
  let layout: LayoutSource
  let store: ImageStore

  var name: String { layout.name }
  func root() throws -> ImageDocument { try layout.root() }

  func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    try isStored(descriptor) ? stored(descriptor).document(descriptor) : layout.document(descriptor)
  }

  func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try isStored(descriptor) ? stored(descriptor).read(descriptor, body) : layout.read(descriptor, body)
  }

  func file(of digest: Digest) -> HostPath? {
    let own = layout.file(of: digest)
    return own.map(FileSystem.exists) == true ? own : store.content.path(of: digest)
  }

  func referrers(of digest: Digest) throws -> [BlobDescriptor] {
    let own = try layout.referrers(of: digest)
    let known = Set(own.map(\.digest))
    let more = try stored(BlobDescriptor(mediaType: .imageManifest, digest: digest, size: 0)).referrers(of: digest)
    return (own + more.filter { !known.contains($0.digest) }).sorted { $0.digest < $1.digest }
  }

  /// What the layout has counts.
  private func isStored(_ descriptor: BlobDescriptor) -> Bool {
    guard let own = layout.file(of: descriptor.digest), FileSystem.exists(own) else {
      return store.content.contains(descriptor.digest)
    }
    return false
  }

  private func stored(_ descriptor: BlobDescriptor) -> StoreSource {
    StoreSource(store, descriptor: descriptor, name: layout.name)
  }
}
