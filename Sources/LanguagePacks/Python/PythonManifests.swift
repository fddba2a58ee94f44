internal import PackCore
internal import Packs

/// The manifests and locks of a Python project that are TOML or JSON, read without starting an interpreter: what is wrong
/// in them is said with its place before anything else is asked.
struct PythonManifests {
  let pyproject: TOMLTable?
  let pipfile: TOMLTable?

  init(_ files: ProjectFiles) throws {
    pyproject = try Self.toml("pyproject.toml", files)
    pipfile = try Self.toml("Pipfile", files)
    if let pyproject { try Self.check(pyproject) }
    if let pipfile { try Self.check(pipfile: pipfile) }
    for (lock, packages) in [
      ("uv.lock", "package"), ("poetry.lock", "package"), ("pdm.lock", "package"), ("pylock.toml", "packages"),
    ] {
      guard let table = try Self.toml(lock, files) else { continue }
      try Self.check(TOMLReader(table, path: lock), packages: packages)
    }
    try Self.checkPipfileLock(files)
  }

  private static func toml(_ path: String, _ files: ProjectFiles) throws -> TOMLTable? {
    guard files.isFile(path), let relative = RootPath(path) else { return nil }
    return try TOML.parse(try FileSystem.read(files.root / relative, limit: TOML.Limits.bytes + 1), path: path)
  }

  /// A string at the end of a way of tables in pyproject.toml.
  func value(_ keys: String...) -> String? {
    var table = pyproject
    for key in keys.dropLast() { table = table?[key]?.table }
    return keys.last.flatMap { table?[$0]?.string }
  }

  /// What building the project as a package takes.
  var buildRequirements: [String] { pyproject?["build-system"]?["requires"]?.array?.compactMap(\.string) ?? [] }

  /// pyproject.toml also holds the settings of tools in projects of other languages.
  var isProject: Bool {
    guard let pyproject else { return false }
    return pyproject["project"] != nil || pyproject["build-system"] != nil || pyproject["tool"]?["poetry"] != nil
  }

  // MARK: What stands in them

  /// The keys that are read later: PEP 621, and poetry's own.
  private static func check(_ pyproject: TOMLTable) throws {
    let root = TOMLReader(pyproject, path: "pyproject.toml")
    _ = try root.optional("build-system")?.table()
    _ = try root.optional("tool")?.optional("poetry")?.table()
    guard let project = try root.optional("project") else { return }
    for name in ["name", "version", "requires-python"] { _ = try project.optional(name)?.string() }
    _ = try project.optional("dependencies")?.strings()
    for (_, extra) in try project.optional("optional-dependencies")?.fields() ?? [] { _ = try extra.strings() }
    for (_, script) in try project.optional("scripts")?.fields() ?? [] { _ = try script.string() }
  }

  private static func check(pipfile: TOMLTable) throws {
    let root = TOMLReader(pipfile, path: "Pipfile")
    for name in ["packages", "dev-packages", "requires", "scripts"] { _ = try root.optional(name)?.table() }
    _ = try root.optional("requires")?.optional("python_version")?.string()
  }

  private static func check(_ lock: TOMLReader, packages name: String) throws {
    guard let packages = try lock.optional(name) else { return }
    for package in try packages.array() {
      _ = try package.required("name").string()
      _ = try package.optional("version")?.string()
    }
  }

  private static func checkPipfileLock(_ files: ProjectFiles) throws {
    let path = "Pipfile.lock"
    guard let text = try files.text(path) else { return }
    let document = try JSONParser.parse(Array(text.utf8), name: path)
    for name in ["default", "develop"] {
      guard let section = document[name], section.object == nil else { continue }
      throw Failure(
        "bad_lock", "\"\(name)\" is of the kind \(section.kind), not an object",
        hint: "run `pipenv lock` and commit it",
        at: SourceLocation(path: path), exit: .badInput)
    }
  }
}
