internal import OCI
internal import PackCore

/// Where what says something about an image is laid: where the image lies.
struct AttachmentPlace {
  private enum Kind {
    case store
    case layout(HostPath)
    case registry(RegistryReference, RegistryAccess)
  }
  private let kind: Kind
  /// Where artifacts are made.
  private let store: ImageStore

  /// - Throws: `cannot_attach` for an archive, which is not written into.
  init(_ image: LocatedImage, _ digest: Digest, _ locator: ImageLocator) throws {
    store = locator.store
    let isNamed =
      image.source is BuiltSource
      ? try locator.store.images().contains { $0.descriptor.digest == digest } : false
    if image.isStored || isNamed {
      kind = .store
    } else if let layout = image.layout {
      kind = .layout(layout)
    } else if let reference = image.source.registry {
      kind = .registry(reference, try locator.access(reference))
    } else {
      throw ImagesFailure.cannotAttach(image.source.name)
    }
  }

  var name: String {
    switch kind {
    case .store: "packc's store"
    case .layout(let path): "oci:\(path)"
    case .registry(let reference, _): "\(reference.host)/\(reference.repository)"
    }
  }

  func attach(_ artifact: ImageBuilder.Assembled, _ reporter: Reporter) throws {
    switch kind {
    case .store: try store.updateContents { $0.referrers.insert(artifact.descriptor) }
    case .layout(let path): try copy(artifact, to: LayoutDestination(layout: path, tag: nil), reporter)
    case .registry(let reference, let access):
      let name = RegistryReference(
        host: reference.host, repository: reference.repository, tag: nil, digest: artifact.descriptor.digest)
      try copy(artifact, to: access.destination(name), reporter)
    }
  }

  private func copy(
    _ artifact: ImageBuilder.Assembled, to destination: any ImageDestination, _ reporter: Reporter
  ) throws {
    let source = StoreSource(store, descriptor: artifact.descriptor, name: "the store")
    try ImageCopy(from: source, to: destination, reporter: reporter).run()
  }
}
