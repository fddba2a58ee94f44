internal import PackCore
internal import Packs

/// Which project of several is the program.
struct DotnetPrograms {
  let all: DotnetProjects
  /// `name` of unik.yaml.
  let name: String?

  /// Directories whose programs are for the project's own people; they count only when there is nothing else.
  private static let besideTheProduct: Set<String> = [
    "bench", "benchmark", "benchmarks", "build", "demo", "demos", "doc", "docs", "eng", "example", "examples", "perf",
    "playground", "sample", "samples", "script", "scripts", "test", "testing", "tests", "tool", "tools",
  ]

  var programs: [MSBuildProject] { all.projects.filter { $0.kind.isProgram } }

  /// The programs that could be meant.
  var eligible: [MSBuildProject] {
    let programs = programs
    let product = programs.filter { !Self.isBeside($0) }
    return product.isEmpty ? programs : product
  }

  static func isBeside(_ project: MSBuildProject) -> Bool {
    project.directory.split(separator: "/").contains { besideTheProduct.contains($0.lowercased()) }
  }

  /// `Shop.Client`, `client`: it speaks to the program that is meant.
  private static func isClient(_ project: MSBuildProject) -> Bool { project.stem.lowercased().hasSuffix("client") }

  /// The program and the rule that chose it.
  func choose(app: String?) throws -> (project: MSBuildProject, rule: String) {
    if let app { return (try named(app), "asked for") }
    let eligible = eligible
    guard let first = eligible.first else { throw DotnetRefusal.noProgram(all) }
    if eligible.count == 1 {
      let rest = all.projects.count - 1
      return (first, rest == 0 ? "the only project" : "\(first.kind.words), the only program of \(rest + 1) projects")
    }
    let root = eligible.filter { $0.directory.isEmpty }
    if root.count == 1 { return (root[0], "the program at the root") }
    let web = eligible.filter { $0.kind == .web }
    if web.count == 1, !eligible.contains(where: { $0.kind == .worker }) {
      return (web[0], "the only web application; the others are commands")
    }
    let servers = eligible.filter { !Self.isClient($0) }
    if servers.count == 1 { return (servers[0], "the only one that is no client") }
    let names = Set(
      all.solutions.map { ProjectPath.stem(of: $0.path).lowercased() } + [name?.lowercased()].compactMap { $0 })
    let alike = eligible.filter { names.contains($0.stem.lowercased()) }
    if alike.count == 1 { return (alike[0], "named as \(alike[0].stem == name ? "the project" : "its solution")") }
    throw PackRefusal.severalPrograms("dotnet", candidates(eligible))
  }

  /// For the detect phase: empty when a rule decides.
  func undecided() -> [ProgramCandidate] {
    do {
      _ = try choose(app: nil)
      return []
    } catch {
      return (error as? PackRefusal)?.candidates ?? []
    }
  }

  private func candidates(_ projects: [MSBuildProject]) -> [ProgramCandidate] {
    projects.map { ProgramCandidate(app: app(of: $0), reasons: ["\($0.path): \($0.kind.words)"]) }
  }

  /// What `--app` takes: the directory, or the file when it shares its directory with others.
  private func app(of project: MSBuildProject) -> String {
    let alone = all.projects.filter { $0.directory == project.directory }.count == 1
    return alone && !project.directory.isEmpty ? project.directory : project.path
  }

  /// By file (`src/Api/Api.csproj`), directory, name of the project or of its assembly.
  private func named(_ app: String) throws -> MSBuildProject {
    var wanted = app
    while wanted.hasPrefix("./") { wanted = String(wanted.dropFirst(2)) }
    while wanted.hasSuffix("/") { wanted = String(wanted.dropLast()) }
    if wanted == "." { wanted = "" }
    let rules: [(MSBuildProject) -> Bool] = [
      { $0.path == wanted }, { $0.directory == wanted && $0.kind.isProgram }, { $0.directory == wanted },
      { $0.stem == wanted && $0.kind.isProgram }, { $0.stem == wanted }, { $0.assemblyName == wanted },
      { $0.stem.lowercased() == wanted.lowercased() },
    ]
    for rule in rules {
      let found = all.projects.filter(rule)
      if found.count == 1 { return found[0] }
      if found.count > 1 { throw PackRefusal.severalPrograms("dotnet", candidates(found)) }
    }
    throw PackRefusal(
      .projectError, PackErrorCode.noSuchProgram, "\(app) is not a project of this repository",
      hint: programs.isEmpty ? nil : "there are: " + programs.map(self.app).joined(separator: ", "))
  }
}

enum DotnetRefusal {
  /// What there is instead of a program.
  static func noProgram(_ all: DotnetProjects) -> PackRefusal {
    let manifest = all.manifests.first ?? "the project"
    for kind in [DotnetKind.browser, .desktop] {
      if let project = all.projects.first(where: { $0.kind == kind }) { return notAServer(project) }
    }
    let kinds = all.projects.prefix(5).map { "\($0.path) is \($0.kind.words)" }.joined(separator: ", ")
    return PackRefusal(
      .projectError, PackErrorCode.noProgram,
      "\(manifest) holds no program: \(kinds.isEmpty ? "none of its projects is here" : kinds)",
      hint: "a program has <OutputType>Exe</OutputType>, or Sdk=\"Microsoft.NET.Sdk.Web\"",
      at: SourceLocation(path: manifest))
  }

  static func notAServer(_ project: MSBuildProject) -> PackRefusal {
    if project.kind == .browser {
      return PackRefusal(
        .projectError, "static_site",
        "\(project.path) is \(project.kind.words): `dotnet publish` leaves files for a web server, and nothing here serves them",
        hint: "add a project with Sdk=\"Microsoft.NET.Sdk.Web\" that serves them (app.UseBlazorFrameworkFiles()), "
          + "or publish the files and serve them with `build:` and `artifact:` of unik.yaml",
        at: SourceLocation(path: project.path))
    }
    let property = project.windowsOnly
    return PackRefusal(
      .projectError, "desktop_program",
      "\(project.path) is \(project.kind.words)\(property.map { " (\($0.what))" } ?? ""), and a machine of packc has no screen",
      hint: "name a project that is a server or a command with --app",
      at: property?.at ?? project.place(of: "OutputType"))
  }
}
