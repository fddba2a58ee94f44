internal import OCI
internal import PackCore
internal import Registry

/// Flags of the commands that speak to registries.
enum RegistryFlags {
  static let connection = [
    Flag("cacert", value: "FILE", repeats: true, help: "trust this authority (PEM), too"),
    Flag("insecure-registry", value: "HOST[:PORT]", repeats: true, help: "this registry may do without TLS"),
  ]
  static let transfer = [
    Flag("platform", value: "OS/ARCH[/VARIANT]", help: "of an image for several: only this one"),
    Flag("no-referrers", help: "without signatures, SBOMs and other things about the image"),
  ]

  static func options(_ invocation: Invocation) throws -> RegistryOptions {
    var options = try RegistryOptions(invocation.context)
    options.authorities = invocation.strings("cacert").map(invocation.path)
    for host in invocation.strings("insecure-registry") { try options.allowInsecure(host) }
    if invocation.has("verbose") {
      let reporter = invocation.reporter
      options.trace = { reporter.note($0) }
    }
    return options
  }

  static func registries(_ invocation: Invocation) throws -> Registries {
    Registries(
      options: try options(invocation), credentials: CredentialStore(invocation.context),
      scratch: try invocation.context.cacheDirectory() / "transfer")
  }

  static func store(_ invocation: Invocation) throws -> ImageStore {
    try ImageStore(content: ContentStore(root: try invocation.context.cacheDirectory() / "store"))
  }

  static func platform(_ invocation: Invocation) throws -> ImagePlatform? {
    try invocation.string("platform").map { try ImagePlatform(parsing: $0) }
  }
}
