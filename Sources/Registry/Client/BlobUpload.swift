internal import OCI
internal import PackCore

/// Sends one blob that lies in a file (distribution spec, "Pushing blobs"):
///
///     POST uploads/?mount=…&from=…  201: it was mounted from another repository
///                                   202: Location of a session
///     PUT  Location?digest=…        all of it in one request
///     GET  Location                 after a cut: how far the registry has it
///     PATCH Location                the rest of it; in pieces where a proxy limits requests (413)
///     PUT  Location?digest=…        closes what PATCH brought
struct BlobUpload {
  enum Outcome { case sent, mounted }

  private let repository: RegistryRepository
  private let descriptor: BlobDescriptor
  private let progress: @Sendable (Int64) -> Void
  private var attempts: Attempts
  /// Bytes of a PATCH; nil while nothing limits requests.
  private var pieces: Int64?
  /// How often the whole was begun.
  private var rounds = 0

  private static let roundLimit = 4

  /// A session of the registry: where to go on, and how much it has.
  private struct Session {
    var location: HTTPURL
    var offset: Int64 = 0
  }
  private enum Step {
    case done
    case more(Session)
    case restart(Failure)
  }

  init(
    _ repository: RegistryRepository, _ descriptor: BlobDescriptor, progress: @escaping @Sendable (Int64) -> Void
  ) {
    self.repository = repository
    self.descriptor = descriptor
    self.progress = progress
    attempts = Attempts(repository.client.options.retries, size: descriptor.size)
  }

  private var what: String { "blob \(descriptor.digest.short)… to \(repository.name)" }
  private var client: RegistryClient { repository.client }

  /// - Parameters:
  ///   - sources: repositories of the same registry that may have the blob.
  ///   - file: where the blob lies; asked for only when it has to be sent.
  mutating func run(mountingFrom sources: [String] = [], file: () throws -> HostPath) throws -> Outcome {
    var session: Session?
    for source in sources {
      guard let next = try mount(from: source) else { return .mounted }
      session = next
    }
    let file = try file()
    while true {
      let begun = try session ?? begin()
      session = nil
      guard let failure = try send(begun, file) else { return .sent }
      rounds += 1
      guard rounds < Self.roundLimit else { throw failure }
    }
  }

  /// Nil when the blob was mounted. A registry that does not find it there begins a session, as without `mount`.
  private func mount(from source: String) throws -> Session? {
    let url = try repository.url("blobs/uploads/").adding("mount", descriptor.digest.description).adding("from", source)
    let scope = "\(repository.scope) repository:\(source):pull"
    let response = try client.send(HTTPRequest("POST", url), scope: scope)
    if response.status == 201 { return nil }
    guard response.status == 202 else {
      // Some registries refuse what they could ignore: a repository that we may not read.
      return try begin()
    }
    return Session(location: try location(response))
  }

  private func begin() throws -> Session {
    let response = try repository.send("POST", "blobs/uploads/")
    guard response.status == 202 else { throw client.failure(response, "upload of \(what)") }
    return Session(location: try location(response))
  }

  /// Until it is there, or has to be begun again: then why.
  private mutating func send(_ session: Session, _ file: HostPath) throws -> Failure? {
    var session = session
    while true {
      do {
        switch try step(session, file) {
        case .done: return nil
        case .restart(let failure): return failure
        case .more(let next): session = next
        }
      } catch let problem as Interrupted {
        try attempts.next(hasProgress: false, problem.problem)
        let known = session.offset
        guard let resumed = try resume(session) else {
          return try repository.has(blob: descriptor.digest) ? nil : problem.problem.failure
        }
        session = resumed
        if session.offset > known { attempts.madeProgress() }
      }
    }
  }

  /// A request that was cut, or that the registry could not serve for now.
  private struct Interrupted: Error { var problem: Attempts.Problem }

  private mutating func step(_ session: Session, _ file: HostPath) throws -> Step {
    if session.offset == descriptor.size, session.offset > 0 { return try close(session, body: .none) }
    if session.offset == 0, pieces == nil || descriptor.size == 0 {
      return try close(session, body: descriptor.size > 0 ? .file(file, offset: 0, length: descriptor.size) : .none)
    }
    let count = min(pieces ?? .max, descriptor.size - session.offset)
    var request = HTTPRequest(
      "PATCH", session.location,
      headers: [
        ("Content-Type", "application/octet-stream"),
        ("Content-Range", "\(session.offset)-\(session.offset + count - 1)"),
      ], body: .file(file, offset: session.offset, length: count))
    request.answerLimit = 64 << 10
    let response = try transfer(request, from: session.offset)
    guard response.status == 202 || response.status == 204 else { return try judge(response, session) }
    let next = Session(location: try location(response), offset: session.offset + count)
    // What the registry says it has counts, if it says something that can be.
    if let kept = Self.kept(response.headers), kept > session.offset, kept < next.offset {
      return .more(Session(location: next.location, offset: kept))
    }
    return .more(next)
  }

