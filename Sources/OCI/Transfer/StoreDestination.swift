internal import PackCore

/// Writes an image into packc's own store and names it. Until the name is given, what was written belongs to nothing.
public struct StoreDestination: ImageDestination {
  public let name: String
  private let store: ImageStore
  /// Documents with a subject, which the index has to name since nothing else does.
  private let referrers = Locked<[BlobDescriptor]>([])

  /// - Parameter name: the image's, with its tag.
  public init(_ store: ImageStore, name: String) {
    self.store = store
    self.name = name
  }

  public func has(_ descriptor: BlobDescriptor) throws -> Bool {
    try store.content.reuse(descriptor.digest, size: descriptor.size)
  }

  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws {
    let staged = try store.content.stage()
    var done: Int64 = 0
    try source.read(descriptor) { bytes in
      try staged.file.write(bytes)
      done += Int64(bytes.count)
      progress(done)
    }
    try staged.commit(as: descriptor.digest)
  }

  public func put(_ document: ImageDocument) throws {
    try store.content.put(document.bytes)
    if document.subject != nil { referrers.withLock { $0.append(document.descriptor) } }
  }

  public func finish(_ root: ImageDocument) throws {
    let referrers = referrers.withLock { $0 }
    try store.updateContents { contents in
      contents.names[name] = root.descriptor.unnamed
      contents.referrers.formUnion(referrers.map(\.unnamed))
    }
  }
}

extension BlobDescriptor {
  /// Without the annotations that give it a name where it was.
  var unnamed: BlobDescriptor {
    var copy = self
    copy.annotations = annotations.filter { key, _ in
      key != ImageTag.annotation && key != ImageTag.fullNameAnnotation
        && !key.hasPrefix("containerd.io/distribution.source.")
    }
    return copy
  }
}
