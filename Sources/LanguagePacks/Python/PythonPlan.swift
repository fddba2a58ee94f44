internal import PackCore
internal import Packs

/// The plan of a Python project: packages by hash, byte code, the interpreter, and the command that starts the program.
struct PythonPlan {
  let survey: PythonSurvey
  let request: PackRequest
  let notes: PackNotes
  let dependencies: PythonDependencies
  let requirements: [PythonRequirement]

  private var interpreter: PythonSurvey.Interpreter { survey.interpreter }
  private var runtime: PythonRuntime { PythonRuntime(interpreter: interpreter) }

  /// Files of the project that are not part of the program.
  static let excluded = [
    "__pycache__", "**/__pycache__", "**/*.pyc", ".venv", "venv", "env", "node_modules", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".tox", ".nox", ".coverage", "htmlcov", "*.egg-info", "src/*.egg-info", ".github", ".gitlab-ci.yml",
    ".gitignore", ".gitattributes", ".dockerignore", ".editorconfig", ".pre-commit-config.yaml", ".vscode", ".idea",
    ".python-version", ".packcignore", "Dockerfile*", "docker-compose*.y*ml", "compose*.y*ml", "unik.yaml",
    "packc.lock",
    ".packc", "Makefile", "tox.ini", "README*",
  ]

  func make() throws -> BuildPlan {
    var plan = BuildPlan()
    let declared = survey.project ?? survey.poetry ?? survey.setupCfg
    plan.name = declared?.name
    plan.version = declared?.version
    plan.decisions = [pythonDecision] + dependencies.decisions
    plan.lockFiles = dependencies.lockFiles
    plan.toolchains = [.init(name: "python", version: interpreter.version.description, path: interpreter.executable)]
    if case .unresolved(let resolution) = dependencies.source {
      plan.unresolved = resolution
      return plan
    }
    try addProgram(&plan)
    try addRuntime(&plan)
    try addPackages(&plan)
    try addApplication(&plan)
    return plan
  }

  private var pythonDecision: Decision {
    let wanted = requirements.map { "\($0.source) asks for \($0.text)" }.joined(separator: ", ")
    return Decision(
      what: "python", value: interpreter.version.description,
      source: wanted.isEmpty ? "the host's \(interpreter.executable); the project names none" : wanted)
  }

  // MARK: Program

  private func addProgram(_ plan: inout BuildPlan) throws {
    let program = try PythonPrograms(
      survey: survey, request: request, dependencies: dependencies, notes: notes
    ).choose()
    plan.decisions.append(program.decision)
    let python = try runtime.executable().absolute
    let root = program.place.map(PythonSearchPath.root(of:)) ?? ""
    plan.workingDirectory = RootPath(root.isEmpty ? "app" : "app/\(root)") ?? RootPath(literal: "/app")
    plan.entrypoint = [python] + (try arguments(of: program, root: root, &plan))
    addWritable(&plan)
    plan.environment = environment(PythonSearchPath(survey, program.place, root: root).directories, plan)
  }

  private func arguments(of program: PythonProgram, root: String, _ plan: inout BuildPlan) throws -> [String] {
    switch program.kind {
    case .object(let object):
      let port = addServerPort(&plan)
      var inside = object
      inside.place.module = PythonSearchPath.module(of: object.place, root: root)
      let command = try PythonServer.command(for: inside, port: port, dependencies)
      plan.decisions.append(
        Decision(
          what: "server", value: command.server,
          source: command.server == "flask run" ? "flask's own; no other server is among the packages" : "the packages")
      )
      return command.arguments
    case .function(let module, let name):
      addFoundPorts(&plan)
      let first = name.split(separator: ".")[0]
      return ["-c", "import sys; from \(module) import \(first); sys.exit(\(name)())"]
    case .file(let path):
      addFoundPorts(&plan)
      return [root.isEmpty ? path : String(path.dropFirst(root.count + 1))]
    case .module(let name):
      addFoundPorts(&plan)
      return ["-m", name]
    case .command(let words):
      _ = addServerPort(&plan)
      return procfileArguments(
        words, port: plan.ports.first.flatMap { $0.split(separator: "/").first }.map(String.init))
    }
  }

  /// `gunicorn app:app` → `-m gunicorn --bind … app:app`.
  private func procfileArguments(_ words: [String], port: String?) -> [String] {
    let rest = Array(words.dropFirst())
    let port = port ?? String(PythonServer.defaultPort)
    func has(_ flags: String...) -> Bool { rest.contains { word in flags.contains { word.hasPrefix($0) } } }
    switch words[0] {
    case "python", "python3": return rest
    case "gunicorn", "hypercorn":
      return ["-m", words[0]] + (has("--bind", "-b") ? [] : ["--bind", "0.0.0.0:\(port)"]) + rest
    case "uvicorn", "granian":
      return ["-m", words[0]] + rest + (has("--host") ? [] : ["--host", "0.0.0.0"])
        + (has("--port") ? [] : ["--port", port])
    case "flask":
      return ["-m", "flask"] + rest + (has("--host", "-h") ? [] : ["--host", "0.0.0.0"])
        + (has("--port", "-p") ? [] : ["--port", port])
    case "waitress-serve":
      return ["-m", "waitress"] + (has("--listen", "--port") ? [] : ["--listen=0.0.0.0:\(port)"]) + rest
    default: return ["-m", words[0]] + rest
    }
  }

