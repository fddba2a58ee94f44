internal import PackCore
internal import Packs

/// Go: modules and workspaces, vendored or fetched by go.sum.
struct GoPack: LanguagePack {
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let manifests = ["go.work", "go.mod"].filter(files.isFile)
    let modules = try GoModules(files)
    guard let manifest = manifests.first else {
      let sources = files.names().filter { $0.hasSuffix(".go") && files.isFile($0) }
      guard let first = sources.first else { return nil }
      return DetectAnswer(confidence: 30, reasons: [DetectReason(path: first, rule: "Go source without a go.mod")])
    }
    var reasons = [DetectReason(path: manifest, rule: "a Go \(manifest == "go.mod" ? "module" : "workspace")")]
    let programs = GoPrograms(modules, files: files, platform: request.platform, tags: GoOptions(request).tags)
    guard let first = programs.eligible.first else { return DetectAnswer(confidence: 40, reasons: reasons) }
    reasons.append(DetectReason(path: first.mainFile, rule: "package main"))
    let candidates = request.app == nil ? programs.undecided(name: request.config?["name"]?.string) : []
    return DetectAnswer(confidence: 90, reasons: reasons, candidates: candidates)
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let modules = try GoModules(files)
    guard !modules.modules.isEmpty else { throw GoRefusal.noModule(files) }
    let options = GoOptions(request)
    let toolchain = try GoToolchain.find(
      HostContext.current(), work: request.workDirectory, cache: request.cacheDirectory)
    if let work = modules.work { try toolchain.check(work, named: "go.work", mode: request.mode, notes) }
    for module in modules.modules {
      try toolchain.check(module.file, named: module.fileName, mode: request.mode, notes)
    }
    let programs = GoPrograms(modules, files: files, platform: request.platform, tags: options.tags)
    guard !programs.programs.isEmpty else { throw GoRefusal.noProgram(modules) }
    let chosen = try programs.choose(app: request.app, name: request.config?["name"]?.string)
    return try GoPlan(
      files: files, request: request, notes: notes, modules: modules, toolchain: toolchain, options: options,
      program: chosen.program, rule: chosen.rule
    ).make()
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

enum GoRefusal {
  static func noModule(_ files: ProjectFiles) -> PackRefusal {
    // A directory inside a module is no project of its own.
    let above = (1...8).lazy.map { Array(repeating: "..", count: $0).joined(separator: "/") }
      .first { FileSystem.exists(HostPath("\($0)/go.mod")) }
    return PackRefusal(
      .projectError, "no_go_mod", "there is no go.mod\(above.map { " here; the module's lies in \($0)" } ?? "")",
      hint: above.map { "run `packc build \($0)`, with --app for this directory" }
        ?? "run `go mod init example.com/NAME` and commit go.mod")
  }

  static func noProgram(_ modules: GoModules) -> PackRefusal {
    let name = modules.modules.map(\.path).joined(separator: ", ")
    return PackRefusal(
      .projectError, "no_program", "\(name) is a library: no directory holds a `package main` with a func main",
      hint: "packc builds programs; add one, for example in cmd/\(GoModules.name(of: modules.modules[0].path))/main.go")
  }

  static func noSum(_ file: String, _ sum: String) -> PackRefusal {
    PackRefusal(
      .projectError, "lock_missing", "\(file) requires modules, and there is no \(sum) with their hashes",
      hint: "run `go mod tidy` and commit \(sum)", at: SourceLocation(path: file))
  }

  static func noCompiler(_ package: String) -> PackRefusal {
    PackRefusal(
      .toolchainMissing, "toolchain_missing",
      "the package \(package) needs a C compiler (cgo), and there is none in PATH",
      hint: "`apt-get install gcc libc6-dev`, or write `options: {cgo: false}` in unik.yaml if it can do without")
  }
}
