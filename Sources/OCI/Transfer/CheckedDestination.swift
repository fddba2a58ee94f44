internal import PackCore

/// Looks at all that came before the name is given: every config fits its manifest, every layer unpacks to its diffID and
/// holds nothing that no honest tool writes (`LayerReader`). Digests and sizes were checked on the way.
public struct CheckedDestination: ImageDestination {
  private let base: any ImageDestination
  /// Reads back what `base` was given.
  private let written: any ImageSource
  private let threads: Int
  private let documents = Locked<[ImageDocument]>([])

  /// - Parameter store: where `base` writes.
  public init(_ base: any ImageDestination, in store: ImageStore, threads: Int = 2) {
    self.base = base
    self.threads = threads
    // No root is ever asked of it.
    written = StoreSource(
      store, descriptor: BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: []), size: 0), name: base.name)
  }

  public var name: String { base.name }
  public func begin(_ plan: CopyPlan) throws { try base.begin(plan) }
  public func has(_ descriptor: BlobDescriptor) throws -> Bool { try base.has(descriptor) }
  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws { try base.put(descriptor, from: source, progress: progress) }

  public func put(_ document: ImageDocument) throws {
    try base.put(document)
    documents.withLock { $0.append(document) }
  }

  public func finish(_ root: ImageDocument) throws {
    var layers: Set<SingleImage.Layer> = []
    for document in documents.withLock({ $0 }) {
      guard case .manifest(let manifest) = document.content else { continue }
      if manifest.isImage { layers.formUnion(try SingleImage(document, in: written).layers) }
    }
    let largestFirst = layers.sorted {
      ($1.descriptor.size, $0.descriptor.digest, $0.diffID) < ($0.descriptor.size, $1.descriptor.digest, $1.diffID)
    }
    let reader = LayerReader(written)
    try Workers.run(largestFirst, threads: threads) { layer, stopped in
      try reader.read(layer.descriptor, diffID: layer.diffID) { _, _ in if stopped() { throw Workers.Stopped() } }
    }
    try base.finish(root)
  }
}
