internal import PackCore
internal import Packs

/// What Python is in a project, from the names of its files and a few of their lines: detection runs no interpreter. The
/// plan reads the same files by their syntax trees.
struct PythonEvidence {
  private let files: ProjectFiles
  private let neighbours: [Neighbours.Neighbour]
  /// Files that declare a project of Python.
  private var manifests: [DetectReason] = []
  /// Packages of tools and of documentation alone.
  private var tools: DetectReason?
  /// What makes the project an installable package.
  private var isPackage = false
  /// What could be started.
  private var program: DetectReason?
  /// Says that the program is Rust's.
  private var maturin: DetectReason?
  /// A module at the root.
  private var source: DetectReason?
  private let web: WebLine?

  /// nil when nothing here is Python.
  init?(_ files: ProjectFiles, requirements named: String?) throws {
    self.files = files
    neighbours = Neighbours(of: "python", files).all
    web = try WebLine(files)
    try findManifests(named)
    let modules = PythonSourceScan.rootModules(files)
    source = (modules.first { PythonSourceScan.usualNames.contains($0) } ?? modules.first).map {
      DetectReason(path: $0, rule: "Python source")
    }
    guard !manifests.isEmpty || tools != nil || source != nil else { return nil }
    program = try findProgram(modules)
  }

  // MARK: Manifests

  private static let locks: [(name: String, rule: String)] = [
    ("uv.lock", "a lock of uv"), ("poetry.lock", "a lock of poetry"), ("pdm.lock", "a lock of PDM"),
    ("pylock.toml", "a lock (PEP 751)"), ("Pipfile.lock", "a lock of pipenv"),
  ]

  private mutating func findManifests(_ named: String?) throws {
    manifests = Self.locks.filter { files.isFile($0.name) }.map { DetectReason(path: $0.name, rule: $0.rule) }
    try readRequirements(named)
    for (name, rule) in [("Pipfile", "packages of pipenv"), ("manage.py", "a Django project")] where files.isFile(name)
    {
      manifests.append(DetectReason(path: name, rule: rule))
    }
    for (name, rule) in [("setup.py", "a setuptools project"), ("setup.cfg", "a setuptools project")] {
      guard let text = try files.text(name), name == "setup.py" || text.contains("[options]") else { continue }
      manifests.append(DetectReason(path: name, rule: rule))
      isPackage = true
    }
    let read = try PythonManifests(files)
    maturin = PythonMaturin.program(read, files)
    guard read.isProject else { return }
    manifests.append(DetectReason(path: "pyproject.toml", rule: "a Python project"))
    isPackage = true
  }

