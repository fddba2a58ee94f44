internal import PackCore
internal import Packs

/// How the program of a plan is started: its arguments, ports, environment, and what it writes.
extension PythonPlan {
  private var programs: PythonPrograms {
    PythonPrograms(survey: survey, request: request, dependencies: dependencies, notes: notes)
  }

  /// The program as far as it is known before the packages are: one that is asked for by name may bring the server.
  func addExpectedProgram(_ plan: inout BuildPlan) throws {
    var expected = plan
    let quiet = PythonPlan(
      survey: survey, request: request, notes: PackNotes(), dependencies: dependencies, requirements: requirements)
    do {
      try quiet.addProgram(&expected)
      plan = expected
    } catch let refusal as PackRefusal where refusal.code == "no_server" {
      plan.decisions.append(try quiet.programs.choose().decision)
    }
  }

  func addProgram(_ plan: inout BuildPlan) throws {
    let program = try programs.choose()
    plan.decisions.append(program.decision)
    let root = self.root(of: program)
    plan.workingDirectory = RootPath(root.isEmpty ? "app" : "app/\(root)") ?? RootPath(literal: "/app")
    var arguments = try arguments(of: program, root: root, &plan)
    if let port = plan.ports.first?.split(separator: "/").first {
      arguments = arguments.map { $0.replacing(PythonCommand.port, with: "${PORT:-\(port)}") }
    }
    let isExpanded = arguments.contains { $0.contains("$") }
    plan.entrypoint = [try runtime.executable().absolute] + (isExpanded ? ["-m", "packc_serve"] : []) + arguments
    try checkImports(of: program)
    addWritable(&plan)
    plan.environment = environment(PythonSearchPath(survey, program.place, root: root).directories, plan)
  }

  /// Without any package, a program that imports one cannot start.
  private func checkImports(of program: PythonProgram) throws {
    guard case .none = dependencies.source else { return }
    let path: String
    switch program.kind {
    case .file(let file): path = file
    case .object(let object): path = object.place.path
    default: return
    }
    guard let missing = survey.foreign[path], !missing.isEmpty else { return }
    throw PackRefusal(
      .projectError, "no_packages",
      "\(path) imports \(missing.joined(separator: ", ")), and nothing says which packages the project needs",
      hint: "write them into requirements.txt, a line each", at: SourceLocation(path: path))
  }

  /// The directory of the project from which the program starts.
  private func root(of program: PythonProgram) -> String {
    switch program.kind {
    case .command(_, let directory): directory
    case .module: ""
    case .manage(let path): path.split(separator: "/").dropLast().joined(separator: "/")
    default: program.place.map(PythonSearchPath.root(of:)) ?? ""
    }
  }

  private func arguments(of program: PythonProgram, root: String, _ plan: inout BuildPlan) throws -> [String] {
    func below(_ path: String) -> String { root.isEmpty ? path : String(path.dropFirst(root.utf8.count + 1)) }
    switch program.kind {
    case .object(let object): return try serve(object, root: root, below, &plan)
    case .function(let code):
      addFoundPorts(&plan)
      return ["-c", code]
    case .file(let path):
      addFoundPorts(&plan)
      return [below(path)]
    case .module(let name):
      addFoundPorts(&plan)
      return ["-m", name]
    case .streamlit(let path):
      addServerPort(&plan)
      return PythonCommand(["streamlit", "run", path], survey: survey)?.arguments ?? []
    case .manage(let path):
      addServerPort(&plan)
      warn(ofDevelopmentServer: "manage.py runserver", "gunicorn")
      return [below(path), "runserver", "--noreload", "0.0.0.0:\(PythonCommand.port)"]
    case .command(let words, _):
      let command = PythonCommand(words, survey: survey)
      if command?.isOwnProgram ?? false { addFoundPorts(&plan) } else { addServerPort(&plan, stated: command?.port) }
      tellOfProcfile(&plan)
      return command?.arguments ?? words
    }
  }

