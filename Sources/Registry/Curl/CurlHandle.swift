internal import CCurl
internal import Glibc
internal import PackCore

/// libcurl in this process.
enum Curl {
  /// - Throws: `missing_library` when it cannot be opened.
  static func open() throws {
    guard ccurl_open() == 0 else { throw RegistryFailure.noLibrary(String(cString: ccurl_error())) }
  }
}

/// An easy handle of libcurl with the connections that it keeps open (libcurl-easy(3)). For one thread at a time: whoever
/// takes it out of its pool owns it.
final class CurlHandle: @unchecked Sendable {
  private let raw: UnsafeMutableRawPointer
  private let errorBuffer: UnsafeMutablePointer<CChar>

  init() throws {
    try Curl.open()
    guard let raw = ccurl_init() else { throw RegistryFailure.noLibrary("curl_easy_init failed") }
    self.raw = raw
    errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    ccurl_cleanup(raw)
    errorBuffer.deallocate()
  }

  /// One request to its first answer: no redirect is followed here.
  /// - Parameter sink: takes the body of a success; nil keeps it in the answer.
  /// - Throws: `TransferError`, whatever `sink` throws, `interrupted`.
  func perform(
    _ request: HTTPRequest, trust: TransferTrust, timeouts: TransferTimeouts, sink: (any HTTPSink)? = nil,
    sent: (@Sendable (Int64) -> Void)? = nil
  ) throws -> HTTPResponse {
    try Interruption.check()
    ccurl_reset(raw)
    errorBuffer.pointee = 0
    let transfer = try CurlTransfer(request, timeouts: timeouts, sink: sink, sent: sent)
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { ccurl_list_free(headers) }
    // An empty field takes libcurl's own out: no second of waiting for "100 Continue".
    for (name, value) in request.headers + [("Expect", "")] {
      guard let more = ccurl_list_append(headers, value.isEmpty ? "\(name):" : "\(name): \(value)") else {
        throw RegistryFailure.noLibrary("out of memory")
      }
      headers = more
    }
    try set(ccurl_set_headers(raw, headers))
    try set(request, timeouts)
    try set(trust, for: request.url)
    let code = try withExtendedLifetime(transfer) {
      var callbacks = transfer.callbacks
      try set(ccurl_set_callbacks(raw, &callbacks))
      return ccurl_perform(raw)
    }
    try Interruption.check()
    if let error = transfer.error { throw error }
    guard code == CURLE_OK || transfer.isCutOnPurpose else { throw error(code) }
    // libcurl takes a connection that ends within the headers for an answer without a body.
    guard transfer.hasBody else {
      throw TransferError(kind: .connection, description: "the connection ended within the headers")
    }
    return transfer.response
  }

  private func set(_ request: HTTPRequest, _ timeouts: TransferTimeouts) throws {
    try set(ccurl_set_error_buffer(raw, errorBuffer))
    try set(ccurl_set_string(raw, CURLOPT_URL, request.url.text))
    try set(ccurl_set_string(raw, CURLOPT_PROTOCOLS_STR, "http,https"))
    try set(ccurl_set_string(raw, CURLOPT_USERAGENT, "packc/\(PackcVersion.current)"))
    // One connection a handle: HTTP/2 would only add its own windows to those of TCP.
    try set(ccurl_set_long(raw, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)))
    try set(ccurl_set_long(raw, CURLOPT_NOSIGNAL, 1))
    try set(ccurl_set_long(raw, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1))
    try set(ccurl_set_long(raw, CURLOPT_TCP_KEEPALIVE, 1))
    try set(ccurl_set_long(raw, CURLOPT_BUFFERSIZE, 256 << 10))
    try set(ccurl_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(timeouts.connect * 1000))))
    // The machine itself is not behind a proxy.
    if request.url.isLoopback { try set(ccurl_set_string(raw, CURLOPT_PROXY, "")) }
    switch request.method {
    case "GET": try set(ccurl_set_long(raw, CURLOPT_HTTPGET, 1))
    case "HEAD": try set(ccurl_set_long(raw, CURLOPT_NOBODY, 1))
    default:
      try set(ccurl_set_long(raw, CURLOPT_UPLOAD, 1))
      try set(ccurl_set_long(raw, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10))
      try set(ccurl_set_offset(raw, CURLOPT_INFILESIZE_LARGE, Int(request.body.length)))
      try set(ccurl_set_string(raw, CURLOPT_CUSTOMREQUEST, request.method))
    }
  }

  private func set(_ trust: TransferTrust, for url: HTTPURL) throws {
    guard url.scheme == .https else { return }
    try set(ccurl_set_long(raw, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
    if let file = trust.systemFile { try set(ccurl_set_string(raw, CURLOPT_CAINFO, file)) }
    if let directory = trust.systemDirectory { try set(ccurl_set_string(raw, CURLOPT_CAPATH, directory)) }
    if let bundle = trust.authorities {
      try set(bundle.withUnsafeBytes { ccurl_set_blob(raw, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count) })
    }
    if let certificate = trust.clientCertificate, let key = trust.clientKey {
      try set(certificate.withCString { ccurl_set_string(raw, CURLOPT_SSLCERT, $0) })
      try set(key.withCString { ccurl_set_string(raw, CURLOPT_SSLKEY, $0) })
    }
  }

  private func set(_ code: CURLcode) throws {
    guard code == CURLE_OK else { throw error(code) }
  }

  /// libcurl's own words, which name the host and never a header.
  private func error(_ code: CURLcode) -> TransferError {
    let detail = String(cString: errorBuffer)
    let text = detail.isEmpty ? String(cString: ccurl_text(code)) : detail
    let kind: TransferError.Kind
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: kind = .certificate
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: kind = .protocolMismatch
    case CURLE_SSL_CONNECT_ERROR:
      kind = text.contains("wrong version number") || text.contains("packet length") ? .protocolMismatch : .connection
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE,
      CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND,
      CURLE_UPLOAD_FAILED, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_AGAIN:
      kind = .connection
    default: kind = .final
    }
    return TransferError(kind: kind, description: text)
  }
}
