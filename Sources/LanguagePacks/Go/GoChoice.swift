internal import PackCore
internal import Packs

/// Which of a project's programs is meant: named rules, the first that leaves one decides.
extension GoPrograms {
  /// Directories whose programs are for the project's own people; they count only when there is nothing else.
  private static let besideTheProduct: Set<String> = [
    "bench", "benchmark", "benchmarks", "build", "ci", "codegen", "contrib", "demo", "demos", "dev", "doc", "docs",
    "e2e", "example", "examples", "gen", "generate", "hack", "magefiles", "misc", "playground", "sample", "samples",
    "script", "scripts", "test", "testing", "tests", "testutil", "third_party", "tool", "tools",
  ]

  private static func below(_ program: Program) -> [String] {
    program.directory.dropFirst(program.moduleDirectory.count).split(separator: "/").map(String.init)
  }
  /// Words in the name of a program that is for the project's own people: `gen-docs`, `mock_server`.
  private static let toolWords: Set<String> = [
    "bench", "benchmark", "codegen", "docgen", "docs", "e2e", "example", "fake", "gen", "generate", "generator", "lint",
    "linter", "mock", "smoketest",
  ]

  static func isBeside(_ program: Program) -> Bool {
    let parts = below(program)
    if parts.contains(where: besideTheProduct.contains) { return true }
    let words = parts.last?.split { $0 == "-" || $0 == "_" }.map(String.init) ?? []
    return words.count > 1 && words.contains(where: toolWords.contains)
  }

  /// The programs that could be meant.
  var eligible: [Program] {
    let product = programs.filter { !Self.isBeside($0) }
    return product.isEmpty ? programs : product
  }

  /// The program and the rule that chose it. Throws when several are left, or `app` names none.
  func choose(app: String?, name: String?) throws -> (program: Program, rule: String) {
    if let app { return (try named(app), "asked for") }
    let eligible = eligible
    if eligible.count == 1 {
      let others = programs.count - 1
      return (eligible[0], others == 0 ? "the only main package" : "the only main package that is no tool or example")
    }
    for rule in [stated, root, alike, released, commands, listening] {
      let (left, why) = try rule(eligible, name)
      if left.count == 1 { return (left[0], why) }
    }
    throw PackRefusal.severalPrograms("go", candidates(eligible))
  }

  /// For the detect phase: empty when a rule decides.
  func undecided(name: String?) throws -> [ProgramCandidate] {
    do {
      guard !programs.isEmpty else { return [] }
      _ = try choose(app: nil, name: name)
      return []
    } catch let refusal as PackRefusal where !refusal.candidates.isEmpty {
      return refusal.candidates
    }
  }

  // MARK: Rules

  private typealias Left = (programs: [Program], rule: String)

  /// `web: bin/NAME` of a Procfile names what `go install` would call the program; so does `// +heroku install` of go.mod.
  private func stated(_ programs: [Program], _: String?) throws -> Left {
    if let web = try WebLine(files) {
      let started = web.program
      let left = programs.filter { Self.name(of: $0) == started }
      if left.count == 1 { return (left, "\(web.place) starts \(started)") }
    }
    for module in modules.modules {
      for comment in module.file.heroku where comment.words.first == "install" {
        let packages = comment.words.dropFirst().filter { !$0.hasSuffix("...") }
        let left = programs.filter { program in
          packages.contains { $0.split(separator: "/").filter { $0 != "." }.map(String.init) == Self.below(program) }
            && program.moduleDirectory == module.directory
        }
        if packages.count == 1, left.count == 1 {
          return (left, "\(module.fileName):\(comment.line): +heroku install")
        }
      }
    }
    return ([], "")
  }

  private func root(_ programs: [Program], _: String?) -> Left {
    (programs.filter(\.isModuleRoot), "the main package at the module's root")
  }

  private func alike(_ programs: [Program], _ name: String?) -> Left {
    let exact = programs.filter { program in
      guard let last = Self.below(program).last else { return false }
      return last == GoModules.name(of: program.module) || last == name
    }
    if !exact.isEmpty { return (exact, "the main package named as its module") }
    // go-shop, shop-go and shop.go are ways to call a repository with shop in it.
    let near = programs.filter { Self.below($0).last == Self.plain(GoModules.name(of: $0.module)) }
    return (near, "the main package named as its module")
  }
  private static func plain(_ name: String) -> String {
    for prefix in ["go-", "go_"] where name.hasPrefix(prefix) { return String(name.dropFirst(prefix.count)) }
    for suffix in ["-go", "_go", ".go"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
    return name
  }

  /// What the project's own releases are made of.
  private func released(_ programs: [Program], _: String?) -> Left {
    guard let releases = GoReleases(files) else { return ([], "") }
    return (
      programs.filter { releases.directories.contains($0.directory) },
      "the only main package that \(releases.path) releases"
    )
  }

  private func commands(_ programs: [Program], _: String?) -> Left {
    (programs.filter { Self.below($0).first == "cmd" }, "the only main package in cmd")
  }

  private func listening(_ programs: [Program], _: String?) -> Left {
    guard programs.count <= GoListening.maximumPrograms else { return ([], "") }
    var listening = GoListening(self)
    return (programs.filter { listening.listens($0) }, "the only main package that listens on a port")
  }

  /// What `go install` calls it.
  static func name(of program: Program) -> String {
    below(program).last ?? GoModules.name(of: program.module)
  }

  private func candidates(_ programs: [Program]) -> [ProgramCandidate] {
    programs.map { ProgramCandidate(app: $0.app, reasons: ["\($0.mainFile): package main"]) }
  }

  // MARK: By name

  /// By directory (`cmd/api`, `./cmd/api`), import path, or last name where that is unique.
  private func named(_ app: String) throws -> Program {
    let wanted = app.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    if let exact = programs.first(where: { $0.directory == wanted }) { return exact }
    let imports = programs.filter { program in
      wanted == ([program.module] + Self.below(program)).joined(separator: "/")
    }
    if imports.count == 1 { return imports[0] }
    let last = programs.filter { Self.name(of: $0) == wanted }
    if last.count == 1 { return last[0] }
    throw PackRefusal(
      .projectError, "no_such_program", "\(app) is not a main package of this project",
      hint: programs.isEmpty ? nil : "there are: " + programs.map(\.app).joined(separator: ", "))
  }
}
