internal import PackCore
internal import Packs

/// The plan of a published program: nothing is built. It brings its runtime along, or takes the host's.
struct DotnetPublishedPlan {
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let options: DotnetOptions
  let program: DotnetPublished

  /// Where the host's runtime lies in the image.
  private static let place = "usr/lib/dotnet"
  private static let excluded = [
    ".git", ".packc", "unik.yaml", "packc.lock", ".gitignore", ".packcignore", "web.config",
  ]

  init(files: ProjectFiles, request: PackRequest, notes: PackNotes) throws {
    (self.files, self.request, self.notes) = (files, request, notes)
    options = try DotnetOptions(request)
    program = try DotnetPublished(Self.name(request.app, files), files)
  }

  /// `--app`: the name, or one of its files.
  private static func name(_ app: String?, _ files: ProjectFiles) throws -> String {
    let names = DotnetPublished.names(files)
    if let app {
      let wanted = names.first { [$0, "\($0).dll", "./\($0).dll", "\($0).runtimeconfig.json"].contains(app) }
      if let wanted { return wanted }
      throw PackRefusal(
        .projectError, PackErrorCode.noSuchProgram, "there is no published program \(app)",
        hint: "there is: \(names.joined(separator: ", "))")
    }
    guard names.count == 1 else { throw PackRefusal.severalPrograms("dotnet", candidates(files)) }
    return names[0]
  }

  static func candidates(_ files: ProjectFiles) -> [ProgramCandidate] {
    DotnetPublished.names(files).map { ProgramCandidate(app: $0, reasons: ["\($0).runtimeconfig.json: published"]) }
  }

  func make() throws -> BuildPlan {
    if let obstacle = program.target.obstacle {
      throw PackRefusal(
        .projectError, "framework_unsupported", "\(program.name) is published for \(program.target), which \(obstacle)",
        hint: "publish it for net8.0 or later", at: SourceLocation(path: program.path))
    }
    var plan = BuildPlan()
    plan.name = program.name
    plan.decisions = [
      Decision(
        what: "program", value: program.isSelfContained ? "/app/\(program.name)" : "dotnet \(program.name).dll",
        source: "\(program.path) (what `dotnet publish` left)"),
      Decision(what: "framework", value: program.target.description, source: program.path),
      Decision(what: "build", value: "none", source: "the program is published already"),
    ]
    plan.artifacts = [
      .init(
        path: "${source}", role: .foreign, destination: RootPath(literal: "app"), layer: .application,
        exclude: Self.excluded + (request.mode == .release ? ["**/*.pdb"] : []))
    ]
    plan.workingDirectory = RootPath(literal: "app")
    plan.environment = ["DOTNET_LTTng": "0", "DOTNET_RUNNING_IN_CONTAINER": "true"]
    if request.mode == .release { plan.environment["DOTNET_EnableDiagnostics"] = "0" }
    if program.isSelfContained { try addOwnHost(&plan) } else { try addRuntime(&plan) }
    try DotnetLibraries.add(cultures: wantsCultures(), to: &plan, notes)
    try DotnetListening(in: "", isWeb: program.isWeb, program.target, request: request, files).add(to: &plan, notes)
    return plan
  }

  // MARK: With its own runtime