  private mutating func readRequirements(_ named: String?) throws {
    if let named {
      manifests.append(DetectReason(path: named, rule: "named by options.requirements"))
      return
    }
    let directory = files.names("requirements").filter { $0.hasSuffix(".txt") }.map { "requirements/\($0)" }
    let found = (["requirements.txt"] + directory).filter(files.isFile)
    guard let first = found.first, let text = try files.text(first) else { return }
    let names = ToolVersions.lines(text).map(\.text).filter { !$0.isEmpty && !$0.hasPrefix("-") }
      .map { $0.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }.lowercased() }
    if !names.isEmpty, names.allSatisfy(Self.isTool) {
      tools = DetectReason(path: first, rule: "packages of tools and documentation only")
    } else {
      manifests.append(DetectReason(path: first, rule: "packages of pip"))
    }
  }

  /// Packages that check, test, document or deploy a project, in whatever language it is.
  private static func isTool(_ name: String) -> Bool {
    let names: Set<String> = [
      "ansible", "ansible-core", "ansible-lint", "awscli", "black", "bump2version", "codespell", "commitizen", "conan",
      "cookiecutter", "cpplint", "docutils", "flake8", "gcovr", "ghp-import", "gitlint", "isort", "jinja2-cli",
      "jsonschema",
      "markdown", "markdown-include", "meson", "mike", "mypy", "myst-parser", "ninja", "nox", "pip-tools", "pre-commit",
      "pygments", "pylint", "pymdown-extensions", "pytest", "recommonmark", "ruff", "sphinx", "tox", "twine",
      "yamllint",
    ]
    return names.contains(name)
      || ["mkdocs", "sphinx", "pytest-", "sphinxcontrib", "types-", "flake8-", "molecule"].contains(
        where: name.hasPrefix)
  }

  // MARK: Programs

  private func findProgram(_ modules: [String]) throws -> DetectReason? {
    if let web, web.language == "python" { return DetectReason(path: web.place, rule: "starts \(web.program)") }
    if files.isFile("manage.py") { return DetectReason(path: "manage.py", rule: "a Django project") }
    let scan = PythonSourceScan(files)
    if let found = scan.application { return DetectReason(path: found.path, rule: "makes \(found.what)") }
    if let found = scan.manage { return DetectReason(path: found, rule: "a Django project") }
    for (path, mark) in [
      ("pyproject.toml", "[project.scripts]"), ("pyproject.toml", "[tool.poetry.scripts]"),
      ("setup.cfg", "console_scripts"), ("setup.py", "console_scripts"),
    ] {
      guard let text = try files.text(path), text.contains(mark) else { continue }
      return DetectReason(path: path, rule: mark)
    }
    if let found = scan.main { return DetectReason(path: found, rule: "a package that can be run") }
    if let usual = modules.first(where: { PythonSourceScan.usualNames.contains($0) }) {
      return DetectReason(path: usual, rule: "named as programs are")
    }
    if let guarded = scan.guarded { return DetectReason(path: guarded, rule: "a main guard") }
    return modules.count == 1 ? DetectReason(path: modules[0], rule: "the only module") : nil
  }

  // MARK: The answer

  func answer(isAskedFor: Bool) throws -> DetectAnswer? {
    func answer(_ confidence: Int, _ role: DetectRole, _ reasons: [DetectReason?]) -> DetectAnswer {
      DetectAnswer(confidence: confidence, reasons: reasons.compactMap { $0 }, role: role)
    }
    let own = manifests.first
    let neighbour = neighbours.first.map { DetectReason(path: $0.file, rule: "the project is \($0.language)'s") }
    guard let own else {
      // Files without a manifest are the scripts of whatever else is here.
      if let found = neighbour ?? PythonSourceScan.foreignBuild(files) {
        return answer(30, .supporting, [tools ?? source, found])
      }
      if let tools, program?.rule != "a Django project", source == nil { return answer(30, .supporting, [tools]) }
      return answer(30, program == nil ? .library : .program, [source ?? tools, program])
    }
    if let web, let language = web.language, language != "python", !neighbours.isEmpty {
      return answer(
        40, .supporting, [own, DetectReason(path: web.place, rule: "starts a program in \(language)")])
    }
    if let maturin, web?.language != "python" { return answer(40, .supporting, [own, maturin]) }
    guard let program else {
      // An installable package is a project of its own, whatever documents or packs it.
      if let neighbour, !isPackage { return answer(40, .supporting, [own, neighbour]) }
      return answer(40, .library, [own])
    }
    if isWeak(program) || isScript(program), let build = try PythonSourceScan.nativeBuild(files) {
      return answer(40, .supporting, [own, program, build])
    }
    // A script beside another language's manifest, with packages for it, is a tool until a file says more.
    if let neighbour, !isPackage, isWeak(program) { return answer(40, .supporting, [own, program, neighbour]) }
    return answer(90, .program, manifests.filter { $0.path != program.path } + [program])
  }

  /// A command that a package brings along.
  private func isScript(_ program: DetectReason) -> Bool {
    program.rule.hasSuffix("scripts]") || program.rule == "console_scripts"
  }

  /// What a directory of scripts has too.
  private func isWeak(_ program: DetectReason) -> Bool {
    program.rule == "the only module" || program.rule == "a main guard"
  }
}
