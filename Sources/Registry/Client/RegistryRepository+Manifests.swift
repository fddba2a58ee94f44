internal import OCI
internal import PackCore

/// Manifests and tags (distribution spec, "Pulling manifests", "Pushing Manifests", "Listing Tags").
extension RegistryRepository {
  private static let manifestTypes: [MediaType] = [.imageManifest, .imageIndex, .dockerManifest, .dockerManifestList]
  private static let accept = manifestTypes.map(\.description).joined(separator: ", ")

  /// The document of a tag or digest.
  /// - Parameter reference: a tag or a digest.
  /// - Returns: nil when there is none.
  /// - Throws: `damaged_image` when headers, digest and bytes disagree; `registry_answer` for what is no manifest.
  func manifest(_ reference: String) throws -> (document: ImageDocument, headers: HTTPHeaders)? {
    let response = try send(
      "GET", "manifests/\(reference)", accept: Self.accept, answerLimit: ImageDocument.sizeLimit)
    if response.status == 404, !response.isHTML { return nil }
    guard response.status == 200 else { throw client.failure(response, "manifest \(name) \(reference)") }
    let document = try ImageDocument(
      response.body, mediaType: try mediaType(response), name: "\(description) \(reference)")
    try check(document.descriptor.digest, response.headers, "\(description) \(reference)")
    if let asked = Digest(reference), asked != document.descriptor.digest {
      throw RegistryFailure.damaged(
        "the registry gave a document with the digest \(document.descriptor.digest)", in: "\(description)@\(asked)")
    }
    return (document, response.headers)
  }

  /// Digest and media type of a tag without its bytes; nil when there is none.
  func has(manifest reference: String) throws -> Bool {
    let response = try send("HEAD", "manifests/\(reference)", accept: Self.accept)
    if response.status == 404 { return false }
    guard response.status == 200 else { throw client.failure(response, "manifest \(name) \(reference)") }
    // A registry that gives a web page for everything has nothing.
    return response.headers.contentType.flatMap { MediaType($0) }.map(Self.manifestTypes.contains) ?? true
  }

  /// - Parameter match: the `ETag` that what stands there must still have.
  /// - Returns: the answer's headers; nil when `match` is not true any more.
  @discardableResult
  func put(_ document: ImageDocument, as reference: String, ifMatch match: String? = nil) throws -> HTTPHeaders? {
    var request = HTTPRequest(
      "PUT", try url("manifests/\(reference)"),
      headers: [("Content-Type", document.descriptor.mediaType.description)], body: .bytes(document.bytes))
    if let match { request.headers.append(("If-Match", match)) }
    let response = try client.send(request, scope: scope)
    if response.status == 412, match != nil { return nil }
    guard response.isSuccess, !response.isHTML else {
      throw client.failure(response, "manifest \(name) \(reference)")
    }
    try check(document.descriptor.digest, response.headers, "\(description) \(reference)")
    return response.headers
  }

  /// The tags, sorted by bytes; nil when the registry does not say.
  /// - Parameter limit: further ones are left out.
  func tags(limit: Int = 100_000) throws -> [String]? {
    var next: HTTPURL? = try url("tags/list").adding("n", "1000")
    var tags: Set<String> = []
    var pages = 0
    while let page = next, tags.count < limit, pages < 1000 {
      pages += 1
      let response = try client.send(
        HTTPRequest("GET", page, headers: [("Accept", "application/json")], answerLimit: 8 << 20), scope: scope)
      guard response.status == 200, !response.isHTML else { return pages == 1 ? nil : sorted(tags) }
      let document = try JSONParser.parse(response.body, name: "the tags of \(description)")
      let before = tags.count
      for tag in document["tags"]?.array ?? [] {
        if let tag = tag.string, tag.utf8.count <= 128 { tags.insert(tag) }
      }
      // A page that brings nothing new would go on for ever.
      next = tags.count > before ? try nextPage(response) : nil
    }
    return sorted(tags)
  }

  /// The page that `Link` names; on the same host only, since our token goes there.
  func nextPage(_ response: HTTPResponse) throws -> HTTPURL? {
    guard let target = LinkHeader.next(response.headers.all("link")) else { return nil }
    guard let url = response.url.resolving(target), url.origin == response.url.origin else {
      throw RegistryFailure.answer(response.url, "its next page is at another host, or nowhere")
    }
    return url
  }

  private func sorted(_ tags: Set<String>) -> [String] {
    tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The document's type by `Content-Type`; the body's own `mediaType` is compared with it later.
  private func mediaType(_ response: HTTPResponse) throws -> MediaType {
    if response.isHTML { throw RegistryFailure.html(response) }
    guard let text = response.headers.contentType else {
      throw RegistryFailure.answer(response.url, "it has no Content-Type, so one does not know what it is")
    }
    if text.hasPrefix("application/vnd.docker.distribution.manifest.v1") {
      throw RegistryFailure.answer(
        response.url, "a manifest of Docker's schema 1, which was given up in 2019",
        hint: "push the image again with a tool of today")
    }
    guard let type = MediaType(text), Self.manifestTypes.contains(type) else {
      throw RegistryFailure.answer(response.url, "its Content-Type \(client.shown(text)) is no manifest's")
    }
    return type
  }

  private func check(_ digest: Digest, _ headers: HTTPHeaders, _ what: String) throws {
    guard let said = headers["docker-content-digest"], said.hasPrefix("sha256:"), said != digest.description else {
      return
    }
    throw RegistryFailure.damaged(
      "the registry says its digest is \(client.shown(said)), its bytes have \(digest)", in: what)
  }
}

extension RegistryClient {
  /// A value that the registry sent, for a message.
  func shown(_ text: String) -> String { Self.plain(authorizer.redacted(text)) ?? "\"\"" }
}

/// `Link: </v2/…?n=1000&last=x>; rel="next"` (RFC 8288).
enum LinkHeader {
  /// The target of the first link with the relation `next`.
  static func next(_ fields: [String]) -> String? {
    for field in fields.prefix(16) {
      var rest = field[...]
      while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
        let target = rest[rest.index(after: open)..<close]
        rest = rest[rest.index(after: close)...]
        let parameters = rest.prefix { $0 != "<" }
        let isNext = parameters.split(separator: ";").contains { parameter in
          let pair = parameter.split(separator: "=", maxSplits: 1)
          guard pair.count == 2, pair[0].trimming({ $0 == " " }).lowercased() == "rel" else { return false }
          let value = pair[1].trimming { " \t,\"".contains($0) }
          return value.lowercased().split(separator: " ").contains("next")
        }
        if isNext { return String(target) }
      }
    }
    return nil
  }
}
