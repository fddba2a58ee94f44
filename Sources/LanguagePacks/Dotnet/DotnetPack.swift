internal import PackCore
internal import Packs

/// .NET 6 and later: C#, F# and Visual Basic, published with their own runtime.
struct DotnetPack: LanguagePack {
  private let files: ProjectFiles
  init(files: ProjectFiles = ProjectFiles()) { self.files = files }

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let search = DotnetSearch(files)
    guard let first = search.found.first else { return try published(request) ?? sourceAlone() }
    if search.sibling(files) != nil { return nil }
    let neighbours = Neighbours(of: "dotnet", files)
    if !search.isAtRoot, let other = neighbours.all.first(where: { $0.language != "node" }) {
      return supporting(first, other)
    }
    let projects = try DotnetProjects(search, files)
    guard let manifest = projects.manifests.first, !projects.projects.isEmpty || !projects.solutions.isEmpty else {
      return nil
    }
    _ = try GlobalJSON.nearest(to: "", files)
    let programs = DotnetPrograms(all: projects, name: request.config?["name"]?.string)
    var reasons = [
      DetectReason(path: manifest, rule: SolutionFile.isProject(manifest) ? "a .NET project" : "a solution")
    ]
    guard let program = programs.eligible.first else {
      if !search.isAtRoot, let other = neighbours.all.first { return supporting(first, other) }
      return DetectAnswer(confidence: 40, reasons: reasons, role: .library)
    }
    if !search.isAtRoot, let other = neighbours.all.first, programs.eligible.allSatisfy(DotnetPrograms.isBeside) {
      return supporting(first, other)
    }
    let candidates = request.app == nil ? programs.undecided() : []
    let chosen = candidates.isEmpty ? (try? programs.choose(app: request.app).project) ?? program : program
    reasons.append(DetectReason(path: chosen.path, rule: chosen.kind.words))
    return DetectAnswer(confidence: 90, reasons: reasons, candidates: candidates)
  }

  private func supporting(_ path: String, _ other: Neighbours.Neighbour) -> DetectAnswer {
    DetectAnswer(
      confidence: 40,
      reasons: [DetectReason(path: path, rule: "below a project of another language (\(other.file))")],
      role: .supporting)
  }

  /// The output of a build, and no source of it.
  private func published(_ request: PackRequest) throws -> DetectAnswer? {
    let names = DotnetPublished.names(files)
    guard let first = names.first, Neighbours(of: "dotnet", files).all.isEmpty else { return nil }
    let program = try DotnetPublished(request.app.flatMap { app in names.first { $0 == app } } ?? first, files)
    let rule = "a published program\(program.isSelfContained ? " with its runtime" : "")"
    return DetectAnswer(
      confidence: 60, reasons: [DetectReason(path: program.path, rule: rule)],
      candidates: names.count > 1 && request.app == nil ? DotnetPublishedPlan.candidates(files) : [])
  }

  private func sourceAlone() -> DetectAnswer? {
    let sources = files.names().filter { name in
      [".cs", ".fs", ".vb"].contains { name.hasSuffix($0) } && files.isFile(name)
    }
    guard let first = sources.first else { return nil }
    return DetectAnswer(confidence: 30, reasons: [DetectReason(path: first, rule: "source without a project file")])
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let search = DotnetSearch(files)
    if search.found.isEmpty, !DotnetPublished.names(files).isEmpty {
      return try DotnetPublishedPlan(files: files, request: request, notes: notes).make()
    }
    guard !search.found.isEmpty else {
      let file = sourceAlone()?.reasons.first?.path
      throw PackRefusal(
        .projectError, "no_project_file",
        "there is no .csproj, .fsproj, .vbproj or solution\(file.map { " for \($0)" } ?? "")",
        hint: "`dotnet project convert \(file ?? "app.cs")` (.NET 10) or `dotnet new console` makes one")
    }
    let options = try DotnetOptions(request)
    let projects = try DotnetProjects(search, files, configuration: options.configuration)
    let chosen = try DotnetPrograms(all: projects, name: request.config?["name"]?.string).choose(app: request.app)
    guard chosen.project.kind != .browser, chosen.project.kind != .desktop else {
      throw DotnetRefusal.notAServer(chosen.project)
    }
    let framework = try DotnetFramework(chosen.project, wanted: options.framework)
    let toolchain = try DotnetToolchain.find(HostContext.current(), work: request.workDirectory)
    let asked = try GlobalJSON.nearest(to: chosen.project.directory, files)
    let sdk = try toolchain.choose(asked, framework, mode: request.mode, notes)
    return try DotnetPlan(
      files: files, request: request, notes: notes, options: options, toolchain: toolchain, sdk: sdk, asked: asked,
      program: chosen.project, rule: chosen.rule, framework: framework,
      closure: projects.closure(of: chosen.project, files, configuration: options.configuration)
    ).make()
  }

  /// What a restore downloads, the runtime's packages included: they are published with the program.
  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    var list = ComponentList()
    for package in try DotnetPackages.packages(request.lock) ?? [] {
      list.add(
        .nuget(package.name, package.version), name: package.name, hashes: ["SHA-256": package.sha256],
        evidence: ["packc.lock"])
    }
    return list.sorted
  }
}

/// `options` of unik.yaml for this pack.
struct DotnetOptions {
  /// One of several TargetFrameworks.
  var framework: String?
  var configuration: String
  /// Whether libicu is taken along; nil when the project decides.
  var icu: Bool?
  /// `Name=Value`, for MSBuild.
  var properties: [String]

  init(_ request: PackRequest) throws {
    framework = request.options["framework"]?.string
    configuration = request.options["configuration"]?.string ?? (request.mode == .debug ? "Debug" : "Release")
    icu = request.options["icu"]?.bool
    properties = (request.options["properties"]?.array ?? []).compactMap(\.string)
    for property in properties {
      let name = property.prefix { $0 != "=" }
      guard property.contains("="), !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x3b }) else {
        throw PackRefusal(
          .projectError, "bad_option", "options.properties: \"\(property)\" is not like Name=Value",
          at: SourceLocation(path: "unik.yaml"))
      }
    }
  }
}
