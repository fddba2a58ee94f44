internal import PackCore

/// Requests with their redirects, over connections that stay open. For any number of threads.
final class HTTPClient: Sendable {
  let options: RegistryOptions
  private let idle = Locked<[CurlHandle]>([])
  private let trusts = Locked<[String: TransferTrust]>([:])

  static let redirectLimit = 5

  init(_ options: RegistryOptions) { self.options = options }

  /// The first answer that is no redirect.
  /// - Throws: `TransferError` when no whole answer came; `registry_insecure`, `registry_redirects`; what `sink` throws.
  func send(
    _ request: HTTPRequest, sink: (any HTTPSink)? = nil, sent: (@Sendable (Int64) -> Void)? = nil
  ) throws -> HTTPResponse {
    var request = request
    var seen: Set<String> = []
    while true {
      guard options.permits(request.url) else { throw RegistryFailure.insecure(request.url, from: request.url) }
      guard seen.count <= Self.redirectLimit, seen.insert(request.url.text).inserted else {
        throw RegistryFailure.redirects(request.url)
      }
      let response = try once(request, sink, sent)
      options.trace("\(request.method) \(request.url) → \(response.status)")
      guard let next = try redirect(response, of: request) else { return response }
      request = next
    }
  }

  private func once(
    _ request: HTTPRequest, _ sink: (any HTTPSink)?, _ sent: (@Sendable (Int64) -> Void)?
  ) throws -> HTTPResponse {
    let handle = try idle.withLock { $0.popLast() } ?? CurlHandle()
    let response: HTTPResponse
    do {
      response = try handle.perform(
        request, trust: try trust(for: request.url), timeouts: options.timeouts, sink: sink, sent: sent)
    } catch let error as TransferError {
      options.trace("\(request.method) \(request.url): \(error)")
      throw error
    }
    // A handle that failed goes away with its connections.
    idle.withLock { $0.append(handle) }
    return response
  }

  /// The request that a redirect asks for. `Authorization` and cookies stay with the origin that they are for, and what
  /// began encrypted stays so.
  private func redirect(_ response: HTTPResponse, of request: HTTPRequest) throws -> HTTPRequest? {
    let isRedirect =
      [307, 308].contains(response.status) || (request.isSafe && [301, 302, 303].contains(response.status))
    guard isRedirect else { return nil }
    guard let location = response.headers["location"], let url = request.url.resolving(location) else {
      throw RegistryFailure.answer(request.url, "a redirect (\(response.status)) without a usable Location")
    }
    guard url.scheme == .https || request.url.scheme == .http, options.permits(url) else {
      throw RegistryFailure.insecure(url, from: request.url)
    }
    var next = request
    next.url = url
    if url.origin != request.url.origin {
      next.headers.removeAll { $0.name.lowercased() == "authorization" }
    }
    return next
  }

  /// Read once a host.
  private func trust(for url: HTTPURL) throws -> TransferTrust {
    guard url.scheme == .https else { return TransferTrust() }
    let name = url.hostAndPort
    if let known = trusts.withLock({ $0[name] }) { return known }
    let trust = try options.trust(for: name)
    trusts.withLock { $0[name] = trust }
    return trust
  }
}
