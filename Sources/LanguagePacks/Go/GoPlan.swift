internal import PackCore
internal import Packs

/// The plan of one Go program: fetch what is not vendored, build, and take along what the program opens at run time.
struct GoPlan {
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let programs: GoPrograms
  let wishes: GoWishes
  let toolchain: GoToolchain
  let options: GoOptions
  let program: GoPrograms.Program
  let rule: String

  private var modules: GoModules { programs.modules }
  /// Files without a module around them.
  private var isLoose: Bool { modules.modules.isEmpty }

  private enum Source {
    case none, vendored, fetched
  }

  func make() throws -> BuildPlan {
    var plan = BuildPlan()
    let name = isLoose ? looseName : GoModules.name(of: program.module)
    plan.name = name
    plan.decisions += baseDecisions
    let source = try dependencySource(&plan)
    let closure = try closure(source)
    if isLoose, let missing = closure.missing.first {
      throw GoRefusal.noModule(files, needs: (missing, program.mainFile))
    }
    let compiler = try cCompiler(closure, source, &plan)
    if source == .fetched { plan.steps.append(fetchStep()) }
    plan.steps.append(buildStep(binary: name, source, compiler))
    plan.artifacts.append(
      .init(path: "${work}/app/\(name)", role: .program, destination: try place("app/\(name)"), layer: .application))
    plan.entrypoint = ["/app/\(name)"]
    plan.workingDirectory = RootPath(literal: "/app")
    let evidence = GoEvidence(sources: closure.sources, files: files)
    try addData(evidence, closure, binary: name, &plan)
    addPorts(evidence, &plan)
    plan.toolchains.append(.init(name: "go", version: toolchain.version.description, path: toolchain.go))
    return plan
  }

  /// The program's files as the plan sees them.
  func closure() throws -> GoClosure {
    var plan = BuildPlan()
    return try closure(dependencySource(&plan))
  }

  private func closure(_ source: Source) throws -> GoClosure {
    try GoClosure(
      of: program, packages: isLoose ? looseFiles : ["./\(program.directory)"], toolchain, programs,
      platform: request.platform, flags: modFlags(source) + tagFlags, isFetched: source == .fetched)
  }

  private func place(_ text: String) throws -> RootPath {
    guard let path = RootPath(text) else {
      throw PackRefusal(.projectError, "bad_name", "\"\(text)\" cannot be a path in the image")
    }
    return path
  }

  private var baseDecisions: [Decision] {
    let module = modules.modules.first { $0.directory == program.moduleDirectory }
    var decisions = [
      Decision(what: "program", value: "./\(program.directory)", source: "\(program.mainFile) (\(rule))")
    ]
    let wanted = wishes.newest
    let file = modules.work == nil ? module?.fileName ?? "the project" : "go.work"
    decisions.append(
      Decision(
        what: "go", value: toolchain.version.description,
        source: wanted.map { "\($0.place) asks for \($0.version) or newer" } ?? "the host's; \(file) names none"))
    return decisions
  }

  // MARK: Without a module

  private var looseFiles: [String] { programs.sources(in: "").filter { $0.text.package == "main" }.map(\.path) }

  /// The name of the file with the main function; nothing else is the project's own.
  private var looseName: String {
    if let name = request.config?["name"]?.string { return name }
    let stem = String(program.mainFile.dropLast(3))
    return stem == "main" ? "app" : stem
  }

  // MARK: Dependencies

  private func dependencySource(_ plan: inout BuildPlan) throws -> Source {
    if isLoose {
      plan.decisions.append(Decision(what: "modules", value: "none", source: "there is no go.mod"))
      return .none
    }
    let locks = GoLocks(files: files, modules: modules)
    let own = Set(modules.modules.map(\.path))
    let downloads = modules.modules.flatMap(\.file.downloads).filter { !own.contains($0.module) }
    let root = modules.work == nil ? program.moduleDirectory : ""
    let vendor = root.isEmpty ? "vendor/modules.txt" : "\(root)/vendor/modules.txt"
    if files.isFile(vendor) {
      try locks.checkVendor(vendor, of: modules.modules.first { $0.directory == root })
      plan.decisions.append(Decision(what: "modules", value: "vendored", source: vendor))
      plan.lockFiles += try [files.lockFile(vendor)].compactMap { $0 }
      return .vendored
    }
    try locks.checkReplacements()
    if downloads.isEmpty {
      plan.decisions.append(Decision(what: "modules", value: "none", source: "go.mod requires none"))
      return .none
    }
    plan.lockFiles += try locks.sums()
    plan.decisions.append(Decision(what: "modules", value: "\(downloads.count) fetched by hash", source: "go.sum"))
    return .fetched
  }

  private func modFlags(_ source: Source) -> [String] {
    switch source {
    case .vendored: ["-mod=vendor"]
    case .none, .fetched: isLoose ? [] : ["-mod=readonly"]
    }
  }
  private var tagFlags: [String] { options.tags.isEmpty ? [] : ["-tags=\(options.tags.joined(separator: ","))"] }

  // MARK: cgo

  /// Modules that are known not to work without cgo; only asked while they cannot be read because they are not fetched.
  private static let knownCgo: Set<String> = [
    "github.com/mattn/go-sqlite3", "github.com/confluentinc/confluent-kafka-go",
    "github.com/confluentinc/confluent-kafka-go/v2", "github.com/marcboeker/go-duckdb", "github.com/h2non/bimg",
    "github.com/davidbyttow/govips/v2", "github.com/linxGnu/grocksdb",
  ]

