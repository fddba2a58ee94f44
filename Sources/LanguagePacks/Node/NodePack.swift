internal import PackCore
internal import Packs

/// Node: programs that a package.json starts, frameworks, workspaces, and plain files.
struct NodePack: LanguagePack {
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? { try NodeDetection(files).answer(app: request.app) }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let project = try NodeProject(files)
    let (program, rules) = try choose(request, project)
    return try NodePlan(request: request, notes: notes, project: project, rules: rules, program: program).make()
  }

  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    let project = try NodeProject(files)
    let (program, rules) = try choose(request, project)
    return try NodeComponents(request: request, project: project, program: program, rules: rules).list()
  }

  func facts(_ request: PackRequest) throws -> [SourceFact] {
    let (program, _) = try choose(request, try NodeProject(files))
    return try NodeFacts(request: request, program: program, files: files).list()
  }

  private func choose(_ request: PackRequest, _ project: NodeProject) throws -> (NodeProgram, NodeProgramRules) {
    let programs = try NodePrograms(project)
    let choice = try request.app.map { try programs.choose(app: $0) ?? .missing($0, programs) } ?? programs.choose()
    switch choice {
    case .program(let program): return (program, programs.rules)
    case .several(let found): throw PackRefusal.severalPrograms("Node", programs.candidates(found))
    case .site(let manifest, let builder, let output): throw NodeRefusal.onlyFiles(manifest, builder, output)
    case .unusable(let reason, let source): throw NodeRefusal.unusable(reason, source, project)
    case .nothing: throw NodeRefusal.noProgram(project)
    }
  }
}

extension NodePrograms.Choice {
  fileprivate static func missing(_ app: String, _ programs: NodePrograms) throws -> NodePrograms.Choice {
    throw NodeRefusal.noSuchProgram(app, programs.project)
  }
}
