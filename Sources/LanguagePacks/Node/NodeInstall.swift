internal import PackCore
internal import Packs

/// The command of the project's package manager that installs exactly what the lock says.
struct NodeInstall {
  private let manager: NodePackages.Manager
  private let lock: String?
  private let packages: NodePackages
  private let toolchain: NodeToolchain
  private let allowed: [String]
  private let tool: NodePackageTool
  private(set) var decisions: [Decision] = []
  let toolchains: [BuildPlan.Toolchain]
  private let inputs: [String]

  init(
    manager: NodePackages.Manager, lock: String?, packages: NodePackages, toolchain: NodeToolchain,
    request: PackRequest,
    notes: PackNotes
  ) throws {
    self.manager = manager
    self.lock = lock
    self.packages = packages
    self.toolchain = toolchain
    allowed = (request.options["allow_scripts"]?.array ?? []).compactMap(\.string)
    tool = try NodePackageTool.find(manager, packages, toolchain, request.mode, notes)
    toolchains = [.init(name: manager.tool, version: tool.version, path: tool.path ?? toolchain.node)]
    let names = lock ?? packages.manifests.first?.path ?? "package.json"
    decisions = [
      Decision(what: "packages", value: lock == nil ? "resolved anew" : "by hash", source: names),
      Decision(what: "\(manager.tool) version", value: tool.version, source: tool.source),
    ]
    var npm: NPMLock?
    if manager == .npm, let lock, let path = RootPath(lock) {
      npm = try NPMLock(FileSystem.read(packages.project.files.root / path, limit: NodeLockCheck.limit), path: lock)
    }
    inputs = Self.inputs(packages, lock, npm, tool)
    try checkScripts(npm, notes)
  }

  /// Packages with scripts of their own that run when they are installed: native addons are compiled or downloaded there.
  private mutating func checkScripts(_ lock: NPMLock?, _ notes: PackNotes) throws {
    for name in allowed {
      decisions.append(Decision(what: "install script", value: name, source: "options.allow_scripts"))
    }
    let skipped = (lock?.scripted ?? []).filter { !allowed.contains($0) }
    guard !skipped.isEmpty else { return }
    notes.warn(
      "the install scripts of these packages are not run: \(skipped.joined(separator: ", "))",
      hint: "if the program needs what one leaves: `options: {allow_scripts: [\(skipped[0])]}` in unik.yaml")
  }

  /// What the result depends on: manifests, lock, settings, and packages that lie in the project.
  private static func inputs(
    _ packages: NodePackages, _ lock: String?, _ npm: NPMLock?, _ tool: NodePackageTool
  ) -> [String] {
    let files = packages.project.files
    func place(_ name: String) -> String { packages.directory.isEmpty ? name : "\(packages.directory)/\(name)" }
    var names = packages.manifests.map(\.path) + [lock].compactMap { $0 } + tool.files
    names += [
      ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", "lerna.json", ".pnpmfile.cjs", ".yarn/patches",
      ".yarn/plugins",
      ".yarn/cache", ".yarn/releases", "patches",
    ].map(place)
    for local in npm?.local ?? [] {
      names += files.isFile(place(local)) ? [place(local)] : [place("\(local)/package.json")]
    }
    for manifest in packages.manifests {
      for (_, range) in manifest.production.merging(manifest.devDependencies, uniquingKeysWith: { $1 }) {
        guard
          let path = ["file:", "link:", "portal:"].first(where: range.hasPrefix).map({ range.dropFirst($0.count) }),
          let local = NodeModulePath.join(manifest.directory, String(path)), !local.isEmpty
        else { continue }
        names.append(files.isDirectory(local) ? "\(local)/package.json" : local)
      }
    }
    return Set(names.filter { files.kind($0) != nil }).sorted()
  }

  /// What runs the tool, and looks whether it did its work.
  private static let scripts = ["packages", "installed", "installed-npm", "installed-yarn", "modules"].map {
    "${pack}/lib/\($0).mjs"
  }

  func step(_ output: String, production: Bool) -> BuildStep {
    let install = tool.command + arguments(production: production)
    var environment = [
      "INPUTS": inputs.joined(separator: "\n"),
      "MANIFESTS": packages.manifests.map(\.path).joined(separator: "\n"), "MANAGER": manager.rawValue,
      "DIRECTORY": packages.directory, "NPM_CACHE": "${cache}/npm", "COREPACK_HOME": "${cache}/corepack",
      "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0", "npm_config_update_notifier": "false", "NO_UPDATE_NOTIFIER": "1",
      "npm_config_audit": "false", "npm_config_fund": "false", "npm_config_progress": "false",
    ]
    if production { environment["PRODUCTION"] = "1" }
    switch manager {
    case .npm: break
    case .pnpm: environment["CI"] = "true"
    case .yarn: environment["YARN_CACHE_FOLDER"] = "${cache}/yarn"
    case .berry:
      environment["YARN_NODE_LINKER"] = "node-modules"
      environment["YARN_ENABLE_TELEMETRY"] = "0"
      environment["YARN_ENABLE_SCRIPTS"] = "0"
      environment["YARN_ENABLE_GLOBAL_CACHE"] = "0"
      environment["YARN_GLOBAL_FOLDER"] = "${cache}/berry"
    }
    if !allowed.isEmpty {
      environment["REBUILD"] = (tool.command + ["rebuild"] + allowed).joined(separator: "\n")
    }
    return BuildStep(
      id: output,
      argv: [toolchain.node.description, "${pack}/lib/packages.mjs", "${source}", "${work}/\(output)", "--"] + install,
      environment: environment, inputs: inputs + Self.scripts,
      outputs: [RootPath(output)].compactMap { $0 },
      network: true,
      cacheDirectories: ["npm", "yarn", "pnpm", "berry", "corepack"].compactMap { RootPath($0) },
      tools: [toolchain.node.description] + [tool.path?.description].compactMap { $0 })
  }

  private func arguments(production: Bool) -> [String] {
    let frozen = lock != nil
    switch manager {
    case .npm:
      return [frozen ? "ci" : "install", "--ignore-scripts", production ? "--omit=dev" : "--include=dev"]
    case .pnpm:
      return ["install", frozen ? "--frozen-lockfile" : "--no-frozen-lockfile", "--ignore-scripts"]
        + (production ? ["--prod"] : []) + ["--store-dir", "${cache}/pnpm", "--package-import-method", "copy"]
    case .yarn:
      return ["install", "--ignore-scripts", "--non-interactive", "--no-progress"]
        + (frozen ? ["--frozen-lockfile"] : [])
        + ["--production=\(production)"]
    case .berry:
      return production
        ? ["workspaces", "focus", "--all", "--production"] : ["install"] + (frozen ? ["--immutable"] : [])
    }
  }
}
