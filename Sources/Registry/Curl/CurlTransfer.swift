internal import CCurl
internal import Glibc
internal import PackCore

/// What libcurl calls while one request is under way: bounds the headers and the body, feeds what is sent, and ends a
/// transfer that stands still or that packc was told to end.
final class CurlTransfer {
  private let request: HTTPRequest
  private let sink: (any HTTPSink)?
  private let sent: (@Sendable (Int64) -> Void)?
  private var body: BodyReader
  private var patience: TransferPatience

  private var status = 0
  private var headers = HTTPHeaders()
  private var headerBytes = 0
  /// The headers of the answer proper have ended.
  private(set) var hasBody = false
  private var kept: [UInt8] = []
  /// Why a callback ended the transfer.
  private(set) var error: (any Error)?
  /// Ended because enough of an error's text was read.
  private(set) var isCutOnPurpose = false

  /// So much of the text of an answer that is no success is kept. Bytes.
  private static let errorLimit = 64 << 10

  init(
    _ request: HTTPRequest, timeouts: TransferTimeouts, sink: (any HTTPSink)?, sent: (@Sendable (Int64) -> Void)?
  ) throws {
    self.request = request
    self.sink = sink
    self.sent = sent
    body = try BodyReader(request.body)
    patience = TransferPatience(
      timeouts, sends: request.body.length, isKept: sink == nil, now: HostContext.monotonicClock())
  }

  var response: HTTPResponse { HTTPResponse(status: status, headers: headers, body: kept, url: request.url) }

  /// Valid while the transfer lives.
  var callbacks: ccurl_callbacks {
    ccurl_callbacks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      header: { line, _, count, context in
        CurlTransfer.of(context).guarded(count) { try $0.takeHeader(UnsafeRawBufferPointer(start: line, count: count)) }
      },
      write: { bytes, _, count, context in
        CurlTransfer.of(context).guarded(count) { try $0.takeBody(UnsafeRawBufferPointer(start: bytes, count: count)) }
      },
      read: { buffer, one, count, context in
        CurlTransfer.of(context).fill(UnsafeMutableRawBufferPointer(start: buffer, count: one * count))
      },
      // libcurl would begin a body again by itself on a new connection, whatever the server kept of the old one.
      seek: { _, _, _ in CURL_SEEKFUNC_FAIL },
      progress: { context, _, received, _, sent in
        CurlTransfer.of(context).watch(received: Int64(received), sent: Int64(sent)) ? 0 : 1
      })
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
    // The context is the transfer itself, alive as long as the call that uses it.
    Unmanaged<CurlTransfer>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
  }

  /// An error ends the transfer: any count that is not the one asked for does.
  private func guarded(_ count: Int, _ body: (CurlTransfer) throws -> Bool) -> Int {
    do {
      return try body(self) ? count : -1
    } catch {
      self.error = error
      return -1
    }
  }

  // MARK: what comes

  private func takeHeader(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= HTTPHeaders.byteLimit, headers.count < HTTPHeaders.countLimit else {
      throw RegistryFailure.answer(
        request.url, "its headers have more than \(HTTPHeaders.byteLimit) bytes or \(HTTPHeaders.countLimit) fields")
    }
    // What comes after a chunked body are trailers: nobody here asked for one.
    guard !hasBody else { return true }
    let line = String(decoding: bytes, as: UTF8.self).trimming { $0.isNewline }
    if line.hasPrefix("HTTP/") {
      headers = HTTPHeaders()
      let code = line.split(separator: " ").dropFirst().first ?? ""
      status = code.utf8.count == 3 ? Int(code) ?? 0 : 0
    } else if line.isEmpty {
      // 1xx announces another answer.
      if status >= 200 { try begin() }
    } else {
      headers.append(line: String(line))
    }
    return true
  }

  private func begin() throws {
    hasBody = true
    guard (200..<300).contains(status) else { return }
    if let sink { return try sink.begin(status, headers) }
    if let announced = headers.number("content-length"), request.method != "HEAD", announced > request.answerLimit {
      throw RegistryFailure.answer(
        request.url, "it announces \(announced) bytes where at most \(request.answerLimit) are taken")
    }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
    guard (200..<300).contains(status) else {
      kept += bytes.prefix(Self.errorLimit - kept.count)
      isCutOnPurpose = kept.count == Self.errorLimit
      return !isCutOnPurpose
    }
    if let sink {
      try sink.take(bytes)
    } else {
      guard kept.count + bytes.count <= request.answerLimit else {
        throw RegistryFailure.answer(request.url, "it has more than \(request.answerLimit) bytes")
      }
      kept += bytes
    }
    return true
  }

  // MARK: what goes

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    do {
      return try body.read(into: buffer)
    } catch {
      self.error = error
      return Int(CURL_READFUNC_ABORT)
    }
  }

  /// Called at least once a second; false ends the transfer.
  private func watch(received: Int64, sent count: Int64) -> Bool {
    if Interruption.signal != nil { return false }
    sent?(count)
    let moved = received + count + Int64(headerBytes)
    guard
      let complaint = patience.complaint(
        moved: moved, sent: count, hasAnswer: headerBytes > 0, now: HostContext.monotonicClock())
    else { return true }
    error = TransferError(kind: .connection, description: complaint)
    return false
  }
}

/// The bytes of a request's body, one after the other.
struct BodyReader {
  private enum Source {
    case bytes([UInt8])
    case file(Int32, HostPath, offset: Int64, length: Int64)
  }
  private let source: Source
  private let owner: FileOwner?
  private var position: Int64 = 0

  /// Closes the file with the last reader.
  private final class FileOwner {
    let raw: Int32
    init(_ raw: Int32) { self.raw = raw }
    deinit { _ = close(raw) }
  }

  init(_ body: HTTPRequest.Body) throws {
    switch body {
    case .none:
      source = .bytes([])
      owner = nil
    case .bytes(let bytes):
      source = .bytes(bytes)
      owner = nil
    case .file(let path, let offset, let length):
      let raw = try Descriptor.open(path).release()
      owner = FileOwner(raw)
      source = .file(raw, path, offset: offset, length: length)
    }
  }

  /// 0 at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    switch source {
    case .bytes(let bytes):
      let part = bytes.dropFirst(Int(position)).prefix(buffer.count)
      buffer.copyBytes(from: part)
      position += Int64(part.count)
      return part.count
    case .file(let raw, let path, let offset, let length):
      let want = min(Int64(buffer.count), length - position)
      guard want > 0 else { return 0 }
      while true {
        let count = pread(raw, buffer.baseAddress, Int(want), off_t(offset + position))
        if count > 0 {
          position += Int64(count)
          return count
        }
        guard count < 0 else { throw RegistryFailure.shrunk(path) }
        guard errno == EINTR else { throw Failure.system("read", path, errno: errno) }
      }
    }
  }
}
