internal import PackCore
internal import Packs

/// What Node is in a project: its program, a library, or what makes the pages and tools of another language's program.
struct NodeDetection {
  private let files: ProjectFiles

  init(_ files: ProjectFiles) { self.files = files }

  func answer(app: String?) throws -> DetectAnswer? {
    let project = try NodeProject(files)
    let programs = try NodePrograms(project)
    let neighbours = Neighbours(of: "node", files).all
    guard project.root != nil || project.isWorkspace else { return try source(programs, neighbours) }
    let manifest = project.root?.path ?? project.workspaceFile ?? "package.json"
    var reasons = [DetectReason(path: manifest, rule: "a Node package")]
    let choice = try programs.choose()
    func answer(_ confidence: Int, _ role: DetectRole, _ candidates: [ProgramCandidate] = []) -> DetectAnswer {
      DetectAnswer(confidence: confidence, reasons: reasons, role: role, candidates: candidates)
    }
    switch choice {
    case .program(let program):
      let (path, rule) = Self.split(program.source)
      reasons.append(DetectReason(path: path, rule: "\(program.label) (\(rule))"))
      guard let neighbour = servedBy(program, neighbours) else { return answer(90, .program) }
      reasons.append(neighbour)
      return answer(90, .supporting)
    case .several(let found):
      if let neighbour = neighbours.first, !project.isWorkspace {
        reasons.append(Self.served(neighbour))
        return answer(40, .supporting)
      }
      reasons.append(
        DetectReason(path: project.workspaceFile ?? manifest, rule: "\(found.count) programs in the workspace"))
      return answer(90, .program, app == nil ? programs.candidates(found) : [])
    case .site(let manifest, let builder, _):
      reasons.append(DetectReason(path: manifest.path, rule: "pages made by \(builder)"))
      if let neighbour = neighbours.first {
        reasons.append(Self.served(neighbour))
        return answer(40, .supporting)
      }
      return answer(90, .program)
    case .unusable(let reason, let source):
      let (path, rule) = Self.split(source)
      reasons.append(DetectReason(path: path, rule: "\(rule) starts \(reason.command)"))
      if let neighbour = neighbours.first {
        reasons.append(Self.served(neighbour))
        return answer(40, .supporting)
      }
      if case .foreign = reason { return answer(40, .supporting) }
      return answer(reason.isDevelopment ? 40 : 90, reason.isDevelopment ? .library : .program)
    case .nothing:
      if let neighbour = neighbours.first {
        reasons.append(Self.served(neighbour))
        return answer(40, .supporting)
      }
      return answer(40, .library)
    }
  }

  /// The neighbour whose program this one serves; nil when it stands for itself.
  private func servedBy(_ program: NodeProgram, _ neighbours: [Neighbours.Neighbour]) -> DetectReason? {
    guard let neighbour = neighbours.first, !program.source.contains("Procfile") else { return nil }
    // The Procfile says what the other language starts.
    if let web = try? WebLine(files),
      case .unusable = NodeScripts(scripts: [:]).launch(line: web.command).kind
    {
      return DetectReason(path: "Procfile:\(web.number)", rule: "web starts another program")
    }
    // Tools for writing native addons and the like lie beside many Node programs.
    if program.launch.isFilesOnly || program.directory.hasPrefix("frontend") { return Self.served(neighbour) }
    if program.isStated { return nil }
    // A file of the usual name is a program when it listens.
    guard case .file(let path) = program.launch.kind, let text = try? files.text(path),
      NodePorts.listens(text)
    else { return Self.served(neighbour) }
    return nil
  }

  private static func served(_ neighbour: Neighbours.Neighbour) -> DetectReason {
    DetectReason(path: neighbour.file, rule: "\(neighbour.language)'s, which package.json serves here")
  }

  /// Without a package.json: a file that node would start.
  private func source(_ programs: NodePrograms, _ neighbours: [Neighbours.Neighbour]) throws -> DetectAnswer? {
    guard neighbours.isEmpty, case .program(let program) = try programs.choose() else { return nil }
    let (path, rule) = Self.split(program.source)
    return DetectAnswer(
      confidence: 30, reasons: [DetectReason(path: path, rule: "JavaScript without a package.json (\(rule))")])
  }

  /// `package.json:7 (scripts.start)` → its two parts.
  private static func split(_ source: String) -> (path: String, rule: String) {
    guard let cut = source.firstRange(of: " (") else { return (source, "named") }
    return (String(source[..<cut.lowerBound]), String(source[cut.upperBound...].filter { $0 != "(" && $0 != ")" }))
  }
}

extension NodeLaunch.Reason {
  /// The command line that it is about.
  var command: String {
    switch self {
    case .development(let line), .foreign(let line), .several(let line), .unknown(let line), .script(let line): line
    case .shell(let line, _): line
    }
  }
}
