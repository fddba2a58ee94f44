internal import PackCore
internal import Packs

/// The programs of a project, and which one is meant.
struct RustPrograms {
  private let project: CargoProject
  private let sources: RustSources
  /// Everything that Cargo could build with what was asked for.
  let all: [CargoBinary]

  init(_ project: CargoProject, _ sources: RustSources) {
    self.project = project
    self.sources = sources
    // Without a [workspace], the other packages are libraries that the one at the root needs.
    let members = project.root.workspace == nil ? [project.rootMember].compactMap { $0 } : project.members
    all = members.flatMap(project.binaries)
  }

  /// Directories and packages whose programs are for the project's own people; they count only when nothing else is there.
  private static let besideTheProduct: Set<String> = [
    "bench", "benches", "benchmark", "benchmarks", "ci", "codegen", "contrib", "demo", "demos", "dev-tools", "devtools",
    "doc", "docs", "e2e", "example", "examples", "fuzz", "integration-tests", "integration_tests", "playground",
    "sample", "samples", "script", "scripts", "test", "testing", "tests", "tool", "tools", "xtask", "xtasks",
  ]

  private static func isBeside(_ binary: CargoBinary) -> Bool {
    let parts = binary.directory.split(separator: "/").map(String.init) + [binary.package, binary.name]
    return parts.contains { besideTheProduct.contains($0) || $0.hasPrefix("bench-") || $0.hasPrefix("xtask") }
  }

  private static func isBeside(_ directory: String) -> Bool {
    directory.split(separator: "/").contains { besideTheProduct.contains(String($0)) }
  }

  /// The programs that could be meant: tools and examples only in a project that has nothing else to show.
  var eligible: [CargoBinary] { hasProduct ? all.filter { !Self.isBeside($0) } : isLibrary ? [] : all }

  /// Whether one of them is more than a tool or an example.
  var hasProduct: Bool { all.contains { !Self.isBeside($0) } }

  /// Its packages are there to be used by others.
  private var isLibrary: Bool {
    project.members.contains { member in
      !Self.isBeside(member.directory) && project.files.isFile(CargoProject.join(member.directory, "src/lib.rs"))
    }
  }

  // MARK: Choosing

  typealias Choice = (binary: CargoBinary, rule: String)

  /// The program and the rule that chose it. Throws when several are left, or `app` names none.
  func choose(app: String?, name: String?) throws -> Choice {
    var scope = all
    if let app {
      scope = try named(app)
      if scope.count == 1 { return (scope[0], "asked for") }
    }
    if app == nil {
      guard !eligible.isEmpty else { throw RustRefusal.noProgram(project, tools: all.map(self.app)) }
      if let only = onlyOne(eligible) { return only }
    }
    if app == nil, let stated = try byProcfile(all) { return stated }
    let (narrowed, why) = app == nil ? narrow(eligible) : (scope, "asked for")
    if narrowed.count == 1 { return (narrowed[0], why) }
    for rule in [byDefaultRun, byName(name), byServer] {
      if let found = try rule(narrowed) { return found }
    }
    throw PackRefusal.severalPrograms("rust", candidates(servers(narrowed) ?? narrowed))
  }

  private func onlyOne(_ binaries: [CargoBinary]) -> Choice? {
    guard binaries.count == 1 else { return nil }
    return (
      binaries[0], all.count == 1 ? "the only binary" : "the only binary that is no tool, test or example"
    )
  }

  /// As `cargo run` does at the root: the package there, or what `default-members` names.
  private func narrow(_ scope: [CargoBinary]) -> ([CargoBinary], String) {
    if let defaults = project.defaults {
      let chosen = scope.filter { defaults.contains($0.directory) }
      if !chosen.isEmpty { return (chosen, "the only binary of default-members") }
    }
    let root = scope.filter { $0.directory.isEmpty }
    if project.root.package != nil, !root.isEmpty { return (root, "the only binary of the package at the root") }
    return (scope, "the only binary that is no tool, test or example")
  }

  /// `web: ./target/release/NAME` or `web: cargo run --bin NAME`.
  private func byProcfile(_ binaries: [CargoBinary]) throws -> Choice? {
    guard let start = try RustStart(project.files) else { return nil }
    let chosen = binaries.filter { $0.name == start.program }
    return chosen.count == 1 ? (chosen[0], "\(start.line.place) starts \(start.program)") : nil
  }

