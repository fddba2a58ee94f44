internal import PackCore
internal import Packs

/// The host's Go, by its real path: what `go` in PATH is may be a wrapper.
struct GoToolchain {
  let go: HostPath
  let root: HostPath
  let version: GoVersion
  let context: HostContext
  /// For GOCACHE of this pack's own questions.
  let cache: HostPath

  /// `wish` is what the project asks for, for whoever has no Go yet.
  static func find(_ context: HostContext, for wish: GoWishes.Wish?, work: HostPath, cache: HostPath) throws
    -> GoToolchain
  {
    guard let found = context.findTool("go") else { throw missing(wish) }
    let run = ToolRun(environment: environment(context, cache: cache, workspace: false), directory: work)
    let answer = try run.output([found.description, "env", "GOROOT", "GOVERSION"])
    let lines = (answer.text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 2, let version = GoVersion(lines[1]) else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found) does not say its version: \(answer.errors)",
        hint: "install Go again: https://go.dev/dl/")
    }
    let root = HostPath(lines[0])
    let real = FileSystem.isExecutableFile(root / "bin/go") ? root / "bin/go" : found
    return GoToolchain(
      go: FileSystem.resolve(real) ?? real, root: FileSystem.resolve(root) ?? root, version: version,
      context: context, cache: cache)
  }

  /// What `apt-get install golang-go` installs in Debian 12, the oldest system that packc is made for.
  private static let debian = GoVersion("1.19")

  private static func missing(_ wish: GoWishes.Wish?) -> PackRefusal {
    var hint = "unpack Go from https://go.dev/dl/, and put its bin directory into PATH"
    if let wish {
      hint =
        "unpack Go \(wish.version) or newer from https://go.dev/dl/ (\(wish.place) asks for it), and put its bin "
        + "directory into PATH"
    }
    if let debian, wish.map({ $0.version <= debian }) ?? true {
      hint += "; or `apt-get install golang-go`, which is new enough here"
    }
    return PackRefusal(
      .toolchainMissing, "toolchain_missing", "the program \"go\" is not in PATH", hint: hint)
  }

  /// Never another toolchain than this one, no settings from files, no network.
  static func environment(_ context: HostContext, cache: HostPath, workspace: Bool) -> [String: String] {
    [
      "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
      "TMPDIR": context.environment["TMPDIR"] ?? "/tmp", "LANG": "C.UTF-8", "GOTOOLCHAIN": "local", "GOENV": "off",
      "GOFLAGS": "", "GOPROXY": "off", "GOCACHE": (cache / "go-build").description,
      "GOMODCACHE": (cache / "go-mod").description, "GO111MODULE": "on", "GOWORK": workspace ? "" : "off",
      "GOTELEMETRY": "off",
    ].filter { $0.key != "GOWORK" || !$0.value.isEmpty }
  }

  /// Host files whose identity is that of the toolchain.
  func tools(_ platform: Platform) -> [String] {
    let directory = root / "pkg/tool/linux_\(Platform.host.architecture.rawValue)"
    return [go, root / "VERSION", directory / "compile", directory / "link"].filter { FileSystem.exists($0) }
      .map(\.description)
  }
}
