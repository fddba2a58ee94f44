internal import OCI
internal import PackCore

/// One repository of a registry, and what the caller wants to do there.
struct RegistryRepository: Sendable {
  enum Access: String, Sendable {
    case pull
    case push = "pull,push"
  }
  let client: RegistryClient
  /// `team/shop`
  let name: String
  let access: Access

  init(_ client: RegistryClient, _ reference: RegistryReference, _ access: Access) {
    self.client = client
    self.access = access
    let isShortHubName = client.host == "docker.io" && !reference.repository.contains("/")
    name = isShortHubName ? "library/\(reference.repository)" : reference.repository
  }

  var scope: String { "repository:\(name):\(access.rawValue)" }
  /// For people.
  var description: String { "\(client.host)/\(name)" }

  func send(
    _ method: String, _ path: String, query: [(String, String)] = [], accept: String? = nil, answerLimit: Int = 1 << 20
  ) throws -> HTTPResponse {
    try client.send(
      method, "\(name)/\(path)", query: query, scope: scope, accept: accept, answerLimit: answerLimit)
  }

  func url(_ path: String) throws -> HTTPURL { try client.url("\(name)/\(path)") }
}
