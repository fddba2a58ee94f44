internal import PackCore

/// Writes an image into packc's own store and names it. Until the name is given, what was written belongs to nothing.
public struct StoreDestination: ImageDestination {
  public var name: String { imageName ?? "the store" }
  private let imageName: String?
  private let store: ImageStore
  /// Documents with a subject, which the index has to name since nothing else does.
  private let referrers = Locked<[BlobDescriptor]>([])

  /// - Parameter name: the image's, with its tag; nil for what something else will name before this process ends.
  public init(_ store: ImageStore, name: String?) {
    self.store = store
    imageName = name
  }

  public func has(_ descriptor: BlobDescriptor) throws -> Bool {
    try store.content.reuse(descriptor.digest, size: descriptor.size)
  }

  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws {
    // What comes over a network goes on where an earlier attempt, also one that was killed, was cut.
    if source.registry != nil, let part = try store.content.resume(descriptor.digest) {
      return try resume(part, descriptor, from: source, progress)
    }
    let staged = try store.content.stage()
    var done: Int64 = 0
    try source.read(descriptor) { bytes in
      try staged.file.write(bytes)
      done += Int64(bytes.count)
      progress(done)
    }
    try staged.commit(as: descriptor.digest)
  }

  /// The digest of all bytes decides. When it is wrong, the old ones may be at fault, so all are fetched once more.
  private func resume(
    _ part: borrowing ContentStore.StagedBlob, _ descriptor: BlobDescriptor, from source: any ImageSource,
    _ progress: @Sendable (Int64) -> Void
  ) throws {
    let had = FileStatus(try part.file.status()).size
    do {
      try complete(part, descriptor, from: source, progress)
    } catch let failure as Failure where failure.code == "damaged_image" {
      guard had > 0 else {
        part.discard()
        throw failure
      }
      try part.file.truncate()
      do {
        try complete(part, descriptor, from: source, progress)
      } catch let failure as Failure where failure.code == "damaged_image" {
        part.discard()
        throw failure
      }
    }
    try part.commit(as: descriptor.digest)
  }

  private func complete(
    _ part: borrowing ContentStore.StagedBlob, _ descriptor: BlobDescriptor, from source: any ImageSource,
    _ progress: @Sendable (Int64) -> Void
  ) throws {
    var check = BlobCheck(descriptor, name: source.name)
    var done: Int64 = 0
    try part.file.eachChunk { bytes in
      try check.update(bytes)
      done += Int64(bytes.count)
    }
    if done > 0 { progress(done) }
    if done < descriptor.size {
      try source.read(descriptor, from: done) { bytes in
        try check.update(bytes)
        try part.file.write(bytes)
        done += Int64(bytes.count)
        progress(done)
      }
    }
    try check.finish()
  }

  public func put(_ document: ImageDocument) throws {
    try store.content.put(document.bytes)
    if document.subject != nil { referrers.withLock { $0.append(document.descriptor) } }
  }

  public func finish(_ root: ImageDocument) throws {
    let referrers = referrers.withLock { $0 }
    try store.updateContents { contents in
      if let imageName { contents.names[imageName] = root.descriptor.unnamed }
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
