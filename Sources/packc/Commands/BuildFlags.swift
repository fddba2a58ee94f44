internal import Build
internal import Kernel
internal import OCI
internal import PackCore

/// The flags that say what to build, shared by `build`, `plan`, `lock` and `run`.
enum BuildFlags {
  static let kernel = Flag("kernel", value: "REF", help: "a kernel of `packc kernel list`, by name or digest")
  static let root = Flag(
    "rootfs", value: "initrd|erofs", help: "the machine's root: in memory (the default), or a verified read-only disk")
  static let withoutUnikernel = Flag("no-unikernel", help: "no bootable image")

  /// What a plan depends on.
  static let planning = [
    Flag("release", help: "stripped, locked, read-only root (the default)"),
    Flag("debug", help: "symbols kept, the kernel talks, no lock needed"),
    Flag("locked", help: "resolve nothing; fail when packc.lock is missing or disagrees"),
    Flag("pack", value: "NAME", help: "use this pack, without detection"),
    Flag("packs", value: "DIR", repeats: true, help: "a directory of packs that is searched first"),
    Flag("app", value: "PATH", help: "which program of a project that holds several"),
    Flag("file", value: "UNIK.YAML", help: "read this file in the place of unik.yaml"),
    Flag("platform", value: "OS/ARCH", help: "linux/amd64 or linux/arm64 (default: this host's)"),
    Flag("require-sandbox", help: "fail where packs and steps cannot be isolated"),
    Flag(
      "fetch-secret", value: "NAME[=FILE]", repeats: true,
      help: "netrc, npmrc, pip, maven or a variable: for steps that fetch, and no other"),
  ]

  static let all =
    planning + [
      Flag("tag", value: "REF", help: "the image's name in the layout (default: the project's name)"),
      Flag("compression", value: "gzip|zstd[:LEVEL]", help: "of the layers (default: gzip)"),
      Flag("no-debug-symbols", help: "do not keep what a release build strips beside the image"),
      kernel,
      root,
      Flag("no-oci", help: "no OCI image"),
      withoutUnikernel,
      Flag("output", value: "DIR", help: "where the results go (default: DIR/.packc)"),
      Flag("timeout", value: "SECONDS", help: "for one step (default: 3600)"),
      Flag("no-cache", help: "run every step again"),
      Flag("explain", help: "say for every step why it ran or was reused"),
    ]

  static func request(_ invocation: Invocation) throws -> BuildRequest {
    var request = BuildRequest(project: FileSystem.resolve(invocation.project()) ?? invocation.project())
    if invocation.has("release"), invocation.has("debug") {
      throw Failure("wrong_usage", "--release and --debug exclude each other", exit: .usage)
    }
    if invocation.has("no-oci"), invocation.has("no-unikernel") {
      throw Failure("wrong_usage", "--no-oci and --no-unikernel leave nothing to build", exit: .usage)
    }
    request.mode = invocation.has("debug") ? .debug : .release
    request.locked = invocation.has("locked")
    request.tag = try invocation.string("tag").map { try ImageTag($0).description }
    request.packName = invocation.string("pack")
    request.packPlaces = invocation.strings("packs").map(invocation.path)
    request.app = invocation.string("app")
    request.configFile = invocation.path(flag: "file")
    request.platform = try invocation.string("platform").map(platform) ?? .host
    request.compression = invocation.string("compression") ?? request.compression
    // Refused here, and not after the build.
    _ = try LayerCompression(parsing: request.compression)
    request.kernel = invocation.string("kernel")
    request.root = try root(invocation)
    request.keepsSymbols = !invocation.has("no-debug-symbols")
    request.makesImage = !invocation.has("no-oci")
    request.makesUnikernel = !invocation.has("no-unikernel")
    request.output = invocation.path(flag: "output")
    request.requiresSandbox = invocation.has("require-sandbox")
    request.secrets = try invocation.strings("fetch-secret").map { try FetchSecret($0, context: invocation.context) }
    request.timeout = try invocation.number("timeout", in: 1...86_400) ?? request.timeout
    request.useCache = !invocation.has("no-cache")
    return request
  }

  private static func root(_ invocation: Invocation) throws -> RootForm? {
    guard let text = invocation.string("rootfs") else { return nil }
    guard let form = RootForm(rawValue: text) else {
      throw Failure("wrong_usage", "--rootfs \(text): expected initrd or erofs", exit: .usage)
    }
    return form
  }

  static func platform(_ text: String) throws -> Platform {
    guard let platform = Platform(text) else {
      throw Failure(
        "wrong_usage", "--platform \(text): expected linux/amd64 or linux/arm64", hint: "Go's names: OS/ARCH",
        exit: .usage)
    }
    return platform
  }
}