  /// `PUT ?digest=`, with all bytes or, after PATCH, with none.
  private mutating func close(_ session: Session, body: HTTPRequest.Body) throws -> Step {
    let request = HTTPRequest(
      "PUT", session.location.adding("digest", descriptor.digest.description),
      headers: [("Content-Type", "application/octet-stream")], body: body)
    let response = try transfer(request, from: descriptor.size - body.length)
    guard response.isSuccess, !response.isHTML else { return try judge(response, session) }
    if let said = response.headers["docker-content-digest"], said.hasPrefix("sha256:"),
      said != descriptor.digest.description
    {
      throw RegistryFailure.damaged(
        "the registry says it got \(client.shown(said))", in: "\(repository.description)@\(descriptor.digest)")
    }
    progress(descriptor.size)
    return .done
  }

  /// What an answer that is no success means for the rest.
  private mutating func judge(_ response: HTTPResponse, _ session: Session) throws -> Step {
    let failure = client.failure(response, what)
    if RetryPolicy.isWorthwhile(response.status) {
      throw Interrupted(
        problem: .init(failure: failure, asked: RetryPolicy.retryAfter(response.headers)))
    }
    switch response.status {
    case 413 where pieces == nil:
      pieces = max(client.options.pieceSize, response.headers.number("oci-chunk-min-length") ?? 0)
      return .restart(failure)
    case 404:
      // The session is gone: perhaps because an answer that was lost had closed it.
      return try repository.has(blob: descriptor.digest) ? .done : .restart(failure)
    case 416:
      guard let resumed = try resume(session), resumed.offset != session.offset else { return .restart(failure) }
      return .more(resumed)
    case 400 where session.offset > 0 || rounds == 0:
      // A digest that is wrong after a resumption may be the resumption's fault.
      return .restart(failure)
    default: throw failure
    }
  }

  private func transfer(_ request: HTTPRequest, from offset: Int64) throws -> HTTPResponse {
    let progress = self.progress
    do {
      return try client.once(request, scope: repository.scope) { progress(offset + $0) }
    } catch let error as TransferError {
      let failure = RegistryFailure.transfer(
        error, request.url, attempts: client.options.retries.attempts)
      guard error.kind == .connection else { throw failure }
      throw Interrupted(problem: .init(failure: failure, asked: nil))
    }
  }

  /// How far the registry got. Nil when it does not know the session, or says what may mean two things: `0-0` is one
  /// byte in the spec, and none in the most common registry.
  private func resume(_ session: Session) throws -> Session? {
    let response = try client.send(HTTPRequest("GET", session.location), scope: repository.scope)
    guard response.isSuccess, !response.isHTML, let kept = Self.kept(response.headers), kept > 1,
      kept <= descriptor.size
    else { return nil }
    return Session(location: try location(response, or: session.location), offset: kept)
  }

  /// Bytes by `Range: 0-N`.
  static func kept(_ headers: HTTPHeaders) -> Int64? {
    guard var text = headers["range"]?[...] else { return nil }
    if text.hasPrefix("bytes=") { text = text.dropFirst(6) }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(ContentRange.number)
    guard ends.count == 2, ends[0] == 0, let last = ends[1], last < .max else { return nil }
    return last + 1
  }

  /// Absolute, or relative to where the answer came from. Encrypted stays encrypted.
  private func location(_ response: HTTPResponse, or usual: HTTPURL? = nil) throws -> HTTPURL {
    guard let text = response.headers["location"] else {
      if let usual { return usual }
      throw RegistryFailure.answer(response.url, "an upload without Location")
    }
    guard let url = response.url.resolving(text) else {
      throw RegistryFailure.answer(response.url, "an upload whose Location is no URL")
    }
    guard url.scheme == .https || (response.url.scheme == .http && client.options.permits(url)) else {
      throw RegistryFailure.insecure(url, from: response.url)
    }
    return url
  }
}
