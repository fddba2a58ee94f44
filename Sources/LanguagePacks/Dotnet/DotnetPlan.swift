internal import PackCore
internal import Packs

/// The plan of one .NET program: its packages by digest, `dotnet publish` without a network, and layers by what changes
/// least.
struct DotnetPlan {
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let options: DotnetOptions
  let toolchain: DotnetToolchain
  let sdk: DotnetToolchain.SDK
  let asked: GlobalJSON?
  let program: MSBuildProject
  let rule: String
  let framework: DotnetFramework
  let closure: [MSBuildProject]

  func make() throws -> BuildPlan {
    let native = try DotnetNative(program, options: options, toolchain: toolchain)
    var plan = BuildPlan()
    plan.name = program.stem
    plan.version = program.properties.known("Version") ?? program.properties.known("VersionPrefix")
    plan.toolchains = [toolchain.pin(sdk)] + native.toolchains
    plan.decisions = baseDecisions
    let packages = try DotnetPackages(
      closure, runtime: runtime,
      environment: ["configuration": options.configuration, "runtime": runtime, "sdk": sdk.version.description],
      asked: asked, files)
    plan.lockFiles = packages.lockFiles
    guard let resolved = try packages.resolved(request.lock) else {
      plan.unresolved = .init(
        ecosystem: DotnetPackages.ecosystem, inputs: packages.inputs, step: try resolveStep(packages),
        output: RootPath(literal: "packages.json"), environment: packages.environment)
      plan.decisions.append(Decision(what: "packages", value: "to be resolved", source: program.path))
      return plan
    }
    plan.decisions.append(
      Decision(
        what: "packages", value: "\(resolved.count) by hash",
        source: packages.isLocked
          ? "packc.lock, and \(packages.lockFiles.map(\.path.description).joined(separator: ", "))" : "packc.lock"))
    if !resolved.isEmpty { plan.steps.append(try fetchStep(resolved)) }
    plan.steps += [
      try publishStep(packages, hasPackages: !resolved.isEmpty, native), layersStep(hasPackages: !resolved.isEmpty),
    ]
    plan.artifacts = ["runtime", "dependencies", "application"].map(artifact)
    try addProgram(&plan, native)
    return plan
  }

  private var runtime: String { request.platform.architecture == .amd64 ? "linux-x64" : "linux-arm64" }

  private var baseDecisions: [Decision] {
    let wish = asked.map { "\($0.path):\($0.line) asks for \($0.wish)" }
    return [
      Decision(what: "program", value: "/app/\(program.assemblyName)", source: "\(program.path) (\(rule))"),
      Decision(what: "framework", value: framework.target.description, source: framework.place.description),
      Decision(
        what: "dotnet version", value: sdk.version.description,
        source: wish ?? "the host's latest SDK; no global.json names one"),
      Decision(what: "build", value: "dotnet publish -c \(options.configuration) -r \(runtime)", source: program.path),
    ]
  }

  // MARK: Steps

  private var environment: [String: String] {
    DotnetToolchain.environment.merging([
      "DOTNET_ROOT": sdk.directory.parent.parent.description, "DOTNET_CLI_HOME": "${work}/home",
      "NUGET_PACKAGES": "${work}/packages", "NUGET_HTTP_CACHE_PATH": "${cache}/http",
    ]) { $1 }
  }

  private static let cacheDirectories = [RootPath(literal: "http")]

  private func directory() throws -> RootPath {
    guard let path = RootPath(program.directory) else {
      throw PackRefusal(.projectError, "bad_path", "\(program.directory) is no path of the project")
    }
    return path
  }

  private var file: String { ProjectPath.name(of: program.path) }

  /// What restore and publish must agree on, or the second finds other packages than the first. NuGet's audit asks the
  /// network what is known of the packages today, so that the same build may fail tomorrow.
  private var properties: [String] {
    var properties = ["-p:SelfContained=true", "-p:EnableSourceLink=false", "-p:NuGetAudit=false"]
    if closure.contains(where: { $0.frameworks.all.contains { $0.platform == "windows" } }) {
      properties.append("-p:EnableWindowsTargeting=true")
    }
    return properties + options.properties.map { "-p:\($0)" }
  }

  /// In debug, another SDK than global.json asks for.
  private var overridden: [String: String] {
    guard let asked, asked.choose([sdk.version]) == nil, var document = asked.document.object else { return [:] }
    document["sdk"] = ["version": JSONValue(sdk.version), "rollForward": "disable"]
    return ["${source}/\(asked.path)": CanonicalJSON.string(.object(document)) + "\n"]
  }

  private func resolveStep(_ packages: DotnetPackages) throws -> BuildStep {
    BuildStep(
      id: "resolve",
      argv: [
        "/bin/sh", "${pack}/lib/resolve.sh", "${work}/packages", "${work}/packages.json", toolchain.dotnet.description,
        "restore", file, "-r", runtime,
      ] + (packages.isLocked ? ["--locked-mode"] : []) + ["-p:Configuration=\(options.configuration)"] + properties,
      workingDirectory: try directory(), environment: environment, inputs: packages.inputs.map(\.path.description),
      outputs: [RootPath(literal: "packages.json")], files: overridden, network: true,
      cacheDirectories: Self.cacheDirectories, tools: toolchain.tools(sdk))
  }

