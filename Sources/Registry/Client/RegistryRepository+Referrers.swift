internal import OCI
internal import PackCore

/// What says something about a manifest (distribution spec, "Listing Referrers", "Referrers Tag Schema").
extension RegistryRepository {
  private static let limit = 4096

  /// Sorted by digest; each once.
  func referrers(of digest: Digest) throws -> [BlobDescriptor] {
    if let native = try nativeReferrers(of: digest) { return Self.sorted(native) }
    guard let (index, _) = try fallbackIndex(of: digest) else { return [] }
    return Self.sorted(index.manifests)
  }

  /// By the API of version 1.1; nil where there is none.
  private func nativeReferrers(of digest: Digest) throws -> [BlobDescriptor]? {
    var next: HTTPURL? = try url("referrers/\(digest)")
    var found: [BlobDescriptor] = []
    var pages = 0
    while let page = next, found.count < Self.limit, pages < 100 {
      pages += 1
      let response = try client.send(
        HTTPRequest(
          "GET", page, headers: [("Accept", MediaType.imageIndex.description)], answerLimit: ImageDocument.sizeLimit),
        scope: scope)
      // 404 is what the spec says of registries without the API; what else they answer to an unknown path varies.
      if pages == 1, [400, 404, 405, 406, 501].contains(response.status) { return nil }
      guard response.status == 200 else { throw client.failure(response, "referrers of \(digest.short)…") }
      guard response.headers.contentType == MediaType.imageIndex.description else {
        if pages == 1 { return nil }
        throw RegistryFailure.answer(response.url, "the referrers are no image index")
      }
      let document = try ImageDocument(
        response.body, mediaType: .imageIndex, name: "the referrers of \(description)@\(digest)")
      guard case .index(let index) = document.content else { return nil }
      found += index.manifests
      next = try nextPage(response)
    }
    return found
  }

  /// `sha256-<hex>`
  private func fallbackTag(_ digest: Digest) -> String { "sha256-\(digest.hex)" }

  private func fallbackIndex(of digest: Digest) throws -> (ImageIndex, HTTPHeaders)? {
    guard let (document, headers) = try manifest(fallbackTag(digest)) else { return nil }
    guard case .index(let index) = document.content else {
      throw RegistryFailure.damaged("it is no image index", in: "\(description):\(fallbackTag(digest))")
    }
    return (index, headers)
  }

  /// Where the registry does not keep referrers itself: one more in the index of the subject's fallback tag. Others may
  /// do the same at this moment, and few registries compare `If-Match`: so it is read again afterwards.
  func addFallbackReferrer(_ referrer: BlobDescriptor, to subject: Digest) throws {
    let tag = fallbackTag(subject)
    for attempt in 1...Self.fallbackAttempts {
      let found = try fallbackIndex(of: subject)
      var index = found?.0 ?? ImageIndex(manifests: [])
      if index.manifests.contains(where: { $0.digest == referrer.digest }) { return }
      index.manifests.append(referrer)
      index.manifests.sort { $0.digest < $1.digest }
      let document = try ImageDocument(
        CanonicalJSON.encode(index.json), mediaType: index.mediaType, name: "\(description):\(tag)")
      // Also when the registry does not compare, or another one wrote: the next round's read decides.
      try put(document, as: tag, ifMatch: found?.1["etag"])
      if attempt > 1 { try client.options.retries.pause(after: attempt - 1) }
    }
    guard try fallbackIndex(of: subject)?.0.manifests.contains(where: { $0.digest == referrer.digest }) ?? false else {
      throw RegistryFailure.contended(description, tag)
    }
  }
  private static let fallbackAttempts = 8

  private static func sorted(_ list: [BlobDescriptor]) -> [BlobDescriptor] {
    var seen: Set<Digest> = []
    return list.filter { seen.insert($0.digest).inserted }.sorted { $0.digest < $1.digest }
  }
}
