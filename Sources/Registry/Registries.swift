public import OCI
public import PackCore

/// The registries that one command speaks to: a client for each host, with its connections and tokens.
public final class Registries: Sendable {
  private let options: RegistryOptions
  private let credentials: CredentialStore
  private let scratch: HostPath
  private let clients = Locked<[String: RegistryClient]>([:])

  /// - Parameter scratch: a directory for blobs on their way from one registry to another.
  public init(options: RegistryOptions, credentials: CredentialStore, scratch: HostPath) {
    self.options = options
    self.credentials = credentials
    self.scratch = scratch
  }

  public func source(_ reference: RegistryReference) -> RegistrySource {
    RegistrySource(client(for: reference), reference)
  }

  /// - Parameter likely: other places of the image; those at the same registry need not be sent again.
  public func destination(
    _ reference: RegistryReference, likely: [RegistryReference] = []
  ) -> RegistryDestination {
    RegistryDestination(client(for: reference), reference, likely: likely, scratch: scratch)
  }

  private func client(for reference: RegistryReference) -> RegistryClient {
    clients.withLock { clients in
      if let known = clients[reference.host] { return known }
      let client = RegistryClient(host: reference.host, options: options) { [credentials] host in
        try credentials.credential(for: host, repository: reference.repository)
      }
      clients[reference.host] = client
      return client
    }
  }
}