  private func addOwnHost(_ plan: inout BuildPlan) throws {
    let head = try RootPath(program.name).flatMap { try FileSystem.head(files.root / $0, count: 20) } ?? []
    let identifier = request.platform.architecture == .amd64 ? "linux-x64" : "linux-arm64"
    func refusal(_ problem: String, _ hint: String) -> PackRefusal {
      PackRefusal(.projectError, "wrong_platform", problem, hint: hint, at: SourceLocation(path: program.path))
    }
    let again = "`dotnet publish -r \(identifier) --self-contained`"
    guard head.count == 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
      throw refusal(
        "\(program.path) brings its own runtime, and \(program.name), which starts it on Linux, is not there", again)
    }
    guard UInt16(head[18]) | UInt16(head[19]) << 8 == (request.platform.architecture == .amd64 ? 62 : 183) else {
      throw refusal("\(program.name) is built for another processor than \(request.platform)", again)
    }
    let status = try RootPath(program.name).flatMap { try FileSystem.target(files.root / $0) }
    guard status?.isExecutable ?? false else {
      throw refusal("\(program.name) is not executable", "`chmod +x \(program.name)`")
    }
    plan.entrypoint = ["/app/\(program.name)"]
    plan.decisions.append(Decision(what: "runtime", value: "self-contained", source: program.path))
  }

  // MARK: With the host's runtime

  private func addRuntime(_ plan: inout BuildPlan) throws {
    guard let found = try HostContext.current().findTool("dotnet") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing",
        "\(program.name) runs on the host's \(wanted), and the program \"dotnet\" is not in PATH", hint: install,
        at: SourceLocation(path: program.path))
    }
    let muxer = FileSystem.resolve(found) ?? found
    let root = muxer.parent
    func versions(_ directory: String) -> [SDKVersion] {
      ((try? DirectoryWalk.names(in: root / directory)) ?? []).compactMap {
        SDKVersion(String(decoding: $0, as: UTF8.self))
      }.sorted()
    }
    guard let resolver = versions("host/fxr").last else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(muxer) has no host/fxr beside it", hint: install)
    }
    var places = ["dotnet": muxer, "host/fxr/\(resolver)": root / "host/fxr/\(resolver)"]
    for framework in program.frameworks {
      let installed = versions("shared/\(framework.name)")
      guard let version = program.choose(framework.version, among: installed) else {
        let here = installed.map(\.description).joined(separator: ", ")
        throw PackRefusal(
          .toolchainMissing, "toolchain_version",
          "\(program.name) needs \(framework.name) \(framework.version), and the host has "
            + (here.isEmpty ? "none" : here), hint: install, at: SourceLocation(path: program.path))
      }
      let below = "shared/\(framework.name)/\(version)"
      places[below] = root / below
      plan.decisions.append(
        Decision(
          what: "runtime", value: "\(framework.name) \(version)",
          source: "\(program.path) asks for \(framework.version)"))
      if framework.name == DotnetPublished.runtime {
        let library = root / below / "System.Private.CoreLib.dll"
        plan.toolchains.append(
          .init(
            name: "dotnet-runtime", version: version.description, path: FileSystem.exists(library) ? library : muxer))
      }
    }
    plan.runtime.trees = places.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.compactMap {
      below, path in
      RootPath("\(Self.place)/\(below)").map { .init(path: path, destination: $0) }
    }
    plan.environment["DOTNET_ROOT"] = "/\(Self.place)"
    plan.entrypoint = ["/\(Self.place)/dotnet", "/app/\(program.name).dll"]
  }

  private var release: String { "\(program.target.major).\(program.target.minor)" }
  private var wanted: String { (program.isWeb ? "ASP.NET Core " : ".NET ") + release }

  private var install: String {
    let package = program.isWeb ? "aspnetcore-runtime" : "dotnet-runtime"
    return "`apt-get install \(package)-\(release)` (packages.microsoft.com), or "
      + "publish it with its runtime: `dotnet publish -r linux-x64 --self-contained`"
  }

  // MARK: Cultures

  private func wantsCultures() throws -> (are: Bool, reason: String) {
    if let icu = options.icu { return (icu, "unik.yaml: options.icu") }
    if let invariant = program.isInvariant { return (!invariant, "\(program.path): System.Globalization.Invariant") }
    let path = "\(program.name).deps.json"
    if let text = try files.text(path) {
      let libraries = try JSONParser.parse(JSONWithComments.plain(Array(text.utf8)), name: path)["libraries"]?.object
      let names = (libraries ?? [:]).keys.sorted().compactMap { $0.split(separator: "/").first?.lowercased() }
      if let name = names.first(where: DotnetLibraries.needsCultures.contains) {
        return (true, "\(path) (\(name) needs cultures)")
      }
    }
    return (false, "nothing in \(program.path) asks for cultures; options.icu: true takes libicu along")
  }
}
