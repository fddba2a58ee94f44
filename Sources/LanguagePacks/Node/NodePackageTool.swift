internal import PackCore
internal import Packs

/// npm, pnpm or yarn: the host's, or the yarn that the project brings.
struct NodePackageTool {
  /// The words before its arguments.
  var command: [String]
  var version: String
  var path: HostPath?
  /// Why it is this one.
  var source: String
  /// Files of the project that belong to it.
  var files: [String] = []

  static func find(
    _ manager: NodePackages.Manager, _ packages: NodePackages, _ toolchain: NodeToolchain, _ mode: BuildMode,
    _ notes: PackNotes
  ) throws -> NodePackageTool {
    if manager == .berry, let own = try brought(packages, toolchain) { return own }
    let name = manager.tool
    let found = toolchain.context.findTool(name) ?? (name == "yarn" ? toolchain.context.findTool("yarnpkg") : nil)
    guard let found else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing",
        "the program \"\(name)\" is not in PATH, and the project's lock is \(name)'s",
        hint: name == "npm" ? "`apt-get install npm`" : "`npm install --global \(name)`, or `corepack enable \(name)`")
    }
    let real = FileSystem.resolve(found) ?? found
    let asked = packages.manifests.first.flatMap { manifest in
      manifest.text("packageManager").map { (text: $0, manifest: manifest) }
    }
    let wanted = asked.flatMap { asked -> String? in
      let parts = asked.text.split(separator: "@", maxSplits: 1)
      guard parts.count == 2, parts[0] == name else { return nil }
      return String(parts[1].prefix { $0 != "+" })
    }
    let isCorepack = real.description.contains("/corepack/")
    let version = try isCorepack ? wanted ?? "corepack's" : Self.version(real, toolchain)
    if let wanted, let asked, !isCorepack {
      try check(name, version, wanted, asked.manifest, mode, notes)
    }
    if manager == .berry, !isCorepack, version.hasPrefix("1.") {
      throw PackRefusal(
        .toolchainMissing, "toolchain_version",
        "yarn.lock is one of Yarn 2 or later, and the host's yarn is \(version)",
        hint: "`corepack enable yarn`, or `yarn set version stable`, which puts Yarn into the project")
    }
    let isScript = [".js", ".cjs", ".mjs"].contains { real.description.hasSuffix($0) }
    return NodePackageTool(
      command: (isScript ? [toolchain.node.description] : []) + [real.description], version: version, path: real,
      source: asked.map { "\($0.manifest.place("packageManager")) (packageManager)" }
        ?? "the host's; the project names none")
  }

  /// `yarnPath` of .yarnrc.yml.
  private static func brought(_ packages: NodePackages, _ toolchain: NodeToolchain) throws -> NodePackageTool? {
    let files = packages.project.files
    let settings = NodeModulePath.join(packages.directory, ".yarnrc.yml") ?? ".yarnrc.yml"
    for line in (try files.text(settings) ?? "").split(separator: "\n") where line.hasPrefix("yarnPath:") {
      let value = line.dropFirst(9).filter { !" \"'\r".contains($0) }
      guard let path = NodeModulePath.join(packages.directory, value), files.isFile(path) else { continue }
      let name = path.split(separator: "/").last ?? ""
      let version = name.drop { !$0.isNumber }.split(separator: ".").prefix(3).joined(separator: ".")
      return NodePackageTool(
        command: [toolchain.node.description, "${source}/\(path)"], version: version.isEmpty ? "unknown" : version,
        path: nil, source: "\(settings) (yarnPath)", files: [path])
    }
    return nil
  }

  /// What the package.json beside it says; else it is asked.
  private static func version(_ tool: HostPath, _ toolchain: NodeToolchain) throws -> String {
    let beside = tool.parent.parent / "package.json"
    if let bytes = try? FileSystem.read(beside, limit: 1 << 20),
      let json = try? JSONParser.parse(bytes, name: "package.json"), let version = json["version"]?.string
    {
      return version
    }
    let answer = try ToolRun(environment: ["PATH": "\(toolchain.node.parent):/usr/bin:/bin", "HOME": "/nonexistent"])
      .output([tool.description, "--version"])
    return answer.text?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "unknown"
  }

  /// Another major version reads locks in another way; an npm that is newer reads the older ones.
  private static func check(
    _ name: String, _ version: String, _ wanted: String, _ manifest: NodeManifest, _ mode: BuildMode, _ notes: PackNotes
  ) throws {
    guard let have = SemanticVersion(version), let want = SemanticVersion(wanted) else { return }
    if have.major == want.major || (name == "npm" && have > want) { return }
    let message = "\(manifest.path) asks for \(name) \(wanted) (packageManager), and the host's is \(version)"
    let hint = "`corepack enable \(name)`, or `npm install --global \(name)@\(wanted)`"
    guard mode == .debug else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_version", message, hint: hint, at: manifest.location("packageManager"))
    }
    notes.warn(message, hint: hint)
  }
}
