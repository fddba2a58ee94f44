internal import PackCore

/// One request, as data: it can be sent again, to another place or after a cut.
struct HTTPRequest: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// A part of a file: `length` bytes from `offset`.
    case file(HostPath, offset: Int64, length: Int64)

    var length: Int64 {
      switch self {
      case .none: 0
      case .bytes(let bytes): Int64(bytes.count)
      case .file(_, _, let length): length
      }
    }
  }

  var method: String
  var url: HTTPURL
  var headers: [(name: String, value: String)]
  var body: Body
  /// More bytes in the answer's body are refused. Bytes that go to a sink are counted there.
  var answerLimit: Int

  init(
    _ method: String, _ url: HTTPURL, headers: [(name: String, value: String)] = [], body: Body = .none,
    answerLimit: Int = 1 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.answerLimit = answerLimit
  }

  var isSafe: Bool { method == "GET" || method == "HEAD" }
}

/// What came back; a status that is no success is a result, not an error.
struct HTTPResponse: Sendable {
  var status: Int
  var headers: HTTPHeaders
  /// Empty when the bytes went to a sink.
  var body: [UInt8]
  /// Where it came from in the end.
  var url: HTTPURL

  var isSuccess: Bool { (200..<300).contains(status) }
  var isHTML: Bool {
    if let type = headers.contentType, type == "text/html" || type == "application/xhtml+xml" { return true }
    let start = String(decoding: body.prefix(64), as: UTF8.self).drop(while: \.isWhitespace).lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
  }
}

/// Takes the body of a success while it comes. Called on the thread of the request.
protocol HTTPSink: AnyObject {
  /// All headers are there: the last chance to refuse.
  func begin(_ status: Int, _ headers: HTTPHeaders) throws
  func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// How bytes travelled that did not arrive as a whole answer.
struct TransferError: Error, Sendable, CustomStringConvertible {
  enum Kind: Sendable {
    /// Worth another try: cut, reset, refused, timed out.
    case connection
    /// The peer does not speak TLS, or not plain HTTP.
    case protocolMismatch
    /// The certificate does not lead to a known authority, or names another host.
    case certificate
    /// What no further try would change.
    case final
  }
  var kind: Kind
  /// In libcurl's words.
  var description: String
}
