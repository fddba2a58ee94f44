internal import PackCore
internal import Packs

/// The host's node, by its real path.
struct NodeToolchain {
  let node: HostPath
  let version: SemanticVersion
  /// Files of the host that this node loads as parts of itself (Debian keeps some in /usr/share/nodejs).
  let builtins: [HostPath]
  let context: HostContext

  /// What the pack's own scripts need.
  static let oldest = SemanticVersion(16, 7, 0)

  /// Debian's node keeps parts of itself outside; how it was compiled says where.
  private static let question = """
    const text = JSON.stringify(process.config); \
    const builtins = [...text.matchAll(/NODE_SHARED_BUILTIN_\\w+_PATH=([^"\\\\]+)/g)].map(found => found[1]); \
    console.log(JSON.stringify({path: process.execPath, version: process.versions.node, builtins}))
    """

  static func find(_ context: HostContext) throws -> NodeToolchain {
    guard let found = context.findTool("node") ?? context.findTool("nodejs") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"node\" is not in PATH",
        hint:
          "`apt-get install nodejs npm`, or a newer one from https://nodejs.org/, and put its bin directory into PATH")
    }
    let answer = try ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
      .output([found.description, "-e", question])
    guard let text = answer.text, let json = try? JSONParser.parse(Array(text.utf8), name: "node"),
      let path = json["path"]?.string, let version = json["version"]?.string.flatMap({ SemanticVersion($0) })
    else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found) does not say its version: \(answer.errors)",
        hint: "install Node again: https://nodejs.org/")
    }
    let builtins = (json["builtins"]?.array ?? []).compactMap(\.string).map { HostPath($0) }
      .filter { FileSystem.exists($0) }
    return NodeToolchain(
      node: FileSystem.resolve(HostPath(path)) ?? HostPath(path), version: version, builtins: builtins.sorted(),
      context: context)
  }

  /// Its place in the image: that of the host, or /usr/local for one with a prefix of its own (nvm, /opt).
  var place: RootPath {
    node.relative(to: "/usr") == nil ? RootPath(literal: "/usr/local/bin/node") : RootPath(bytes: node.bytes) ?? .root
  }

  var runtime: BuildPlan.RuntimeRequest {
    .init(
      trees: [.init(path: node, destination: place)]
        + builtins.compactMap { path in RootPath(bytes: path.bytes).map { .init(path: path, destination: $0) } },
      // Addons in C++ open it by name.
      libraries: ["libgcc_s.so.1"])
  }

  /// Version files against the host's node.
  func check(_ wishes: [NodeWishes.Wish], mode: BuildMode, _ notes: PackNotes) throws {
    guard version >= Self.oldest else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_version", "the host's node is \(version) (\(node)); \(Self.oldest) is the oldest",
        hint: "install a newer one: https://nodejs.org/")
    }
    for wish in wishes {
      let allowed = wish.allows(version)
      guard allowed != true else { continue }
      let message =
        allowed == nil
        ? "\(wish.source): \"\(wish.text)\" is no version of Node"
        : "\(wish.source) asks for node \(wish.text), and the host's node is \(version) (\(node))"
      let hint =
        allowed == nil
        ? "write a version such as \(version.major), or a range such as >=\(version.major)"
        : "put a fitting node first in PATH (`nvm install \(Self.plain(wish.text))`, https://nodejs.org/), or change the "
          + "file if \(version.major) will do; `--debug` builds all the same"
      guard mode == .debug else {
        throw PackRefusal(
          allowed == nil ? .projectError : .toolchainMissing, allowed == nil ? "bad_version" : "toolchain_version",
          message, hint: hint, at: wish.location)
      }
      notes.warn(message, hint: hint)
    }
  }

  /// What `nvm install` takes.
  private static func plain(_ text: String) -> String {
    let number = text.drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "." }
    return text.lowercased().hasPrefix("lts") ? text : number.isEmpty ? "node" : String(number.prefix { $0 != "." })
  }
}
