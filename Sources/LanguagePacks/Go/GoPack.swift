internal import PackCore
internal import Packs

/// Go: modules and workspaces, vendored or fetched by go.sum.
struct GoPack: LanguagePack {
  let buildsForOthers = true
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let modules = try GoModules(files)
    let manifest = ["go.work", "go.mod"].first(where: files.isFile)
    let programs = GoPrograms(modules, files: files, platform: request.platform, tags: GoOptions(request).tags)
    guard let manifest else { return source(programs) }
    var reasons = [DetectReason(path: manifest, rule: "a Go \(manifest == "go.mod" ? "module" : "workspace")")]
    let neighbour = Neighbours(of: "go", files).all.first
    func served(_ confidence: Int, _ rule: String, _ neighbour: Neighbours.Neighbour) -> DetectAnswer {
      reasons.append(DetectReason(path: neighbour.file, rule: "\(neighbour.language)'s; \(rule)"))
      return DetectAnswer(confidence: confidence, reasons: reasons, role: .supporting)
    }
    guard let first = programs.eligible.first else {
      if let neighbour { return served(40, "the module holds no program", neighbour) }
      return DetectAnswer(confidence: 40, reasons: reasons, role: .library)
    }
    reasons.append(DetectReason(path: first.mainFile, rule: "package main"))
    if request.app == nil, let neighbour {
      if GoPrograms.isBeside(first) { return served(90, "the module holds tools and examples only", neighbour) }
      if let web = try WebLine(files), let language = web.language, language != "go",
        !programs.programs.contains(where: { GoPrograms.name(of: $0) == web.program })
      {
        reasons.append(DetectReason(path: web.place, rule: "starts a program in \(language)"))
        return DetectAnswer(confidence: 90, reasons: reasons, role: .supporting)
      }
    }
    let candidates = request.app == nil ? try programs.undecided(name: request.config?["name"]?.string) : []
    return DetectAnswer(confidence: 90, reasons: reasons, candidates: candidates)
  }

  /// Files without a module: a program when they hold one, and no manifest of another language claims the directory.
  private func source(_ programs: GoPrograms) -> DetectAnswer? {
    guard let first = files.names().first(where: { $0.hasSuffix(".go") && files.isFile($0) }) else { return nil }
    let main = programs.programs.first
    let reason = DetectReason(
      path: main?.mainFile ?? first, rule: "Go source without a go.mod\(main == nil ? "" : ", package main")")
    if let neighbour = Neighbours(of: "go", files).all.first {
      return DetectAnswer(
        confidence: 30,
        reasons: [reason, DetectReason(path: neighbour.file, rule: "the project is \(neighbour.language)'s")],
        role: .supporting)
    }
    return DetectAnswer(confidence: 30, reasons: [reason], role: main == nil ? .library : .program)
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan { try draft(request, notes).make() }

  /// Read by a program that this host's go makes once.
  func facts(_ request: PackRequest) throws -> [SourceFact] {
    let draft = try draft(request, PackNotes())
    return try GoFacts(draft.closure(), draft.programs.modules, draft.toolchain, request).facts()
  }

  private func draft(_ request: PackRequest, _ notes: PackNotes) throws -> GoPlan {
    let modules = try GoModules(files)
    let options = GoOptions(request)
    let programs = GoPrograms(modules, files: files, platform: request.platform, tags: options.tags)
    guard !modules.modules.isEmpty || !programs.programs.isEmpty else { throw GoRefusal.noModule(files, needs: nil) }
    let wishes = try GoWishes(modules, files)
    let toolchain = try GoToolchain.find(
      HostContext.current(), for: wishes.newest, work: request.workDirectory, cache: request.cacheDirectory)
    try wishes.check(toolchain, mode: request.mode, notes)
    guard !programs.programs.isEmpty else { throw GoRefusal.noProgram(modules) }
    let chosen = try programs.choose(app: request.app, name: request.config?["name"]?.string)
    return GoPlan(
      files: files, request: request, notes: notes, programs: programs, wishes: wishes, toolchain: toolchain,
      options: options, program: chosen.program, rule: chosen.rule)
  }

  /// Modules that go.mod, go.sum or vendor/modules.txt name.
  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    let modules = try GoModules(files)
    guard !modules.modules.isEmpty else { return [] }
    let programs = GoPrograms(modules, files: files, platform: request.platform, tags: GoOptions(request).tags)
    guard !programs.programs.isEmpty else { throw GoRefusal.noProgram(modules) }
    let chosen = try programs.choose(app: request.app, name: request.config?["name"]?.string)
    return try GoComponents.list(of: chosen.program, modules, files)
  }
}

/// `options` of unik.yaml for this pack.
struct GoOptions {
  var tags: [String]
  var ldflags: [String]
  var cgo: Bool?

  init(_ request: PackRequest) {
    tags = (request.options["tags"]?.array ?? []).compactMap(\.string)
    ldflags = (request.options["ldflags"]?.array ?? []).compactMap(\.string)
    cgo = request.options["cgo"]?.bool
  }
}
