internal import PackCore
internal import Packs

/// Python: applications and scripts, with packages from a lock with hashes.
struct PythonPack: LanguagePack {
  private let files = ProjectFiles()

  private static let manifests: [(name: String, rule: String)] = [
    ("uv.lock", "a lock of uv"), ("poetry.lock", "a lock of poetry"), ("pylock.toml", "a lock (PEP 751)"),
    ("Pipfile.lock", "a lock of pipenv"), ("requirements.txt", "packages of pip"), ("Pipfile", "packages of pipenv"),
    ("setup.py", "a setuptools project"), ("manage.py", "a Django project"),
  ]

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let manifests = try PythonManifests(files)
    var reasons = Self.manifests.filter { files.isFile($0.name) }.map { DetectReason(path: $0.name, rule: $0.rule) }
    if manifests.isProject {
      reasons.append(DetectReason(path: "pyproject.toml", rule: "a Python project"))
    }
    if let named = request.options["requirements"]?.string {
      reasons.append(DetectReason(path: named, rule: "named by options.requirements"))
    }
    let modules = files.names().filter { $0.hasSuffix(".py") && files.isFile($0) && $0 != "setup.py" }
    let hasSource = !modules.isEmpty || files.names().contains { Self.holdsPackage($0, files) }
    guard !reasons.isEmpty else {
      guard let first = modules.first(where: Self.usual.contains) ?? modules.first else { return nil }
      return DetectAnswer(confidence: 30, reasons: [DetectReason(path: first, rule: "Python source alone")])
    }
    return DetectAnswer(confidence: hasSource ? 90 : 40, reasons: reasons)
  }

  private static let usual: Set<String> = ["main.py", "app.py", "server.py", "run.py", "wsgi.py", "asgi.py"]

  private static func holdsPackage(_ name: String, _ files: ProjectFiles) -> Bool {
    guard !name.hasPrefix("."), files.isDirectory(name) else { return false }
    let inside = files.names(name)
    return inside.contains { $0.hasSuffix(".py") }
      || (name == "src" && inside.contains { files.isFile("src/\($0)/__init__.py") })
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let context = try HostContext.current()
    let requirements = try PythonWishes(files).requirements
    let interpreters = PythonInterpreters(context)
    let chosen = try interpreters.choose(requirements, mode: request.mode, notes)
    let survey = try survey(chosen, request, context)
    // Only running it tells the whole version.
    let version = survey.interpreter.version
    guard version >= PythonInterpreters.oldest else { throw interpreters.mismatch([]) }
    if request.mode == .release, !requirements.allSatisfy({ $0.allows(version) }) {
      throw interpreters.mismatch(requirements)
    }
    let dependencies = try PythonDependencies(survey, request: request, files: files)
    return try PythonPlan(
      survey: survey, request: request, notes: notes, dependencies: dependencies, requirements: requirements
    ).make()
  }

  /// Runs `lib/survey.py`, which lies beside the pack's `bin`.
  private func survey(_ found: PythonInterpreters.Found, _ request: PackRequest, _ context: HostContext) throws
    -> PythonSurvey
  {
    guard let pack = context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set")
    }
    let run = ToolRun(
      environment: [
        "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
        "TMPDIR": context.environment["TMPDIR"] ?? "/tmp", "LANG": "C.UTF-8",
      ])
    let named = request.options["requirements"]?.string.map { [$0] } ?? []
    let answer = try run.output([found.path.description, "-I", "-B", "\(pack)/lib/survey.py"] + named)
    guard let text = answer.text else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found.path) cannot read the project: \(answer.errors)",
        hint: "`\(found.command) --version` should print a version; install Python again otherwise")
    }
    return try PythonSurvey(JSONParser.parse(Array(text.utf8), name: "survey"))
  }
}

/// What the project's files say of the Python that it needs, read without running one.
struct PythonWishes {
  private(set) var requirements: [PythonRequirement] = []

  init(_ files: ProjectFiles) throws {
    if let text = try files.text(".python-version"), let line = Self.firstLine(text), PythonVersion(line) != nil {
      add(Self.minor(line), ".python-version")
    }
    if let text = try files.text("runtime.txt"), let line = Self.firstLine(text), PythonVersion(line) != nil {
      add(Self.minor(line), "runtime.txt")
    }
    let manifests = try PythonManifests(files)
    if let value = manifests.pipfile?.first("requires", "python_version")?.string { add(value, "Pipfile") }
    let wish =
      manifests.value("project", "requires-python") ?? manifests.value("tool", "poetry", "dependencies", "python")
    if let wish { add(wish, "pyproject.toml") }
  }

  private mutating func add(_ text: String, _ source: String) {
    requirements.append(PythonRequirement(text: text, source: source))
  }

  private static func firstLine(_ text: String) -> String? {
    text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
      .first { !$0.isEmpty && !$0.hasPrefix("#") }
  }

  /// Tools pin a patch release; any patch of the same minor release runs the same program.
  private static func minor(_ text: String) -> String { PythonVersion(text)?.short ?? text }
}

extension PythonVersion: Comparable {
  static func < (a: PythonVersion, b: PythonVersion) -> Bool {
    (a.major, a.minor, a.patch ?? 0) < (b.major, b.minor, b.patch ?? 0)
  }
}
