public import PackCore
internal import Packs

/// A tool of the host that packc or a language starts: what it is for, how to ask its version, how to install it.
public struct ToolCheck: Sendable {
  public enum Need: String, Sendable {
    /// packc's main job needs it.
    case required
    /// One feature or one language needs it.
    case optional
  }

  public let name: String
  public let purpose: String
  public let need: Need
  public let install: String
  let versionArguments: [String]

  public struct Result: Sendable {
    public let tool: ToolCheck
    public let path: HostPath?
    /// The first line of what it says of itself.
    public let version: String?

    public var json: JSONValue {
      JSONValue(compact: [
        "name": .string(tool.name), "purpose": .string(tool.purpose), "need": .string(tool.need.rawValue),
        "found": .bool(path != nil), "path": path.map { JSONValue($0) }, "version": version.map(JSONValue.string),
        "install": .string(tool.install),
      ])
    }
  }

  public static let all = [
    ToolCheck("bwrap", "isolates packs and build steps", .required, "apt-get install bubblewrap"),
    ToolCheck("qemu-system-x86_64", "boots the unikernel image", .required, "apt-get install qemu-system-x86"),
    ToolCheck("apt-get", "fetches Debian's kernel", .required, "a Debian host, or `packc kernel import FILE`"),
    ToolCheck("dpkg-deb", "unpacks Debian's kernel", .required, "apt-get install dpkg"),
    ToolCheck(
      "passt", "holds machines to contract.egress, publishes on IPv6 addresses", .optional, "apt-get install passt"),
    ToolCheck("runc", "runs the image with `packc run --oci`", .optional, "apt-get install runc"),
    ToolCheck("git", "the source revision of the image", .optional, "apt-get install git"),
    ToolCheck("gcc", "C projects by unik.yaml", .optional, "apt-get install gcc"),
    ToolCheck("make", "projects with a Makefile; `packc kernel build`", .optional, "apt-get install make"),
    ToolCheck("flex", "`packc kernel build`", .optional, "apt-get install flex"),
    ToolCheck("bison", "`packc kernel build`", .optional, "apt-get install bison"),
    ToolCheck("bc", "`packc kernel build`", .optional, "apt-get install bc"),
    ToolCheck("qemu-system-aarch64", "boots images for linux/arm64", .optional, "apt-get install qemu-system-arm"),
    ToolCheck(
      "aarch64-linux-gnu-gcc", "`packc kernel build --platform linux/arm64`", .optional,
      "apt-get install gcc-aarch64-linux-gnu"),
    ToolCheck("lz4", "`packc kernel build`", .optional, "apt-get install lz4"),
  ]

  /// What packc needs, and then what the installed packs name in pack.json.
  public static func all(
    _ context: HostContext, packPlaces: [HostPath], reporter: Reporter
  ) throws -> [ToolCheck] {
    let host = PackHost(
      context: context, installation: try Installation.find(from: context.executable),
      cache: try context.cacheDirectory(),
      reporter: reporter)
    var named = Set(all.map(\.name))
    let ofPacks = try host.load(extraPlaces: packPlaces).packs.flatMap { pack in
      pack.manifest.toolchains.compactMap { tool -> ToolCheck? in
        guard named.insert(tool.probe[0]).inserted else { return nil }
        return ToolCheck(
          tool.probe[0], "the pack \(pack.name)", .optional, tool.install ?? "see the pack's own page",
          Array(tool.probe.dropFirst()))
      }
    }
    return all + ofPacks
  }

  init(_ name: String, _ purpose: String, _ need: Need, _ install: String, _ version: [String] = ["--version"]) {
    self.name = name
    self.purpose = purpose
    self.need = need
    self.install = install
    versionArguments = version
  }

  public func run(_ context: HostContext) -> Result {
    guard let path = context.findTool(name) else { return Result(tool: self, path: nil, version: nil) }
    let environment = ["PATH": context.variable("PATH") ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"]
    let command = Command(
      [path.description] + versionArguments, environment: environment, keep: 4096, keepHead: true, timeout: 10)
    // Maven colours its first line wherever it prints; Gradle's is empty or drawn.
    let line = (try? ProcessRunner().run(command))?.outputText.split(separator: "\n").lazy
      .map { DisplayText(String($0)).text }.first { $0.contains(where: \.isNumber) }
    return Result(tool: self, path: path, version: line)
  }
}