  private func serve(
    _ object: PythonSurvey.Object, root: String, _ below: (String) -> String, _ plan: inout BuildPlan
  ) throws -> [String] {
    addServerPort(&plan)
    var inside = object
    inside.place.module = PythonSearchPath.module(of: object.place, root: root)
    var serving = try PythonServer.serving(inside, dependencies, survey)
    if let manage = survey.manage(for: object), serving.arguments.first == manage {
      serving.arguments[0] = below(manage)
    }
    plan.decisions.append(Decision(what: "server", value: serving.name, source: serving.source))
    if !serving.isForProduction {
      warn(ofDevelopmentServer: serving.name, object.isASGI ? "uvicorn" : "gunicorn")
    }
    return serving.arguments
  }

  private func warn(ofDevelopmentServer server: String, _ better: String) {
    notes.warn(
      "\(server) is made for development, and no other server is among the packages",
      hint: "add \(better) to the project's dependencies")
  }

  /// What the Procfile asks for and a build does not do.
  private func tellOfProcfile(_ plan: inout BuildPlan) {
    guard let web = survey.web else { return }
    for command in web.before {
      notes.warn(
        "Procfile:\(web.line): `\(command)` is not run before the program: an image starts one program",
        hint: "run it when you deploy, or from the program itself")
    }
    if let release = survey.release {
      notes.note("Procfile: the release command is not run (`\(release)`): a build changes no database")
    }
  }

  // MARK: Ports and environment

  /// A server is told its port when it starts: the first of `run.ports`, else what its command says, else 8080.
  private func addServerPort(_ plan: inout BuildPlan, stated: Int? = nil) {
    var port = PythonServer.port(request, survey)
    if let stated { port = (stated, survey.web.map { "Procfile:\($0.line)" } ?? "the command") }
    plan.ports = ["\(port.number)/tcp"]
    plan.decisions.append(Decision(what: "port", value: String(port.number), source: port.source))
  }

  /// A program of its own says in its source where it listens.
  private func addFoundPorts(_ plan: inout BuildPlan) {
    if let declared = request.declaredPort {
      plan.ports = ["\(declared)/tcp"]
      return
    }
    var seen: Set<Int> = []
    for port in survey.ports where seen.insert(port.number).inserted {
      plan.ports.append("\(port.number)/tcp")
      plan.decisions.append(Decision(what: "port", value: String(port.number), source: "\(port.path):\(port.line)"))
      guard port.isLoopback else { continue }
      notes.warn(
        "\(port.path):\(port.line) listens on the loopback address only; nothing outside can reach it",
        hint: "listen on \"0.0.0.0\"")
    }
    if survey.usesPortVariable, survey.ports.isEmpty {
      plan.decisions.append(Decision(what: "port", value: "PORT", source: "the program reads it"))
    }
  }

  /// Directories that the program makes where it is started: the root file system is read-only, they are not.
  private func addWritable(_ plan: inout BuildPlan) {
    for directory in survey.directories
    where !PythonPrograms.isTest(directory.path) && !PythonPrograms.isBeside(directory.path) {
      let place = plan.workingDirectory.appending(directory.name)
      guard !plan.writable.contains(place) else { continue }
      plan.writable.append(place)
      plan.decisions.append(
        Decision(what: "writable", value: place.absolute, source: "\(directory.path):\(directory.line) makes it"))
    }
    plan.writable.sort()
  }

  private func environment(_ search: [String], _ plan: BuildPlan) -> [String: String] {
    let port = plan.ports.first?.split(separator: "/").first.map(String.init) ?? String(PythonServer.defaultPort)
    let stated = survey.web?.settings.filter { plan.startsByProcfile && !$0.value.contains("$") } ?? [:]
    return [
      "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": search.joined(separator: ":"),
      // Frameworks that read these listen on all addresses even when they are started by the program itself.
      "HOST": "0.0.0.0", "FLASK_RUN_HOST": "0.0.0.0", "FLASK_RUN_PORT": port, "UVICORN_HOST": "0.0.0.0",
      "UVICORN_PORT": port,
      "GRADIO_SERVER_NAME": "0.0.0.0",
      // The interpreter's own OpenSSL looks where the host keeps its certificates.
      "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    ].merging(stated) { _, stated in stated }
  }
}

extension BuildPlan {
  fileprivate var startsByProcfile: Bool {
    decisions.contains { $0.what == "program" && $0.source.hasPrefix("Procfile") }
  }
}
