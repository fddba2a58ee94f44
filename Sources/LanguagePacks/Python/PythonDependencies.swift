internal import PackCore
internal import Packs

/// Where the project's packages come from: a lock with hashes, or requirements that packc.lock pins.
struct PythonDependencies {
  enum Source {
    case none
    /// Each with its hashes, from the language's own lock or from packc.lock.
    case packages([PythonPackage])
    /// A requirements file in which every line has its hash, for pip to read.
    case hashedFile(String)
    /// Nothing is pinned yet.
    case unresolved(BuildPlan.Resolution)
  }
  var source = Source.none
  /// Normalised names (`uvicorn`, `fastapi[standard]`) of what is asked for; with a lock, of everything.
  var names: Set<String> = []
  var lockFiles: [BuildPlan.LockFile] = []
  var decisions: [Decision] = []

  static let ecosystem = "pypi"

  func has(_ name: String) -> Bool { names.contains(name) }

  /// Whether `names` are all packages, and not only those that are asked for by name.
  var isSettled: Bool {
    if case .unresolved = source { return false }
    return true
  }

  init(_ survey: PythonSurvey, request: PackRequest, files: ProjectFiles) throws {
    if let lock = survey.lock {
      names = Set(lock.packages.map(\.name))
      source = lock.packages.isEmpty ? .none : .packages(lock.packages)
      lockFiles = try [files.lockFile(lock.path)].compactMap { $0 }
      decisions = [Decision(what: "packages", value: "\(lock.packages.count) by hash", source: lock.path)]
      return
    }
    try refuseWithoutLock(survey)
    if let requirements = survey.requirements, !requirements.isEmpty {
      try take(requirements, survey, request, files)
    } else if let declared = survey.project ?? survey.setupCfg ?? survey.setupPy, declared.dependencies != nil {
      try take(declared, survey, request, files)
    } else if survey.hasSetupPy, survey.requirements == nil {
      throw PackRefusal(
        .projectError, "setup_py", "setup.py makes the list of packages in code, which packc does not run to find out",
        hint:
          "write them into requirements.txt (`pip freeze` in a working environment makes one), or into pyproject.toml",
        at: SourceLocation(path: "setup.py"))
    } else if let conda = survey.conda, survey.requirements == nil {
      throw PackRefusal(
        .projectError, "conda", "\(conda) is a conda environment, whose packages are not those of PyPI",
        hint: "write the packages of Python into requirements.txt (`pip list --format=freeze` shows them)",
        at: SourceLocation(path: conda))
    }
  }

  /// Managers whose own lock is the way: without it, nothing says which versions are meant.
  private func refuseWithoutLock(_ survey: PythonSurvey) throws {
    guard survey.requirements == nil else { return }
    if survey.hasPipfile {
      throw PackRefusal(
        .projectError, "lock_missing", "there is a Pipfile and no Pipfile.lock",
        hint: "run `pipenv lock` and commit Pipfile.lock", at: SourceLocation(path: "Pipfile"))
    }
    if let poetry = survey.poetry, survey.project == nil, !poetry.names.isEmpty {
      throw PackRefusal(
        .projectError, "lock_missing", "pyproject.toml is poetry's, and there is no poetry.lock",
        hint: "run `poetry lock` and commit poetry.lock", at: SourceLocation(path: "pyproject.toml"))
    }
  }

  private mutating func take(
    _ requirements: PythonSurvey.Requirements, _ survey: PythonSurvey, _ request: PackRequest, _ files: ProjectFiles
  ) throws {
    names = Set(requirements.names)
    let inputs = try requirements.files.compactMap { try files.lockFile($0) }
    lockFiles = inputs
    if requirements.isHashed {
      source = .hashedFile(requirements.path)
      decisions = [Decision(what: "packages", value: "by hash", source: requirements.path)]
      return
    }
    let step = Self.resolveStep(survey.interpreter, file: "${source}/\(requirements.path)", text: nil)
    try settle(from: requirements.path, inputs, step, survey, request)
  }

