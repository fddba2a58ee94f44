internal import PackCore
internal import Packs

/// The steps that fetch packages and build, and what of their results goes into the image.
struct NodeSteps {
  let request: PackRequest
  let notes: PackNotes
  let project: NodeProject
  let program: NodeProgram
  let packages: NodePackages
  let toolchain: NodeToolchain
  let build: NodeBuild
  let start: NodeStart

  private var files: ProjectFiles { project.files }

  /// Files of the project that are not part of the program.
  static let excluded = [
    "node_modules", "**/node_modules", ".github", ".gitlab", ".gitlab-ci.yml", ".circleci", ".travis.yml", ".gitignore",
    "**/.gitignore", ".gitattributes", ".gitmodules", ".dockerignore", ".editorconfig", ".vscode", ".idea", ".husky",
    ".npmrc", "**/.npmrc", ".npmignore", ".yarnrc", ".yarnrc.yml", ".yarn", ".pnp.cjs", ".pnp.loader.mjs", ".nvmrc",
    ".node-version", ".tool-versions", ".eslintrc*", ".eslintignore", ".eslintcache", ".prettierrc*", ".prettierignore",
    ".packcignore", ".packc", "unik.yaml", "packc.lock", "Dockerfile*", "docker-compose*.y*ml", "compose*.y*ml",
    "Procfile", "Makefile", "README*", "coverage", ".nyc_output", ".cache", ".parcel-cache", ".turbo", "**/.turbo",
    ".nx", "**/.next/cache", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "bun.lockb", "**/yarn.lock", "**/package-lock.json", "**/*.tsbuildinfo", ".env.local", ".env.*.local",
  ]

  func add(to plan: inout BuildPlan) throws {
    let needsDevelopment = !build.commands.isEmpty && packages.hasDevelopment
    try addPackages(needsDevelopment: needsDevelopment, &plan)
    guard !build.commands.isEmpty else {
      plan.decisions.append(
        Decision(
          what: "build", value: "none",
          source: program.manifest.map { "\($0.path) has no script \"build\"" } ?? "there is no package.json"
        ))
      plan.artifacts.append(
        .init(
          path: "${source}", role: .data, destination: RootPath(literal: "app"), layer: .application,
          exclude: Self.excluded))
      return
    }
    for command in build.commands {
      plan.decisions.append(Decision(what: "build", value: command, source: build.source))
    }
    plan.steps.append(buildStep(modules(needsDevelopment)))
    plan.artifacts.append(
      .init(
        path: "${work}/app", role: .data, destination: RootPath(literal: "app"), layer: .application,
        exclude: start.standalone ? [] : Self.excluded.filter { !$0.contains("node_modules") }))
  }

  /// The output with the packages for the build; nil when the project has them, or needs none.
  private func modules(_ development: Bool) -> String? {
    guard case .fetched = packages.source else { return nil }
    return development ? "build-packages" : "packages"
  }

  // MARK: Packages

  private func addPackages(needsDevelopment: Bool, _ plan: inout BuildPlan) throws {
    switch packages.source {
    case .none: plan.decisions.append(Decision(what: "packages", value: "none", source: "package.json names none"))
    case .committed: try addCommitted(&plan)
    case .fetched(let manager, let lock):
      let wanted = packages.hasProduction || start.keepsDevelopment
      guard wanted || needsDevelopment else {
        return plan.decisions.append(
          Decision(what: "packages", value: "none", source: "only devDependencies, and there is no build"))
      }
      let install = try NodeInstall(
        manager: manager, lock: lock, packages: packages, toolchain: toolchain, request: request, notes: notes)
      plan.decisions += install.decisions
      plan.toolchains += install.toolchains
      plan.lockFiles += try [lock.flatMap { try files.lockFile($0) }].compactMap { $0 }
      if needsDevelopment { plan.steps.append(install.step("build-packages", production: false)) }
      guard wanted || !needsDevelopment else { return }
      guard !start.standalone || !needsDevelopment else { return }
      plan.steps.append(install.step("packages", production: !start.keepsDevelopment))
      if start.keepsDevelopment {
        plan.decisions.append(
          Decision(
            what: "packages", value: "with devDependencies", source: "\(program.source) starts a command of one of them"
          ))
      }
      guard !start.standalone else { return }
      plan.artifacts.append(
        .init(path: "${work}/packages", role: .foreign, destination: RootPath(literal: "app"), layer: .dependencies))
    }
  }

  private static let junk = [".cache", ".vite", ".package-lock.json", ".yarn-integrity", ".modules.yaml"]

  private func addCommitted(_ plan: inout BuildPlan) throws {
    let modules = packages.directory.isEmpty ? "node_modules" : "\(packages.directory)/node_modules"
    plan.decisions.append(Decision(what: "packages", value: "as they are in the project", source: modules))
    for manifest in packages.own {
      for name in manifest.dependencies.keys.sorted() {
        let places = [modules, manifest.directory + "/node_modules"]
        if places.contains(where: { files.kind("\($0)/\(name)") != nil }) { continue }
        throw PackRefusal(
          .projectError, "lock_packages_incomplete", "\(modules) is part of the project and lacks \(name)",
          hint: "run `npm install` and commit node_modules, or add node_modules to .gitignore and commit the lock",
          at: manifest.location("dependencies", name))
      }
    }
    var directories = [modules]
    let own = program.directory.isEmpty ? modules : "\(program.directory)/node_modules"
    if own != modules, files.isDirectory(own) { directories.append(own) }
    for directory in directories {
      guard let place = RootPath("app/\(directory)") else { continue }
      plan.artifacts.append(
        .init(
          path: "${source}/\(directory)", role: .foreign, destination: place, layer: .dependencies, exclude: Self.junk))
    }
  }

  // MARK: Build

  private func buildStep(_ modules: String?) -> BuildStep {
    var environment = [
      "NODE_ENV": "production", "DIRECTORY": build.directory, "PROGRAM": program.directory,
      "NEXT_TELEMETRY_DISABLED": "1", "NUXT_TELEMETRY_DISABLED": "1", "ASTRO_TELEMETRY_DISABLED": "1",
      "GATSBY_TELEMETRY_DISABLED": "1", "TURBO_TELEMETRY_DISABLED": "1", "NX_DAEMON": "false", "NX_NO_CLOUD": "true",
      "DO_NOT_TRACK": "1", "NO_UPDATE_NOTIFIER": "1", "npm_config_offline": "true",
      "npm_config_update_notifier": "false",
      "COREPACK_HOME": "${cache}/corepack", "COREPACK_ENABLE_NETWORK": "0",
    ]
    if let file = start.file { environment["EXPECTED"] = file }
    if start.standalone { environment["STANDALONE"] = "1" }
    if let modules { environment["MODULES"] = "${work}/\(modules)" }
    return BuildStep(
      id: "build",
      argv: [toolchain.node.description, "${pack}/lib/build.mjs", "${source}", "${work}/app"] + build.commands,
      environment: environment, inputs: ["."] + (modules.map { ["${work}/\($0)"] } ?? []),
      outputs: [RootPath(literal: "app")], cacheDirectories: [RootPath(literal: "corepack")],
      tools: [toolchain.node.description])
  }
}