  /// The C compiler when the program needs one.
  private func cCompiler(_ closure: GoClosure, _ source: Source, _ plan: inout BuildPlan) throws -> HostPath? {
    var reason: String?
    if options.cgo == true { reason = "unik.yaml" }
    if reason == nil, options.cgo == nil { reason = closure.cgoPackages.first.map { "the package \($0)" } }
    if reason == nil, options.cgo == nil, source == .fetched {
      reason = modules.modules.flatMap(\.file.downloads).map(\.module).first(where: Self.knownCgo.contains)
        .map { "the module \($0)" }
    }
    guard let reason else {
      let looked = closure.isIncomplete && options.cgo == nil
      plan.decisions.append(
        Decision(
          what: "cgo", value: "off",
          source: options.cgo == false
            ? "unik.yaml"
            : looked
              ? "no package of the project uses it; modules to be fetched were not looked at (options.cgo settles it)"
              : "no package uses it"))
      return nil
    }
    guard request.platform == .host else { throw GoRefusal.cgoForOther(request.platform, reason) }
    guard let compiler = ["gcc", "cc", "clang"].lazy.compactMap(toolchain.context.findTool).first else {
      throw GoRefusal.noCompiler(closure.cgoPackages.first ?? reason)
    }
    plan.decisions.append(Decision(what: "cgo", value: "on", source: reason))
    let real = FileSystem.resolve(compiler) ?? compiler
    let version = try ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C"])
      .output([compiler.description, "-dumpfullversion", "-dumpversion"])
    plan.toolchains.append(
      .init(
        name: compiler.name, version: version.text?.split(separator: "\n").first.map(String.init) ?? "unknown",
        path: real))
    return compiler
  }

  // MARK: Steps

  private func environment(_ more: [String: String]) -> [String: String] {
    var environment = [
      "GOTOOLCHAIN": "local", "GOENV": "off", "GO111MODULE": "on", "GOTELEMETRY": "off", "GOFLAGS": "",
      "GOCACHE": "${cache}/go-build", "GOMODCACHE": "${work}/modules", "GOPATH": "${cache}/gopath",
    ]
    if modules.work == nil { environment["GOWORK"] = "off" }
    return environment.merging(more) { _, more in more }
  }

  /// Module files of the project, on which alone the fetched modules depend.
  private var moduleFiles: [String] {
    var names = modules.work == nil ? [] : ["go.work", "go.work.sum"]
    for module in modules.modules {
      names += ["go.mod", "go.sum"].map { module.directory.isEmpty ? $0 : "\(module.directory)/\($0)" }
    }
    return names.filter(files.isFile)
  }

  /// The modules are an output like any other, so that a later build needs neither the network nor the host's cache.
  private func fetchStep() -> BuildStep {
    BuildStep(
      id: "fetch", argv: [toolchain.go.description, "mod", "download"],
      workingDirectory: modules.work == nil ? RootPath(program.moduleDirectory) ?? .root : .root,
      environment: environment(["GOFLAGS": "-modcacherw"]), inputs: moduleFiles,
      outputs: [RootPath(literal: "modules")], network: true,
      cacheDirectories: [RootPath(literal: "go-build"), RootPath(literal: "gopath")],
      tools: toolchain.tools(request.platform))
  }

  private func buildStep(binary: String, _ source: Source, _ compiler: HostPath?) -> BuildStep {
    let below = program.directory.dropFirst(program.moduleDirectory.count).drop { $0 == "/" }
    let (directory, packages) =
      isLoose
      ? ("", looseFiles)
      : modules.work == nil ? (program.moduleDirectory, ["./\(below)"]) : ("", ["./\(program.directory)"])
    let linker = (["-buildid="] + options.ldflags).joined(separator: " ")
    var environment = environment([
      "GOPROXY": "off", "GOOS": "linux", "GOARCH": request.platform.architecture.rawValue,
      "CGO_ENABLED": compiler == nil ? "0" : "1",
    ])
    if let compiler { environment["CC"] = compiler.description }
    return BuildStep(
      id: "build",
      argv: [toolchain.go.description, "build", "-trimpath", "-buildvcs=false", "-ldflags=\(linker)"]
        + modFlags(source) + tagFlags + ["-o", "${work}/app/\(binary)"] + packages,
      workingDirectory: RootPath(directory) ?? .root, environment: environment,
      outputs: [RootPath(literal: "app")],
      cacheDirectories: [RootPath(literal: "go-build"), RootPath(literal: "gopath")],
      tools: toolchain.tools(request.platform) + [compiler?.description].compactMap { $0 })
  }

  // MARK: Running

  private func addData(_ evidence: GoEvidence, _ closure: GoClosure, binary: String, _ plan: inout BuildPlan) throws {
    for data in evidence.data(base: program.moduleDirectory, embedded: closure.embedded) {
      let below = String(data.path.dropFirst(program.moduleDirectory.count).drop { $0 == "/" })
      guard below != binary else {
        notes.warn(
          "\(data.path) has the name of the program, so it is not put beside it (\(data.source) names it)",
          hint: "give it a place with `artifact: {files: {…}}` in unik.yaml")
        continue
      }
      plan.artifacts.append(
        .init(path: "${source}/\(data.path)", role: .data, destination: try place("app/\(below)"), layer: .application))
      plan.decisions.append(Decision(what: "data", value: "/app/\(below)", source: data.source))
    }
  }

  private func addPorts(_ evidence: GoEvidence, _ plan: inout BuildPlan) {
    let ports = evidence.ports(in: program.directory)
    plan.ports = ports.map { "\($0.number)/tcp" }
    for port in ports {
      plan.decisions.append(Decision(what: "port", value: String(port.number), source: "\(port.path):\(port.line)"))
      guard port.isLoopback else { continue }
      notes.warn(
        "\(port.path):\(port.line) listens on the loopback address only; nothing outside can reach it",
        hint: "listen on \":\(port.number)\"")
    }
  }
}
