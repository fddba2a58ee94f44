internal import PackCore
internal import Packs

/// The steps of a plan: fetch and build.
struct RustBuild {
  let plan: RustPlan
  let target: RustTarget
  let data: RustData
  /// What links, and compiles the C code of packages.
  let compiler: BuildPlan.Toolchain

  init(plan: RustPlan, target: RustTarget, data: RustData) throws {
    self.plan = plan
    self.target = target
    self.data = data
    let context = plan.toolchain.context
    guard let found = target.linker ?? ["cc", "gcc", "clang"].lazy.compactMap(context.findTool).first else {
      throw RustRefusal.noLinker()
    }
    let real = FileSystem.resolve(found) ?? found
    let version = try ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C"])
      .output([real.description, "-dumpfullversion", "-dumpversion"])
    compiler = .init(
      name: "cc", version: version.text?.split(separator: "\n").first.map(String.init) ?? "unknown", path: real)
  }

  var steps: [BuildStep] {
    let fetch = plan.dependencies.source == .fetched ? [fetchStep] : []
    return fetch + [dependenciesStep].compactMap { $0 } + [buildStep]
  }

  // MARK: Names

  private var profile: String { plan.options.profile ?? (plan.request.mode == .debug ? "dev" : "release") }

  /// The program below `${work}`.
  var output: String {
    let directory =
      switch profile {
      case "dev", "test": "debug"
      case "bench": "release"
      default: profile
      }
    return "target/\(target.name)/\(directory)/\(plan.binary.name)"
  }

  /// Paths relative to the package's directory hold at run time only when that was the same at the build.
  private var isAtApp: Bool { data.manifestDirectory != nil }

  // MARK: Steps

  private func environment(_ more: [String: String]) -> [String: String] {
    [
      "CARGO_HOME": "${work}/cargo", "CARGO_TERM_COLOR": "never", "CARGO_TERM_PROGRESS_WHEN": "never",
      "RUSTC": plan.toolchain.rustc.description,
    ].merging(more) { _, more in more }
  }

  /// Files on which alone the fetched packages depend.
  private var manifests: [String] {
    let all =
      [plan.config.path, CargoLock.path].compactMap { $0 } + ["Cargo.toml"] + plan.project.members.map(\.manifest.path)
    return RustSources.sorted(Array(Set(all.filter(plan.files.isFile))))
  }

  /// The packages are an output like any other, so that a later build needs neither the network nor the host's cache.
  private var fetchStep: BuildStep {
    BuildStep(
      id: "fetch",
      argv: ["/bin/sh", "${pack}/lib/fetch", plan.toolchain.cargo.description, "fetch", "--target", target.name]
        + (plan.dependencies.lock == nil ? [] : ["--locked"]),
      environment: environment(["CARGO_NET_RETRY": "5"]), inputs: manifests, outputs: [RootPath(literal: "cargo")],
      network: true, tools: plan.toolchain.tools)
  }

  /// Compiles the packages from elsewhere, so that a change of the project's own source does not compile them again. What
  /// they come to is the same with and without this step: it is the same command.
  private var dependenciesStep: BuildStep? {
    guard let skeleton else { return nil }
    let sources =
      plan.dependencies.source == .fetched ? ["${work}/cargo"] : [plan.dependencies.vendor].compactMap { $0 }
    return BuildStep(
      id: "dependencies",
      argv: ["/bin/sh", "${pack}/lib/dependencies", plan.toolchain.cargo.description, "build"]
        + arguments("${work}/skeleton"),
      environment: compiling.merging([
        "CARGO_TARGET_DIR": "${work}/dependencies", "PACKC_SKELETON": "${work}/skeleton",
        "PACKC_SKELETON_LIST": "${work}/skeleton.txt",
      ]) { $1 },
      inputs: manifests + sources, outputs: [RootPath(literal: "dependencies")],
      files: ["${work}/skeleton.txt": skeleton.text], tools: plan.toolchain.tools + [compiler.path.description])
  }

  private var skeleton: CargoSkeleton? {
    guard plan.dependencies.source != .none else { return nil }
    return CargoSkeleton(plan.project, plan.config, plan.dependencies.lock, manifests: manifests)
  }

  private var buildStep: BuildStep {
    var environment = compiling.merging(["CARGO_TARGET_DIR": "${work}/target"]) { $1 }
    if skeleton != nil { environment["PACKC_DEPENDENCIES"] = "${work}/dependencies" }
    return BuildStep(
      id: "build",
      argv: ["/bin/sh", "${pack}/lib/build", plan.toolchain.cargo.description, "build"]
        + arguments(isAtApp ? "/app" : "${source}"),
      environment: environment, outputs: [RootPath(output)].compactMap { $0 },
      tools: plan.toolchain.tools + [compiler.path.description],
      mounts: isAtApp ? [RootPath(literal: "/app"): "${source}"] : [:])
  }

  /// The same for both steps that compile: what a package from elsewhere is compiled to depends on it.
  private var compiling: [String: String] {
    var more = [
      "CARGO_INCREMENTAL": "0", "CARGO_NET_OFFLINE": "true",
      // The project's own flags stay what they are: those of packc are added to each call of the compiler.
      "RUSTC_WRAPPER": "${pack}/lib/rustc", "PACKC_REMAP_SOURCE": "${source}",
      "PACKC_REMAP_CARGO": "${work}/cargo",
    ]
    if isAtApp { more["PACKC_REMAP_APP"] = "/app" }
    if plan.options.isStatic { more["PACKC_TARGET_FLAGS"] = "-Ctarget-feature=+crt-static" }
    if let linker = target.linker {
      more["CARGO_TARGET_\(target.variable)_LINKER"] = linker.description
      more["CC_\(target.name.replacing("-", with: "_"))"] = linker.description
    }
    return environment(more)
  }

  private func arguments(_ root: String) -> [String] {
    var arguments = profile == "release" ? ["--release"] : ["--profile", profile]
    arguments += plan.dependencies.lock == nil ? ["--offline"] : ["--frozen"]
    arguments += [
      "--target", target.name, "--manifest-path", "\(root)/\(CargoProject.join(plan.binary.directory, "Cargo.toml"))",
      "--bin", plan.binary.name,
    ]
    let features = plan.binary.requiredFeatures + plan.options.features
    if !features.isEmpty { arguments += ["--features", features.joined(separator: ",")] }
    if plan.options.noDefaultFeatures { arguments.append("--no-default-features") }
    if case .vendored(let more) = plan.dependencies.source { arguments += more }
    return arguments
  }
}
