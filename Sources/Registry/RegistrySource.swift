public import OCI
public import PackCore

/// An image in a registry, to be read. Documents and blobs are fetched when they are asked for, and checked.
public struct RegistrySource: ImageSource {
  public let name: String
  public let reference: RegistryReference
  let repository: RegistryRepository

  /// - Parameter client: of the reference's host.
  public init(_ client: RegistryClient, _ reference: RegistryReference) {
    self.reference = reference
    name = reference.description
    repository = RegistryRepository(client, reference, .pull)
  }

  public func root() throws -> ImageDocument {
    if let found = try rootIfPresent() { return found }
    throw missing()
  }

  /// The same for whoever does not expect it to be there.
  public func rootIfPresent() throws -> ImageDocument? { try repository.manifest(reference.manifest)?.document }

  public func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    let name = "\(repository.description)@\(descriptor.digest)"
    guard let (document, _) = try repository.manifest(descriptor.digest.description) else {
      throw RegistryFailure.damaged("the registry does not have this manifest, which its index names", in: name)
    }
    // Also compares type and size with what named it.
    return try ImageDocument(document.bytes, descriptor: descriptor.taking(document.descriptor), name: name)
  }

  public func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var check = BlobCheck(descriptor, name: name)
    try repository.read(descriptor, from: 0) { bytes in
      try check.update(bytes)
      try body(bytes)
    }
    try check.finish()
  }

  /// The connection goes on there, so that nothing comes twice.
  public func read(
    _ descriptor: BlobDescriptor, from offset: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws { try repository.read(descriptor, from: offset, body) }

  public var registry: RegistryReference? { reference }

  public func referrers(of digest: Digest) throws -> [BlobDescriptor] { try repository.referrers(of: digest) }

  /// With the tags that there are, where the registry tells them.
  private func missing() -> Failure {
    let tags = (try? repository.tags(limit: 2000)) ?? nil
    guard let tags = tags?.filter({ !$0.hasPrefix("sha256-") }), !tags.isEmpty,
      let tag = reference.digest == nil ? reference.tag ?? "latest" : nil
    else {
      return RegistryFailure.notFound(
        "\(repository.client.host) has no image \(reference)",
        hint: "check the spelling; some registries say so, too, when you may not see it: "
          + "`packc image login \(repository.client.host)`", nil)
    }
    let near = Suggestion.nearest(to: tag, in: tags).map { "did you mean \($0)? " } ?? ""
    let list = tags.prefix(12).joined(separator: ", ") + (tags.count > 12 ? ", …" : "")
    return RegistryFailure.notFound(
      "\(repository.description) has no tag \(tag)", hint: "\(near)its tags: \(list)", nil)
  }
}

extension BlobDescriptor {
  /// What named a document says of its size; the registry's Content-Type has been read already and must be the same.
  fileprivate func taking(_ found: BlobDescriptor) throws -> BlobDescriptor {
    guard found.mediaType == mediaType else {
      throw RegistryFailure.damaged(
        "the registry says it is \(found.mediaType), what names it says \(mediaType)", in: digest.description)
    }
    return self
  }
}
