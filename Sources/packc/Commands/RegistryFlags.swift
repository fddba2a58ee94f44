internal import OCI
internal import PackCore
internal import Registry

/// Flags of the commands that speak to registries.
enum RegistryFlags {
  static let connection = [
    Flag("cacert", value: "FILE", repeats: true, help: "trust this authority (PEM), too"),
    Flag("insecure-registry", value: "HOST[:PORT]", repeats: true, help: "this registry may do without TLS"),
  ]
  static func options(_ invocation: Invocation) throws -> RegistryOptions {
    var options = try RegistryOptions(invocation.context)
    options.authorities = invocation.strings("cacert").map(invocation.path)
    for host in invocation.strings("insecure-registry") { try options.allowInsecure(host) }
    let reporter = invocation.reporter
    options.notice = { reporter.note($0) }
    if invocation.has("verbose") { options.trace = { reporter.note($0) } }
    return options
  }

  static func registries(_ invocation: Invocation) throws -> Registries {
    Registries(
      options: try options(invocation), credentials: CredentialStore(invocation.context),
      scratch: try invocation.context.cacheDirectory() / "transfer")
  }
}