  // MARK: Ports and environment

  /// A server is told its port.
  private func addServerPort(_ plan: inout BuildPlan) -> Int {
    let port = PythonServer.port(request, survey)
    plan.ports = ["\(port.number)/tcp"]
    plan.decisions.append(Decision(what: "port", value: String(port.number), source: port.source))
    return port.number
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
    for directory in survey.directories where !PythonPrograms.isTest(directory.path) {
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
    return [
      "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": search.joined(separator: ":"),
      // Frameworks that read these listen on all addresses even when they are started by the program itself.
      "HOST": "0.0.0.0", "FLASK_RUN_HOST": "0.0.0.0", "FLASK_RUN_PORT": port, "UVICORN_HOST": "0.0.0.0",
      "UVICORN_PORT": port,
      // The interpreter's own OpenSSL looks where the host keeps its certificates.
      "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    ]
  }

  // MARK: Files

  private func addRuntime(_ plan: inout BuildPlan) throws {
    plan.runtime = try runtime.request()
    plan.steps.append(try runtime.byteCodeStep())
    plan.artifacts.append(
      .init(path: "${work}/stdlib", role: .foreign, destination: try runtime.stdlib(), layer: .runtime))
  }

  private func addPackages(_ plan: inout BuildPlan) throws {
    let file: String
    var files: [String: String] = [:]
    var inputs: [String] = []
    switch dependencies.source {
    case .none, .unresolved: return
    case .hashedFile(let path):
      file = "${source}/\(path)"
      inputs = dependencies.lockFiles.map(\.path.description)
    case .packages(let packages):
      file = "${work}/requirements.txt"
      files[file] = packages.map { $0.line + "\n" }.joined()
      inputs = ["${work}/requirements.txt"]
      warnOfArchives(packages)
    }
    try PythonDependencies.checkPip(interpreter, oldest: (20, 0), for: "to fetch packages")
    plan.steps.append(fetchStep(file, files: files, inputs: inputs))
    plan.steps.append(try installStep())
    plan.artifacts.append(
      .init(path: "${work}/packages", role: .foreign, destination: try runtime.site(), layer: .dependencies))
  }

  private func warnOfArchives(_ packages: [PythonPackage]) {
    let built = packages.filter { $0.filename.map { !$0.hasSuffix(".whl") } ?? false }.map(\.name)
    guard !built.isEmpty else { return }
    notes.warn(
      "no wheel for this Python: \(built.joined(separator: ", ")); built here from the source archive, with build tools "
        + "that no hash pins",
      hint: "the result may differ on a host with other tools; `packc verify` tells")
  }

  /// Wheels, and archives built into wheels: the one step that may use the network.
  private func fetchStep(_ file: String, files: [String: String], inputs: [String]) -> BuildStep {
    BuildStep(
      id: "fetch",
      argv: [
        interpreter.executable.description, "-I", "-B", "-m", "pip", "wheel", "--no-deps", "--require-hashes",
        "--no-input",
        "--disable-pip-version-check", "--progress-bar", "off", "--cache-dir", "${cache}/pip", "--wheel-dir",
        "${work}/wheels", "--requirement", file,
      ],
      environment: ["PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"],
      inputs: inputs, outputs: [RootPath(literal: "wheels")], files: files, network: true,
      cacheDirectories: [RootPath(literal: "pip")], tools: runtime.tools)
  }

  private func installStep() throws -> BuildStep {
    BuildStep(
      id: "install",
      argv: [
        interpreter.executable.description, "-B", "-s", "-S", "${pack}/lib/install.py", "${work}/wheels",
        try runtime.site().absolute, "${work}/packages",
      ],
      environment: ["PYTHONHASHSEED": "0"], inputs: ["${work}/wheels"], outputs: [RootPath(literal: "packages")],
      tools: runtime.tools)
  }

  private func addApplication(_ plan: inout BuildPlan) throws {
    plan.steps.append(
      BuildStep(
        id: "compile",
        argv: [
          interpreter.executable.description, "-B", "-s", "-S", "${pack}/lib/bytecode.py", "${source}", "/app",
          "${work}/app",
        ],
        environment: ["EXCLUDED": Self.excluded.joined(separator: "\n"), "PYTHONHASHSEED": "0"], inputs: ["."],
        outputs: [RootPath(literal: "app")], tools: runtime.tools))
    plan.artifacts += [
      .init(
        path: "${source}", role: .data, destination: RootPath(literal: "app"), layer: .application,
        exclude: Self.excluded),
      .init(path: "${work}/app", role: .data, destination: RootPath(literal: "app"), layer: .application),
    ]
  }
}