  private func byDefaultRun(_ binaries: [CargoBinary]) throws -> Choice? {
    let chosen = binaries.filter { project.member($0.directory)?.package.defaultRun == $0.name }
    guard chosen.count == 1, let manifest = project.member(chosen[0].directory)?.manifest.path else { return nil }
    return (chosen[0], "default-run of \(manifest)")
  }

  /// Named as the project is: in unik.yaml, by its repository, by the package at the root, by its own package.
  private func byName(_ name: String?) -> ([CargoBinary]) throws -> Choice? {
    { binaries in
      let workspace = project.root.workspace
      let repository = (workspace?.repository ?? project.root.package?.repository)
        .flatMap { $0.split(separator: "/").last }.map { $0.hasSuffix(".git") ? String($0.dropLast(4)) : String($0) }
      let isWorkspace = Set(binaries.map(\.directory)).count > 1
      let names: [(String?, String)] = [
        (name, "named as the project"), (repository, "named as its repository"),
        (isWorkspace ? project.root.package?.name : nil, "named as the package at the root"),
      ]
      for (name, rule) in names {
        guard let name else { continue }
        let alike = binaries.filter { $0.name == name }
        let packages = binaries.filter { $0.package == name }
        if let found = [alike, packages].first(where: { $0.count == 1 })?.first { return (found, rule) }
      }
      // Of a workspace each package has a binary of its name.
      guard !isWorkspace else { return nil }
      if let same = binaries.first(where: { $0.name == $0.package }) {
        return (same, "the binary named as its package")
      }
      return binaries.first(where: \.isMain).map { ($0, "src/main.rs") }
    }
  }

  /// Several packages, each with its own rule, and one of them listens.
  private func byServer(_ binaries: [CargoBinary]) throws -> Choice? {
    guard let servers = servers(binaries) else { return nil }
    guard servers.count == 1, let file = sources.server(servers[0]) else { return nil }
    return (servers[0], "the only binary that listens, in \(file)")
  }

  /// Those that listen, when there are any.
  private func servers(_ binaries: [CargoBinary]) -> [CargoBinary]? {
    let servers = binaries.filter { sources.server($0) != nil }
    return servers.isEmpty ? nil : servers
  }

  /// For the detect phase: empty when a rule decides.
  func undecided(name: String?) throws -> [ProgramCandidate] {
    guard !all.isEmpty else { return [] }
    do {
      _ = try choose(app: nil, name: name)
      return []
    } catch let refusal as PackRefusal {
      return refusal.candidates
    }
  }

  // MARK: Naming

  /// What `--app` takes: the directory of a package with one program, the name where it is the only one of that name.
  func app(_ binary: CargoBinary) -> String {
    let inPackage = all.filter { $0.directory == binary.directory }
    if inPackage.count == 1, !binary.directory.isEmpty { return binary.directory }
    if all.count(where: { $0.name == binary.name }) == 1 { return binary.name }
    return binary.directory.isEmpty ? binary.name : "\(binary.directory):\(binary.name)"
  }

  private func candidates(_ binaries: [CargoBinary]) -> [ProgramCandidate] {
    binaries.map { binary in
      let server = sources.server(binary)
      return ProgramCandidate(
        app: app(binary), reasons: [binary.path] + (server.map { ["listens in \($0)"] } ?? []))
    }
  }

  /// By directory (`crates/api`), package, binary, or `crates/api:worker`.
  private func named(_ app: String) throws -> [CargoBinary] {
    var text = app
    if text.hasPrefix("./") { text = String(text.dropFirst(2)) }
    if let cut = text.lastIndex(of: ":") {
      let (package, name) = (text[..<cut], text[text.index(after: cut)...])
      let found = all.filter { ($0.directory == package || $0.package == package) && $0.name == name }
      if !found.isEmpty { return found }
    }
    let directory = CargoProject.normalized(text, from: "")
    let rules: [(CargoBinary) -> Bool] = [
      { $0.directory == directory }, { $0.name == text }, { $0.package == text }, { $0.path == directory },
      { $0.directory.split(separator: "/").last.map { $0 == text } ?? false },
    ]
    for rule in rules {
      let found = all.filter(rule)
      if !found.isEmpty { return found }
    }
    let known = all.map(self.app)
    throw PackRefusal(
      .projectError, "no_such_program", "\(app) is no program of this project",
      hint: [
        Suggestion.question(for: app, in: known), known.isEmpty ? nil : "there are: \(known.joined(separator: ", "))",
      ]
      .compactMap { $0 }.joined(separator: " "))
  }
}
