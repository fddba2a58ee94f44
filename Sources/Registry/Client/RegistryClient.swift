internal import OCI
internal import PackCore

/// Speaks to one registry (OCI distribution spec 1.1): finds out its scheme, shows who asks, tries again. One for all
/// threads, so that connections and tokens are shared.
public final class RegistryClient: Sendable {
  /// As references name it: `localhost:5000`, `docker.io`.
  public let host: String
  let http: HTTPClient
  let authorizer: Authorizer
  private let base = Locked<HTTPURL?>(nil)

  /// - Parameter credentials: asked once, when the registry wants to know who it is.
  public init(
    host: String, options: RegistryOptions, credentials: @escaping @Sendable (String) throws -> Credential?
  ) {
    self.host = host
    http = HTTPClient(options)
    authorizer = Authorizer(host: host, client: http) { try credentials(host) }
  }

  var options: RegistryOptions { http.options }

  /// `SCHEME://HOST:PORT/v2/` and what follows.
  func url(_ path: String) throws -> HTTPURL { try root().with(path: "/v2/\(path)", query: nil) }

  /// Sends a request with what is known of the caller's rights, as often as it makes sense.
  /// - Parameters:
  ///   - scope: `repository:NAME:pull`, as tokens are asked for.
  ///   - path: below `/v2/`.
  /// - Returns: any answer, also one that is no success: what it means depends on what was asked.
  /// - Throws: `registry_unreachable` and its like.
  func send(
    _ method: String, _ path: String, query: [(String, String)] = [], scope: String, accept: String? = nil,
    answerLimit: Int = 1 << 20
  ) throws -> HTTPResponse {
    var url = try url(path)
    for (name, value) in query { url = url.adding(name, value) }
    var request = HTTPRequest(method, url, answerLimit: answerLimit)
    if let accept { request.headers.append(("Accept", accept)) }
    return try send(request, scope: scope)
  }

  func send(_ request: HTTPRequest, scope: String) throws -> HTTPResponse {
    try http.persist(request.url) { try once(request, scope: scope) }
  }

  /// One attempt, with a second one when the registry asks who it is or a token has run out.
  /// - Throws: `TransferError`, and what `sink` throws.
  func once(
    _ request: HTTPRequest, scope: String, sink: (any HTTPSink)? = nil, sent: (@Sendable (Int64) -> Void)? = nil
  ) throws -> HTTPResponse {
    // An upload may go on at another host: nothing of ours is for that one.
    let isHome = request.url.origin == (try root()).origin
    var rounds = 0
    while true {
      let header = isHome ? try authorizer.header(for: scope) : nil
      let response = try http.send(authorized(request, header), sink: sink, sent: sent)
      rounds += 1
      // More than one round: other threads may have used up what this one was given.
      guard response.status == 401, isHome, rounds < Self.authorizationRounds,
        response.url.origin == request.url.origin,
        try authorizer.answer(response, scope: scope, used: header)
      else { return response }
    }
  }
  private static let authorizationRounds = 4

  private func authorized(_ request: HTTPRequest, _ header: String?) -> HTTPRequest {
    var request = request
    if let header { request.headers.append(("Authorization", header)) }
    return request
  }

  // MARK: the scheme

  private func root() throws -> HTTPURL {
    try base.withLock { base in
      if let base { return base }
      let found = try findRoot()
      base = found
      return found
    }
  }

  /// Docker Hub answers under another name than its own.
  private var address: String { host == "docker.io" ? "registry-1.docker.io" : host }

  /// HTTPS, always; but this machine and what was named with `--insecure-registry` may also do without.
  private func findRoot() throws -> HTTPURL {
    guard let secure = HTTPURL("https://\(address)/"), let plain = HTTPURL("http://\(address)/") else {
      throw RegistryFailure.insecureHost(host)
    }
    guard options.mayBePlain(plain), !options.hasCertificates(for: address) else { return secure }
    // Nothing secret is in a ping, so loopback is asked the likelier way first.
    let order = plain.isLoopback ? [plain, secure] : [secure, plain]
    if isRegistry(order[0]) { return order[0] }
    return isRegistry(order[1]) ? order[1] : order[0]
  }

  /// Whether something answers there in that scheme. A TLS server that gets plain HTTP says 400, or hangs up; one whose
  /// certificate is not trusted speaks TLS all the same, and the error is for the request proper to tell.
  private func isRegistry(_ root: HTTPURL) -> Bool {
    var brief = options
    brief.timeouts = options.timeouts.limited(to: 10)
    let ping = HTTPRequest("GET", root.with(path: "/v2/", query: nil))
    do {
      return try HTTPClient(brief).send(ping).status != 400
    } catch let error as TransferError {
      return error.kind == .certificate
    } catch {
      return false
    }
  }
}
