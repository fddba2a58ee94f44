public import PackCore

/// Where credentials are looked for and kept, in this order, the first that has one:
///
///     $REGISTRY_AUTH_FILE                              as podman and skopeo do; read only
///     $DOCKER_CONFIG/config.json, ~/.docker/config.json  `login` writes here
///     $XDG_RUNTIME_DIR/containers/auth.json            podman's; read only
///
/// and in each of them credHelpers before credsStore before auths.
public struct CredentialStore: Sendable {
  private let context: HostContext
  private let helperTimeout: Double

  public init(_ context: HostContext, helperTimeout: Double = 60) {
    self.context = context
    self.helperTimeout = helperTimeout
  }

  /// - Throws: `bad_docker_config`, `credential_helper`.
  public func credential(for host: String) throws -> Credential? { try credential(for: host, repository: nil) }

  /// - Parameter repository: for podman's entries that are for a part of a registry.
  public func credential(for host: String, repository: String?) throws -> Credential? {
    for path in files {
      let config = try DockerConfig(path)
      if let name = config.helper(for: host) {
        let helper = try CredentialHelper(name, host: context, timeout: helperTimeout)
        if let found = try helper.get(DockerConfig.keys(of: host)[0]) { return found }
        // One that is for this registry alone knows all about it.
        if config.hasOwnHelper(for: host) { continue }
      }
      if let found = try config.credential(for: host, repository: repository) { return found }
    }
    return nil
  }

  /// Keeps a credential, where docker would.
  /// - Returns: where, for people.
  public func save(_ credential: Credential, for host: String) throws -> String {
    var config = try DockerConfig(try writable())
    guard let name = config.helper(for: host) else {
      config.set(host, credential)
      try config.write()
      return config.path.description
    }
    let helper = try CredentialHelper(name, host: context, timeout: helperTimeout)
    try helper.store(DockerConfig.keys(of: host)[0], credential)
    config.set(host, nil)
    try config.write()
    return helper.name
  }

  /// - Returns: false when nothing was kept.
  public func remove(_ host: String) throws -> Bool {
    var config = try DockerConfig(try writable())
    var found = false
    if let name = config.helper(for: host) {
      let helper = try CredentialHelper(name, host: context, timeout: helperTimeout)
      found = try helper.get(DockerConfig.keys(of: host)[0]) != nil
      if found { try helper.erase(DockerConfig.keys(of: host)[0]) }
    }
    if config.remove(host) {
      found = true
      try config.write()
    }
    return found
  }

  private var files: [HostPath] {
    [
      context.variable("REGISTRY_AUTH_FILE").map { context.workingDirectory / $0 }, try? writable(),
      context.variable("XDG_RUNTIME_DIR").map { HostPath($0) / "containers/auth.json" },
    ].compactMap { $0 }
  }

  private func writable() throws -> HostPath {
    if let directory = context.variable("DOCKER_CONFIG") {
      return context.workingDirectory / directory / "config.json"
    }
    guard let home = context.variable("HOME"), home.hasPrefix("/") else {
      throw Failure(
        "no_home", "neither HOME nor DOCKER_CONFIG is set", hint: "set DOCKER_CONFIG=/some/directory", exit: .usage)
    }
    return HostPath(home) / ".docker/config.json"
  }
}
