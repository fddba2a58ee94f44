internal import OCI
internal import PackCore

/// Blobs (distribution spec, "Pulling blobs").
extension RegistryRepository {
  /// Whether the blob is there.
  func has(blob digest: Digest) throws -> Bool {
    let response = try send("HEAD", "blobs/\(digest)")
    if response.status == 404 { return false }
    guard response.status == 200 else { throw client.failure(response, "blob \(digest.short)… of \(name)") }
    return response.headers.contentType != "text/html"
  }

  /// Streams the blob's bytes from `offset` to its end. A connection that is cut goes on where it was cut. The digest is
  /// the caller's to check: these may be the last bytes of a blob only.
  /// - Throws: `damaged_image` when there are more or fewer bytes than the descriptor says; `registry_…`; what `body`
  ///   throws.
  func read(
    _ descriptor: BlobDescriptor, from offset: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let name = "\(description)@\(descriptor.digest)"
    try withoutActuallyEscaping(body) { body in
      let sink = BlobSink(size: descriptor.size, position: offset, name: name, body: body)
      var attempts = Attempts(client.options.retries, size: descriptor.size)
      while sink.position < descriptor.size {
        let before = sink.position
        let problem = try attempt(descriptor, sink)
        guard sink.position < descriptor.size, let problem else { continue }
        try attempts.next(hasProgress: sink.position > before, problem)
      }
    }
  }

  /// One request for what is missing.
  /// - Returns: why it did not bring all of it, when another one may.
  private func attempt(_ descriptor: BlobDescriptor, _ sink: BlobSink) throws -> Attempts.Problem? {
    var request = HTTPRequest("GET", try url("blobs/\(descriptor.digest)"))
    if sink.position > 0 { request.headers.append(("Range", "bytes=\(sink.position)-")) }
    do {
      let response = try client.once(request, scope: scope, sink: sink)
      if response.isSuccess {
        let text = "the answer ended after \(sink.position) of \(descriptor.size) bytes"
        return Attempts.Problem(
          failure: RegistryFailure.damaged(text, in: sink.name), asked: nil)
      }
      if response.status == 416 {
        throw RegistryFailure.damaged(
          "the registry has no bytes after the first \(sink.position); the descriptor says \(descriptor.size)",
          in: sink.name)
      }
      let failure = client.failure(response, "blob \(descriptor.digest.short)… of \(name)")
      guard RetryPolicy.isWorthwhile(response.status) else { throw failure }
      return Attempts.Problem(failure: failure, asked: RetryPolicy.retryAfter(response.headers))
    } catch let error as TransferError {
      let failure = RegistryFailure.transfer(error, request.url, attempts: client.options.retries.attempts)
      guard error.kind == .connection else { throw failure }
      return Attempts.Problem(failure: failure, asked: nil)
    }
  }
}

/// Counts what went wrong in a transfer of many pieces: a few times in a row without a byte are too many, and so are very
/// many in all.
struct Attempts {
  struct Problem {
    var failure: Failure
    /// Seconds of Retry-After.
    var asked: Double?
  }
  private let policy: RetryPolicy
  private let limit: Int
  private var inRow = 0
  private var all = 0

  init(_ policy: RetryPolicy, size: Int64) {
    self.policy = policy
    limit = 200 + Int(size >> 20)
  }

  mutating func madeProgress() { inRow = 0 }

  /// Waits before the next one, or throws the problem.
  mutating func next(hasProgress: Bool, _ problem: Problem) throws {
    inRow = hasProgress ? 1 : inRow + 1
    all += 1
    guard inRow < policy.attempts, all < limit, (problem.asked ?? 0) <= policy.patience else { throw problem.failure }
    try policy.pause(after: inRow, asked: problem.asked)
  }
}

/// Takes the bytes of one blob over any number of answers, each of which begins where it should, or is refused.
private final class BlobSink: HTTPSink {
  let name: String
  private let size: Int64
  private let body: (UnsafeRawBufferPointer) throws -> Void
  /// How far the bytes are that `body` got.
  private(set) var position: Int64
  /// Bytes of this answer that are known already: a registry without ranges begins at the start.
  private var skip: Int64 = 0

  init(size: Int64, position: Int64, name: String, body: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.size = size
    self.position = position
    self.name = name
    self.body = body
  }

  func begin(_ status: Int, _ headers: HTTPHeaders) throws {
    if headers.contentType == "text/html" {
      throw RegistryFailure.damaged("the registry gave a web page (HTML) instead of the blob", in: name)
    }
    switch status {
    case 200:
      skip = position
      if let length = headers.number("content-length"), length != size {
        throw RegistryFailure.damaged("the registry announces \(length) bytes, its descriptor says \(size)", in: name)
      }
    case 206:
      skip = 0
      guard let range = ContentRange(headers["content-range"] ?? ""), range.first == position,
        range.total == nil || range.total == size
      else {
        throw RegistryFailure.damaged("the registry gave other bytes than those from \(position) of \(size)", in: name)
      }
    default:
      throw RegistryFailure.damaged("the registry answers \(status) to a request for a blob", in: name)
    }
  }

  func take(_ bytes: UnsafeRawBufferPointer) throws {
    let known = Int(min(skip, Int64(bytes.count)))
    skip -= Int64(known)
    guard known < bytes.count else { return }
    let new = UnsafeRawBufferPointer(rebasing: bytes[known...])
    guard position + Int64(new.count) <= size else {
      throw RegistryFailure.damaged("the registry gives more than the \(size) bytes of its descriptor", in: name)
    }
    try body(new)
    position += Int64(new.count)
  }
}

/// `bytes 5-9/10`, `bytes 5-9/*` (RFC 9110, section 14.4).
struct ContentRange: Hashable {
  let first: Int64
  let last: Int64
  let total: Int64?

  init?(_ text: String) {
    guard text.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    let ends = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
    guard parts.count == 2, ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
    total = parts[1] == "*" ? nil : Self.number(parts[1])
    guard parts[1] == "*" || (total.map { last < $0 } ?? false) else { return nil }
    self.first = first
    self.last = last
  }

  static func number(_ text: Substring) -> Int64? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
  }
}
