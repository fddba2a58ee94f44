internal import PackCore
internal import Packs

/// The `package main` directories of a module or workspace, found by reading, and which one is meant.
struct GoPrograms {
  struct Program: Equatable {
    /// Relative to the project; empty for its root.
    var directory: String
    /// The path of the module that holds it.
    var module: String
    /// Where the module lies, relative to the project.
    var moduleDirectory: String
    /// The file with `func main`.
    var mainFile: String

    /// What `--app` takes.
    var app: String { directory.isEmpty ? "." : directory }
    var isModuleRoot: Bool { directory == moduleDirectory }
  }

  private let files: ProjectFiles
  private let tags: Set<String>
  private(set) var programs: [Program] = []

  /// A module is not searched past so many directories.
  private static let maximumDirectories = 20_000

  init(_ modules: GoModules, files: ProjectFiles, platform: Platform, tags: [String] = []) {
    self.files = files
    self.tags = Set(["linux", "unix", "gc", "cgo", platform.architecture.rawValue] + tags)
    var budget = Self.maximumDirectories
    for module in modules.modules { search(module.directory, module, modules, &budget) }
    programs.sort { $0.directory.utf8.lexicographicallyPrecedes($1.directory.utf8) }
  }

  private func join(_ directory: String, _ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }

  private mutating func search(
    _ directory: String, _ module: GoModules.Module, _ modules: GoModules, _ budget: inout Int
  ) {
    guard budget > 0 else { return }
    budget -= 1
    let names = files.names(directory)
    if directory != module.directory, names.contains("go.mod") { return }
    if let main = mainFile(in: directory, names) {
      programs.append(
        Program(
          directory: directory, module: module.path, moduleDirectory: module.directory, mainFile: join(directory, main))
      )
    }
    // The go command ignores these by name (`go help packages`).
    for name in names where !name.hasPrefix(".") && !name.hasPrefix("_") {
      guard !["vendor", "testdata", "node_modules"].contains(name) else { continue }
      let path = join(directory, name)
      guard let relative = RootPath(path), (try? FileSystem.status(files.root / relative))??.kind == .directory else {
        continue
      }
      search(path, module, modules, &budget)
    }
  }

  /// The file that holds `func main` of a `package main` built for the target.
  private func mainFile(in directory: String, _ names: [String]) -> String? {
    names.first { name in
      guard name.hasSuffix(".go"), !name.hasSuffix("_test.go"), !name.hasPrefix("_"), !name.hasPrefix("."),
        fitsPlatform(name), let text = (try? files.text(join(directory, name))) ?? nil
      else { return false }
      let source = GoSourceText(text)
      guard source.package == "main", source.hasMain else { return false }
      return source.constraint.map { GoConstraint.holds($0, tags: tags) } ?? true
    }
  }

  /// `name_GOOS.go`, `name_GOARCH.go`, `name_GOOS_GOARCH.go` (`go help buildconstraint`).
  private func fitsPlatform(_ name: String) -> Bool {
    let parts = name.dropLast(3).split(separator: "_").dropFirst().suffix(2).map(String.init)
    return !parts.contains { (Self.systems.contains($0) || Self.architectures.contains($0)) && !tags.contains($0) }
  }
  private static let systems: Set<String> = [
    "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9",
    "solaris", "wasip1", "windows",
  ]
  private static let architectures: Set<String> = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
  ]

  // MARK: Which one

  /// Directories whose programs are for the project's own people; they count only when there is nothing else.
  private static let besideTheProduct: Set<String> = [
    "bench", "benchmark", "benchmarks", "build", "ci", "codegen", "contrib", "demo", "demos", "dev", "doc", "docs",
    "e2e",
    "example", "examples", "gen", "generate", "hack", "magefiles", "misc", "playground", "sample", "samples", "script",
    "scripts", "test", "testing", "tests", "testutil", "third_party", "tool", "tools",
  ]

  private static func isBeside(_ program: Program) -> Bool {
    let below = program.directory.dropFirst(program.moduleDirectory.count)
    return below.split(separator: "/").contains { besideTheProduct.contains(String($0)) }
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
    let root = eligible.filter { $0.isModuleRoot }
    if root.count == 1 { return (root[0], "the main package at the module's root") }
    let alike = eligible.filter { program in
      let last = program.directory.split(separator: "/").last.map(String.init)
      return last != nil && (last == GoModules.name(of: program.module) || last == name)
    }
    if alike.count == 1 { return (alike[0], "the main package named as its module") }
    throw PackRefusal.severalPrograms("go", candidates(eligible))
  }

  /// For the detect phase: empty when a rule decides.
  func undecided(name: String?) -> [ProgramCandidate] {
    do {
      guard !programs.isEmpty else { return [] }
      _ = try choose(app: nil, name: name)
      return []
    } catch let refusal as PackRefusal {
      return refusal.candidates
    } catch {
      return []
    }
  }

  private func candidates(_ programs: [Program]) -> [ProgramCandidate] {
    programs.map { ProgramCandidate(app: $0.app, reasons: ["\($0.mainFile): package main"]) }
  }

  /// By directory (`cmd/api`, `./cmd/api`), import path, or last name where that is unique.
  private func named(_ app: String) throws -> Program {
    var wanted = app[...]
    while wanted.hasPrefix("./") { wanted = wanted.dropFirst(2) }
    while wanted.hasSuffix("/") { wanted = wanted.dropLast() }
    if wanted == "." { wanted = "" }
    if let exact = programs.first(where: { $0.directory == wanted }) { return exact }
    let imports = programs.filter { program in
      let below = program.directory.dropFirst(program.moduleDirectory.count).drop { $0 == "/" }
      return wanted == program.module + (below.isEmpty ? "" : "/\(below)")
    }
    if imports.count == 1 { return imports[0] }
    let last = programs.filter { $0.directory.split(separator: "/").last.map { $0 == wanted } ?? false }
    if last.count == 1 { return last[0] }
    throw PackRefusal(
      .projectError, "no_such_program", "\(app) is not a main package of this project",
      hint: programs.isEmpty ? nil : "there are: " + programs.map(\.app).joined(separator: ", "))
  }
}

/// The modules of a project: go.mod at its root, or those that go.work uses.
struct GoModules {
  struct Module {
    var path: String
    /// Relative to the project; empty for its root.
    var directory: String
    var file: GoModFile
    var fileName: String { directory.isEmpty ? "go.mod" : "\(directory)/go.mod" }
  }
  var modules: [Module] = []
  var work: GoModFile?

  init(_ files: ProjectFiles) throws {
    if let text = try files.text("go.work") {
      let work = GoModFile(text)
      self.work = work
      for use in work.uses {
        var directory = use.words[0][...]
        while directory.hasPrefix("./") { directory = directory.dropFirst(2) }
        if directory == "." { directory = "" }
        try add(String(directory.hasSuffix("/") ? directory.dropLast() : directory), files)
      }
    } else {
      try add("", files)
    }
  }

  private mutating func add(_ directory: String, _ files: ProjectFiles) throws {
    guard let text = try files.text(directory.isEmpty ? "go.mod" : "\(directory)/go.mod") else { return }
    let file = GoModFile(text)
    modules.append(Module(path: file.module?.words[0] ?? "", directory: directory, file: file))
  }

  /// The name of a module: its last part, without a major version: `example.com/shop/v2` → `shop`.
  static func name(of module: String) -> String {
    var parts = module.split(separator: "/").map(String.init)
    if parts.count > 1, let last = parts.last, last.hasPrefix("v"), Int(last.dropFirst()) != nil { parts.removeLast() }
    return parts.last ?? "app"
  }
}
