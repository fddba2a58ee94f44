internal import PackCore

extension HTTPClient {
  /// Makes a request until it gives an answer that no other try would change, as often as the policy says.
  /// - Throws: `registry_unreachable` and its like; `TransferError` never.
  func persist(_ url: HTTPURL, _ request: () throws -> HTTPResponse) throws -> HTTPResponse {
    let policy = options.retries
    var attempt = 1
    while true {
      do {
        let response = try request()
        let asked = RetryPolicy.retryAfter(response.headers)
        guard RetryPolicy.isWorthwhile(response.status), attempt < policy.attempts, (asked ?? 0) <= policy.patience
        else { return response }
        tell(attempt, url, "answers \(response.status)")
        try policy.pause(after: attempt, asked: asked)
      } catch let error as TransferError {
        guard error.kind == .connection, attempt < policy.attempts else {
          throw RegistryFailure.transfer(error, url, attempts: attempt)
        }
        tell(attempt, url, "cannot be reached")
        try policy.pause(after: attempt)
      }
      attempt += 1
    }
  }

  /// Once a request: the next ones say nothing new.
  private func tell(_ attempt: Int, _ url: HTTPURL, _ what: String) {
    if attempt == 1 { options.notice("\(url.hostAndPort) \(what); trying again") }
  }
}

extension RegistryFailure {
  static func transfer(_ error: TransferError, _ url: HTTPURL, attempts: Int) -> Failure {
    switch error.kind {
    case .certificate: certificate(url, error)
    case .protocolMismatch: noTLS(url, error)
    case .connection, .final: unreachable(url, error, attempts: attempts)
    }
  }
}