  private mutating func take(
    _ declared: PythonSurvey.Declared, _ survey: PythonSurvey, _ request: PackRequest, _ files: ProjectFiles
  ) throws {
    var lines = declared.dependencies ?? []
    for extra in (request.options["extras"]?.array ?? []).compactMap(\.string) {
      guard let more = declared.extras[extra] else {
        throw PackRefusal(
          .projectError, "no_such_extra", "options.extras names \"\(extra)\", which the project does not have",
          hint: "it has: \(declared.extras.keys.sorted().joined(separator: ", "))",
          at: SourceLocation(path: "unik.yaml"))
      }
      lines += more
    }
    names = Set(declared.names)
    guard !lines.isEmpty else { return }
    let inputs = try declared.files.compactMap { try files.lockFile($0) }
    let step = Self.resolveStep(
      survey.interpreter, file: "${work}/requirements.in", text: lines.map { $0 + "\n" }.joined())
    try settle(from: declared.files[0], inputs, step, survey, request)
  }

  // MARK: packc.lock

  /// packc.lock's packages when they were resolved from these very inputs, else the step that resolves them.
  private mutating func settle(
    from path: String, _ inputs: [BuildPlan.LockFile], _ step: BuildStep, _ survey: PythonSurvey, _ request: PackRequest
  ) throws {
    let environment = [
      "implementation": survey.interpreter.implementation, "platform": survey.interpreter.platform,
      "python": survey.interpreter.version.short,
    ]
    if let section = request.lock?[Self.ecosystem], Self.isCurrent(section, inputs, environment) {
      let packages = try JSONReader(section, path: "packc.lock").required("packages").array().map(PythonPackage.init)
      source = packages.isEmpty ? .none : .packages(packages)
      names.formUnion(packages.map(\.name))
      decisions = [Decision(what: "packages", value: "\(packages.count) by hash", source: "packc.lock (from \(path))")]
      return
    }
    try Self.checkPip(survey.interpreter, oldest: (22, 2), for: "to resolve packages")
    source = .unresolved(
      .init(
        ecosystem: Self.ecosystem, inputs: inputs, step: step, output: RootPath(literal: "packages.json"),
        environment: environment))
    decisions = [Decision(what: "packages", value: "to be resolved", source: path)]
  }

  private static func isCurrent(_ section: JSONValue, _ inputs: [BuildPlan.LockFile], _ environment: [String: String])
    -> Bool
  {
    let locked = section["inputs"]?.object ?? [:]
    let found = Dictionary(uniqueKeysWithValues: inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    return locked == found && section["environment"] == JSONValue(strings: environment)
  }

  /// `file`: the requirements with variables; `text` writes it first.
  private static func resolveStep(_ interpreter: PythonSurvey.Interpreter, file: String, text: String?) -> BuildStep {
    BuildStep(
      id: "resolve",
      argv: [
        interpreter.executable.description, "-I", "-B", "${pack}/lib/resolve.py", file, "${work}/packages.json",
        "${cache}/pip",
      ],
      environment: ["PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"],
      outputs: [RootPath(literal: "packages.json")], files: text.map { [file: $0] } ?? [:], network: true,
      cacheDirectories: [RootPath(literal: "pip")])
  }

  static func checkPip(_ interpreter: PythonSurvey.Interpreter, oldest: (Int, Int), for purpose: String) throws {
    guard let pip = interpreter.pip else {
      let isDebian = interpreter.prefix == "/usr"
      throw PackRefusal(
        .toolchainMissing, "pip_missing", "\(interpreter.executable) has no pip, which is needed \(purpose)",
        hint: isDebian ? "`apt-get install python3-pip`" : "`\(interpreter.executable) -m ensurepip`")
    }
    let parts = pip.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 2, (parts[0], parts[1]) >= oldest else {
      throw PackRefusal(
        .toolchainMissing, "pip_version",
        "the pip of \(interpreter.executable) is \(pip), and \(oldest.0).\(oldest.1) is needed \(purpose)",
        hint: "`\(interpreter.executable) -m pip install --upgrade pip`")
    }
  }
}
