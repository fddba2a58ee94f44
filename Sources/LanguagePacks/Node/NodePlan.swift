internal import PackCore
internal import Packs

/// The plan of one Node program: its packages by the project's lock, the project's own build, the command that starts it.
struct NodePlan {
  let request: PackRequest
  let notes: PackNotes
  let project: NodeProject
  let rules: NodeProgramRules
  let program: NodeProgram

  private var files: ProjectFiles { project.files }

  func make() throws -> BuildPlan {
    if case .bun(let line) = program.launch.kind { throw NodeRefusal.bun(line, program.source) }
    var plan = BuildPlan()
    let named = program.manifest ?? project.root
    plan.name = named?.name.map { String($0.split(separator: "/").last ?? "") }
    plan.version = named?.version
    let wishes = try NodeWishes(program.manifest, root: project.root, files).wishes
    let toolchain = try NodeToolchain.find(HostContext.current())
    try toolchain.check(wishes, mode: request.mode, notes)
    plan.toolchains = [.init(name: "node", version: toolchain.version.description, path: toolchain.node)]
    plan.runtime = toolchain.runtime
    let packages = try NodePackages(project, program, mode: request.mode, notes)
    let build = try NodeBuild(project: project, rules: rules, program: program, options: request.options)
    let start = try NodeStart(
      request: request, notes: notes, rules: rules, program: program, packages: packages, toolchain: toolchain)
    plan.decisions = decisions(toolchain, wishes)
    if build.commands.isEmpty { try start.checkFile() }
    try NodeSteps(
      request: request, notes: notes, project: project, program: program, packages: packages, toolchain: toolchain,
      build: build, start: start
    ).add(to: &plan)
    try start.add(to: &plan)
    warnOfWhatIsLeftOut(&plan, build)
    return plan
  }

  private func decisions(_ toolchain: NodeToolchain, _ wishes: [NodeWishes.Wish]) -> [Decision] {
    let asked = wishes.map { "\($0.source) asks for \($0.text)" }.joined(separator: ", ")
    return [
      Decision(what: "program", value: program.label, source: program.source),
      Decision(
        what: "node version", value: toolchain.version.description,
        source: asked.isEmpty ? "the host's; the project names none" : asked),
    ]
  }

  private func warnOfWhatIsLeftOut(_ plan: inout BuildPlan, _ build: NodeBuild) {
    for note in program.notes { notes.note("\(program.source): \(note)") }
    for command in program.launch.leftOut {
      plan.decisions.append(Decision(what: "left out", value: command, source: program.source))
      notes.warn(
        "`\(command)` of \(program.source) is not run: an image starts one program, and nothing migrates by itself",
        hint: "run it as a job of its own before the program starts")
    }
    for wrapper in program.launch.without {
      plan.decisions.append(Decision(what: "left out", value: wrapper, source: program.source))
    }
    for name in ["postinstall", "install", "prepare", "preinstall"] where !build.names.contains(name) {
      guard let manifest = project.root, let script = manifest.scripts[name], !Self.isHousekeeping(script) else {
        continue
      }
      notes.warn(
        "\(manifest.place("scripts", name)): the script \"\(name)\" is not run: `\(script)`",
        hint:
          "if the program needs it: `options: {build: [\(([name] + build.names).joined(separator: ", "))]}` in unik.yaml"
      )
    }
  }

  /// What keeps an author's working copy in order.
  private static func isHousekeeping(_ script: String) -> Bool {
    [
      "husky", "lefthook", "simple-git-hooks", "pre-commit", "only-allow", "is-ci", "opencollective", "patch-nx",
      "ngcc",
    ]
    .contains { script.contains($0) }
  }
}

/// What makes the program's files out of its source.
struct NodeBuild {
  /// Scripts by name.
  let names: [String]
  /// Command lines, in the order in which they run.
  let commands: [String]
  /// The package in which they run.
  let directory: String
  let source: String

  init(project: NodeProject, rules: NodeProgramRules, program: NodeProgram, options: JSONValue) throws {
    let own = program.manifest
    if let asked = options["build"]?.array?.compactMap(\.string) {
      let holder = asked.allSatisfy { own?.scripts[$0] != nil } ? own : project.root ?? own
      if let missing = asked.first(where: { holder?.scripts[$0] == nil }) {
        throw PackRefusal(
          .projectError, "no_script",
          "options.build names the script \"\(missing)\", which \(holder?.path ?? "package.json") lacks",
          hint: Suggestion.question(for: missing, in: holder.map { Array($0.scripts.keys) } ?? [])
            ?? "add it to the scripts",
          at: SourceLocation(path: "unik.yaml"))
      }
      names = asked
      directory = holder?.directory ?? ""
      commands = asked.map { Self.line($0, holder) }
      source = "options.build of unik.yaml"
      return
    }
    let isNx = program.launch.builds.contains { $0.hasPrefix("nx build") }
    // The root of a workspace knows the order in which its members are built.
    let root = project.isWorkspace ? project.root : nil
    let holder = isNx ? nil : [root, own].compactMap { $0 }.first { Self.isReal($0.scripts["build"]) }
    var lines = program.launch.builds.filter { holder == nil || !$0.hasSuffix("run build") && !$0.hasSuffix(" build") }
    if isNx { lines = program.launch.builds }
    if case .nest = program.launch.kind, holder == nil { lines.append("nest build") }
    names = holder == nil ? [] : ["build"]
    directory = holder?.directory ?? program.directory
    commands = (holder.map { [Self.line("build", $0)] } ?? []) + lines
    source = holder.map { "\($0.place("scripts", "build")) (scripts.build)" } ?? program.source
  }

  /// `echo build` makes nothing.
  private static func isReal(_ script: String?) -> Bool {
    guard let script else { return false }
    return !ShellLine(script).commands.allSatisfy { ["echo", "true", ":", "exit"].contains($0.literals.first) }
  }

  /// The script with those that npm runs before and after it.
  private static func line(_ name: String, _ manifest: NodeManifest?) -> String {
    ["pre\(name)", name, "post\(name)"].compactMap { manifest?.scripts[$0] }.joined(separator: " && ")
  }
}
