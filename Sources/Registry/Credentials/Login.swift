internal import PackCore

/// `packc image login` and `logout`: a credential is kept only after the registry has accepted it.
public struct Login: Sendable {
  private let options: RegistryOptions
  private let store: CredentialStore

  public init(options: RegistryOptions, store: CredentialStore) {
    self.options = options
    self.store = store
  }

  /// - Returns: where it was kept, for people.
  /// - Throws: `registry_unauthorized`; `no_login_needed` when the registry lets everybody in, and so cannot say
  ///   whether the password is right.
  public func login(_ host: String, _ credential: Credential) throws -> String {
    let client = RegistryClient(host: try Self.registry(host), options: options) { _ in credential }
    let request = HTTPRequest("GET", try client.url(""))
    let response = try client.send(request, scope: "")
    if response.isHTML { throw RegistryFailure.html(response) }
    guard response.status == 200 else { throw client.failure(response, "login") }
    guard client.authorizer.hasCredential else { throw RegistryFailure.open(client.host) }
    return try store.save(credential, for: client.host)
  }

  /// - Returns: false when nothing was kept.
  public func logout(_ host: String) throws -> Bool { try store.remove(Self.registry(host)) }

  /// `registry.example:5000`, also when somebody wrote it as a URL.
  private static func registry(_ text: String) throws -> String {
    var name = text[...]
    for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
    if name.hasSuffix("/") { name = name.dropLast() }
    if name == "index.docker.io/v1" || name == "registry-1.docker.io" || name == "index.docker.io" {
      return "docker.io"
    }
    guard let url = HTTPURL("https://\(name)"), url.path == "/", url.query == nil, !name.contains("/") else {
      throw RegistryFailure.insecureHost(text)
    }
    return String(name)
  }
}
