internal import PackCore

/// What a registry wants to see with a request: nothing, `Basic`, or a `Bearer` token for each scope (the token
/// authentication of the distribution project). Kept in memory only. For any number of threads.
final class Authorizer: Sendable {
  private struct State {
    var usesBasic = false
    /// By scope, as asked for.
    var tokens: [String: String] = [:]
    var credential: Credential??
  }
  private let host: String
  private let client: HTTPClient
  private let lookup: @Sendable () throws -> Credential?
  private let state = Locked(State())
  /// One at a time asks for a token; the others then find it.
  private let asking = Locked(())

  init(host: String, client: HTTPClient, lookup: @escaping @Sendable () throws -> Credential?) {
    self.host = host
    self.client = client
    self.lookup = lookup
  }

  /// The value of `Authorization` as far as it is known.
  func header(for scope: String) throws -> String? {
    let (usesBasic, token) = state.withLock { ($0.usesBasic, $0.tokens[scope]) }
    if let token { return "Bearer \(token)" }
    guard usesBasic, let credential = try credential() else { return nil }
    return credential.basic
  }

  /// Whether a name and a password (or a token) are known at all.
  var hasCredential: Bool { state.withLock { ($0.credential ?? nil) != nil } }

  /// Does what a 401 asks for.
  /// - Parameter used: the header of the request that it answers.
  /// - Returns: false when another try would be the same.
  func answer(_ response: HTTPResponse, scope: String, used: String?) throws -> Bool {
    try asking.withLock { _ in
      // Another thread may have been through this meanwhile.
      if let header = try header(for: scope), header != used { return true }
      let challenges = AuthChallenge.parse(response.headers.all("www-authenticate"))
      if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
        guard let token = try token(bearer, scope: scope, from: response.url) else { return false }
        state.withLock { $0.tokens[scope] = token }
        return "Bearer \(token)" != used
      }
      guard challenges.contains(where: { $0.scheme == "basic" }), let credential = try credential(),
        credential.basic != used
      else { return false }
      state.withLock { $0.usesBasic = true }
      return credential.basic != nil
    }
  }

  private func credential() throws -> Credential? {
    if let known = state.withLock({ $0.credential }) { return known }
    let found = try lookup()
    state.withLock { $0.credential = .some(found) }
    return found
  }

  /// Text that a registry sent, without what it was told in confidence.
  func redacted(_ text: String) -> String {
    let (tokens, credential) = state.withLock { (Array($0.tokens.values), $0.credential ?? nil) }
    var text = text
    for secret in tokens + (credential?.secrets ?? []) where secret.utf8.count >= 4 {
      text = text.replacing(secret, with: "***")
    }
    return text
  }

  // MARK: tokens

  /// - Returns: nil when the token server does not know the credential.
  private func token(_ challenge: AuthChallenge, scope: String, from registry: HTTPURL) throws -> String? {
    guard let text = challenge.parameters["realm"], var realm = HTTPURL(text) else {
      throw RegistryFailure.answer(registry, "it asks for a token and names no usable place to get it")
    }
    // A password goes over plain HTTP only where that was allowed, and never when the registry itself has TLS.
    guard realm.scheme == .https || (registry.scheme == .http && client.options.permits(realm)) else {
      throw RegistryFailure.insecure(realm, from: registry)
    }
    let credential = try credential()
    let scopes = Self.scopes(asked: scope, challenge: challenge.parameters["scope"])
    let service = challenge.parameters["service"]
    var request: HTTPRequest
    if let refresh = credential?.identityToken {
      var fields = [("grant_type", "refresh_token"), ("client_id", "packc"), ("refresh_token", refresh)]
      if let service { fields.append(("service", service)) }
      if !scopes.isEmpty { fields.append(("scope", scopes.joined(separator: " "))) }
      request = HTTPRequest(
        "POST", realm, headers: [("Content-Type", "application/x-www-form-urlencoded")],
        body: .bytes(HTTPURL.form(fields)))
    } else {
      if let service { realm = realm.adding("service", service) }
      for scope in scopes { realm = realm.adding("scope", scope) }
      if let user = credential?.username { realm = realm.adding("account", user) }
      request = HTTPRequest("GET", realm)
      if let basic = credential?.basic { request.headers.append(("Authorization", basic)) }
    }
    request.headers.append(("Accept", "application/json"))
    return try read(try client.persist(request.url) { try client.send(request) })
  }

  private func read(_ response: HTTPResponse) throws -> String? {
    if [400, 401, 403].contains(response.status) { return nil }
    if response.isHTML { throw RegistryFailure.html(response) }
    guard response.isSuccess else {
      throw RegistryClient.failure(response, "no token from \(response.url)", host: host, authorizer: self)
    }
    let name = "the token of \(response.url)"
    let document = try JSONParser.parse(
      response.body, name: name, limits: JSONParser.Limits(bytes: 1 << 20, depth: 16, lastKeyWins: true))
    guard let token = document["token"]?.string ?? document["access_token"]?.string, !token.isEmpty,
      token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { throw RegistryFailure.answer(response.url, "it gives no token") }
    return token
  }

  /// Ours, and what the registry asks for beside it.
  static func scopes(asked: String, challenge: String?) -> [String] {
    let ours = asked.split(separator: " ").map(String.init)
    let theirs = (challenge ?? "").split(separator: " ").map(String.init)
    // What the registry wants for the same repository is a part of ours, or more than we need.
    let names = Set(ours.map(name))
    return ours + theirs.filter { !names.contains(name($0)) }
  }

  /// `repository:team/shop` of `repository:team/shop:pull`.
  private static func name(_ scope: String) -> String {
    scope.lastIndex(of: ":").map { String(scope[..<$0]) } ?? scope
  }
}