  /// The packages are an output like any other, so that a later build needs neither the network nor the host's cache. The
  /// project that names them lies beside the program, since NuGet looks for its sources from there upwards.
  private func fetchStep(_ packages: [DotnetPackages.Package]) throws -> BuildStep {
    let place = ProjectPath.join(program.directory, ".packc/fetch/fetch.csproj")
    let files = [
      "${source}/\(place)": DotnetPackages.downloads(packages, sdkMajor: sdk.version.major),
      "${work}/packages.sha256": DotnetPackages.checksums(packages),
    ]
    return BuildStep(
      id: "fetch",
      argv: [
        "/bin/sh", "${pack}/lib/fetch.sh", "${work}/packages", "${work}/packages.sha256", toolchain.dotnet.description,
        "restore", ".packc/fetch/fetch.csproj",
      ],
      workingDirectory: try directory(), environment: environment, inputs: configurations,
      outputs: [RootPath(literal: "packages")], files: files.merging(overridden) { $1 }, network: true,
      cacheDirectories: Self.cacheDirectories, tools: toolchain.tools(sdk))
  }

  /// Where NuGet looks for packages, and which SDK runs.
  private var configurations: [String] {
    let names =
      ProjectPath.ancestors(of: program.directory).flatMap { directory in
        ["nuget.config", "NuGet.config", "NuGet.Config"].map { ProjectPath.join(directory, $0) }
      }.filter(files.isFile) + [asked?.path].compactMap { $0 }
    return names.isEmpty ? [program.path] : names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Publishing restores once more, from the fetched packages alone: what a restore leaves in the project's directories is
  /// no output of the fetch step.
  private func publishStep(_ packages: DotnetPackages, hasPackages: Bool, _ native: DotnetNative) throws -> BuildStep {
    var argv = [
      toolchain.dotnet.description, "publish", file, "-c", options.configuration, "-r", runtime, "--self-contained",
      "true",
      "--nologo", "-nodeReuse:false", "-o", "${work}/publish",
    ]
    if framework.isOneOfSeveral { argv += ["-f", framework.target.description] }
    if hasPackages { argv.append("-p:RestoreSources=${work}/packages") }
    if packages.isLocked { argv.append("-p:RestoreLockedMode=true") }
    argv += properties
    argv += [
      "-p:Deterministic=true", "-p:ContinuousIntegrationBuild=true", "-p:PathMap=${source}=/src",
      "-p:EnableSourceControlManagerQueries=false", "-p:UseSharedCompilation=false", "-p:UseAppHost=true",
      "-p:PublishSingleFile=false", "-p:IsTransformWebConfigDisabled=true",
    ]
    if request.mode == .release { argv += ["-p:DebugType=none", "-p:DebugSymbols=false"] }
    return BuildStep(
      id: "publish", argv: argv, workingDirectory: try directory(), environment: environment, inputs: [],
      outputs: [RootPath(literal: "publish")], files: overridden, tools: toolchain.tools(sdk) + native.tools)
  }

  private func layersStep(hasPackages: Bool) -> BuildStep {
    BuildStep(
      id: "layers",
      argv: ["/bin/sh", "${pack}/lib/layers.sh", "${work}/publish", "${work}/packages", "${work}/layers"],
      inputs: ["${work}/publish"] + (hasPackages ? ["${work}/packages"] : []), outputs: [RootPath(literal: "layers")])
  }

  /// Nothing of it is stripped: the runtime is Microsoft's, and assemblies are no ELF files.
  private func artifact(_ name: String) -> BuildPlan.Artifact {
    .init(
      path: "${work}/layers/\(name)", role: .foreign, destination: RootPath(literal: "app"),
      layer: LayerRole(rawValue: name) ?? .application, exclude: request.mode == .release ? ["**/*.pdb"] : [])
  }

  // MARK: Running

  private func addProgram(_ plan: inout BuildPlan, _ native: DotnetNative) throws {
    guard let name = RootPath("app/\(program.assemblyName)"), name.components.count == 2 else {
      throw PackRefusal(
        .projectError, "bad_name", "AssemblyName is \"\(program.assemblyName)\", which cannot be a file's name",
        at: program.place(of: "AssemblyName"))
    }
    plan.entrypoint = [name.absolute]
    plan.workingDirectory = RootPath(literal: "app")
    plan.environment = ["DOTNET_LTTng": "0", "DOTNET_RUNNING_IN_CONTAINER": "true"]
    if request.mode == .release { plan.environment["DOTNET_EnableDiagnostics"] = "0" }
    plan.decisions.append(native.decision(runtime: framework.target.description))
    try DotnetLibraries(program, closure, options: options, files).add(to: &plan, notes)
    try DotnetListening(program, framework.target, request: request, files).add(to: &plan, notes)
  }
}
