internal import PackCore
internal import Packs

/// The programs of a project, and which one is meant.
struct NodePrograms {
  let project: NodeProject
  let rules: NodeProgramRules
  private let nx: NodeNx?
  private var files: ProjectFiles { project.files }

  init(_ project: NodeProject) throws {
    self.project = project
    rules = NodeProgramRules(project)
    nx = try NodeNx(project.files)
  }

  enum Choice {
    case program(NodeProgram)
    case site(NodeManifest, builder: String, output: String)
    case several([NodeProgram])
    case unusable(NodeLaunch.Reason, source: String)
    case nothing
  }

  /// The project's own program, else the only one of its members.
  func choose() throws -> Choice {
    let own = try rules.find(project.root, in: "")
    switch own {
    case .program(let program):
      // The file of a usual name at the root of a workspace is a tool of it when members say what they start.
      guard project.isWorkspace, !program.isStated else { return try followed(program) }
      let inside = try members()
      return inside.isEmpty ? .program(program) : decided(inside)
    case .site(let builder, let output):
      if let root = project.root, !project.isWorkspace { return .site(root, builder: builder, output: output) }
    case .unusable(let reason, let source):
      if !project.isWorkspace, nx == nil { return .unusable(reason, source: source) }
    case .nothing: break
    }
    let inside = try members()
    if !inside.isEmpty { return decided(inside) }
    if case .unusable(let reason, let source) = own { return .unusable(reason, source: source) }
    if let root = project.root, case .site(let builder, let output) = own {
      return .site(root, builder: builder, output: output)
    }
    return .nothing
  }

  /// One of them, when there is one, or one server beside what only hands out files.
  private func decided(_ programs: [NodeProgram]) -> Choice {
    if programs.count == 1 { return .program(programs[0]) }
    let servers = programs.filter { !$0.launch.isFilesOnly }
    if servers.count == 1 {
      var program = servers[0]
      program.source += "; the only member that is a server"
      return .program(program)
    }
    return .several(programs)
  }

  private func members() throws -> [NodeProgram] {
    var found: [NodeProgram] = []
    for member in project.members where !Self.isBeside(member.directory) {
      guard case .program(let program) = try rules.find(member, in: member.directory), program.isStated else {
        continue
      }
      found.append(program)
    }
    if found.isEmpty, let nx { found = nx.startable.map(nxProgram) }
    return found
  }

  private static let besideTheProduct: Set<String> = [
    "bench", "benchmark", "benchmarks", "config", "demo", "demos", "doc", "docs-examples", "e2e", "example", "examples",
    "fixtures", "playground", "playgrounds", "sandbox", "sample", "samples", "script", "scripts", "test", "tests",
    "tool",
    "tools", "tooling", "templates", "storybook",
  ]
  private static func isBeside(_ directory: String) -> Bool {
    directory.split(separator: "/").contains { besideTheProduct.contains(String($0)) }
  }

  // MARK: Asked for

  /// `--app`: a member's directory or name, an application of Nx, a script, or a file.
  func choose(app: String) throws -> Choice? {
    let path = NodeProject.clean(app)
    if let member = project.member(app) { return try choice(member, in: member.directory) }
    if let application = nx?.application(app) { return .program(nxProgram(application)) }
    if files.isDirectory(path), let manifest = try NodeManifest(in: path, files) {
      return try choice(manifest, in: path)
    }
    if rules.paths.file(path, in: "") != nil || NodeScripts.isScript(path) {
      guard NodeModulePath.join("", path) != nil else { return nil }
      let owner = project.members.first { path.hasPrefix($0.directory + "/") }
      let below = owner.map { String(path.dropFirst($0.directory.count + 1)) } ?? path
      return .program(
        NodeProgram(
          directory: owner?.directory ?? "", manifest: owner ?? project.root, launch: launch(file: below),
          source: "--app or options.app"))
    }
    if app == project.root?.name { return try choose() }
    return nil
  }

  private func launch(file path: String) -> NodeLaunch {
    let isTypeScript = path.hasSuffix(".ts") || path.hasSuffix(".mts")
    if isTypeScript, let tool = NodeTool.named("tsx"), project.root?.depends(on: "tsx") ?? false {
      return NodeLaunch(kind: .tool(tool), arguments: [.init(path)])
    }
    return NodeLaunch(kind: .file(path))
  }

  private func choice(_ manifest: NodeManifest, in directory: String) throws -> Choice {
    switch try rules.find(manifest, in: directory) {
    case .program(let program): try followed(program)
    case .site(let builder, let output): .site(manifest, builder: builder, output: output)
    case .unusable(let reason, let source): .unusable(reason, source: source)
    case .nothing: .nothing
    }
  }

  // MARK: Scripts that start another package

  private func followed(_ program: NodeProgram, depth: Int = 0) throws -> Choice {
    guard depth < 4 else { return .unusable(.script(program.label), source: program.source) }
    switch program.launch.kind {
    case .member(let name, let line):
      let inWorkspace = project.member(name)
      let directory = inWorkspace?.directory ?? NodeModulePath.join(program.directory, name)
      guard let directory, files.isDirectory(directory) else {
        return .unusable(.unknown("\(line) in \(name)"), source: program.source)
      }
      let manifest = try inWorkspace ?? NodeManifest(in: directory, files)
      var next = program
      next.directory = directory
      next.manifest = manifest
      next.launch = manifest.map(NodeScripts.init)?.launch(line: line) ?? NodeScripts(scripts: [:]).launch(line: line)
      next.launch.builds = program.launch.builds + next.launch.builds
      next.launch.leftOut = program.launch.leftOut + next.launch.leftOut
      next.source += ", \(directory)"
      if case .unusable(let reason) = next.launch.kind { return .unusable(reason, source: next.source) }
      return try followed(next, depth: depth + 1)
    case .nxProject(let name):
      guard let nx else { return .unusable(.unknown(program.label), source: program.source) }
      let wanted = name.isEmpty ? nx.defaultProject ?? "" : name
      if let application = nx.application(wanted) {
        var found = nxProgram(application)
        found.source = "\(program.source), nx.json"
        return .program(found)
      }
      let all = nx.startable.map(nxProgram)
      if all.isEmpty { return .unusable(.unknown(program.label), source: program.source) }
      return all.count == 1 ? .program(all[0]) : .several(all)
    default: return .program(program)
    }
  }

  private func nxProgram(_ application: NodeNx.Application) -> NodeProgram {
    var launch = NodeLaunch(kind: .file(application.file ?? "main.js"))
    if application.isNext, let next = NodeTool.named("next") {
      launch = NodeLaunch(kind: .tool(next), arguments: [.init("start"), .init(application.output)])
    }
    launch.builds = ["nx build \(application.name)"]
    return NodeProgram(
      directory: "", manifest: project.root, launch: launch,
      source: "\(application.directory.isEmpty ? "" : application.directory + "/")project.json (targets.build)",
      app: application.directory.isEmpty ? application.name : application.directory)
  }

  // MARK: Candidates

  /// What `--app` takes.
  func candidates(_ programs: [NodeProgram]) -> [ProgramCandidate] {
    programs.map { program in
      ProgramCandidate(app: program.app ?? program.directory, reasons: ["\(program.label) (\(program.source))"])
    }
  }
}
