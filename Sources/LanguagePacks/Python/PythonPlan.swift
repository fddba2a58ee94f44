internal import PackCore
internal import Packs

/// The plan of a Python project: packages by hash, byte code, the interpreter, and the command that starts the program.
struct PythonPlan {
  let survey: PythonSurvey
  let request: PackRequest
  let notes: PackNotes
  let dependencies: PythonDependencies
  let requirements: [PythonRequirement]

  var interpreter: PythonSurvey.Interpreter { survey.interpreter }
  var runtime: PythonRuntime { PythonRuntime(interpreter: interpreter) }

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
    let declared = survey.package
    plan.name = declared?.name
    plan.version = declared?.version
    plan.decisions = [pythonDecision] + dependencies.decisions
    plan.lockFiles = dependencies.lockFiles
    plan.toolchains = [.init(name: "python", version: interpreter.version.description, path: interpreter.executable)]
    if case .unresolved(let resolution) = dependencies.source {
      plan.unresolved = resolution
      try addExpectedProgram(&plan)
      return plan
    }
    try addProgram(&plan)
    try addRuntime(&plan)
    try addPackages(&plan)
    let collected = try PythonStatic(self).step(plan)
    try addApplication(&plan, without: collected?.excluded ?? [])
    if let collected { collected.add(to: &plan) }
    return plan
  }

  private var pythonDecision: Decision {
    let wanted = requirements.map { "\($0.place) asks for \($0.text)" }.joined(separator: ", ")
    return Decision(
      what: "python", value: interpreter.version.description,
      source: wanted.isEmpty ? "the host's \(interpreter.executable); the project names none" : wanted)
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

  private func addApplication(_ plan: inout BuildPlan, without more: [String]) throws {
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
        exclude: Self.excluded + more),
      .init(path: "${work}/app", role: .data, destination: RootPath(literal: "app"), layer: .application),
    ]
  }
}
