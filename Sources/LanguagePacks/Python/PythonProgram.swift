internal import PackCore
internal import Packs

/// What is started: an object for a server, a script of the project, a file, or a package.
struct PythonProgram {
  enum Kind: Equatable {
    case object(PythonSurvey.Object)
    /// `module:function` of [project.scripts].
    case function(module: String, name: String)
    case file(String)
    case module(String)
    /// argv of the Procfile's web line.
    case command([String])
  }
  var kind: Kind
  var decision: Decision
  /// Where it lies, for the module search path.
  var place: PythonSurvey.Place?
}

/// Finds the one program of a project by rules that are printed; several that no rule tells apart are an error.
struct PythonPrograms {
  let survey: PythonSurvey
  let request: PackRequest
  let dependencies: PythonDependencies
  let notes: PackNotes

  func choose() throws -> PythonProgram {
    if let app = request.app { return try named(app) }
    if let program = procfile() { return program }
    if let program = try object() { return program }
    if let program = try script() { return program }
    if let program = try guarded() { return program }
    throw nothing()
  }

  // MARK: Objects

  private static let tests: Set<String> = ["test", "tests", "testing"]
  private static let besideTheProduct: Set<String> = [
    "example", "examples", "doc", "docs", "sample", "samples", "demo", "demos", "script",
    "scripts", "bench", "benchmark", "benchmarks", "tools", "migrations",
  ]

  private static func directories(_ path: String) -> [String] {
    path.split(separator: "/").dropLast().map { $0.lowercased() }
  }

  static func isTest(_ path: String) -> Bool {
    let file = path.split(separator: "/").last ?? ""
    return directories(path).contains(where: tests.contains) || file.hasPrefix("test_") || file.hasSuffix("_test.py")
      || file == "conftest.py"
  }

  private static func isBeside(_ path: String) -> Bool { directories(path).contains(where: besideTheProduct.contains) }

  /// Without tests, and without examples and tools while there is something else.
  private func product<T>(_ all: [T], path: (T) -> String) -> [T] {
    let code = all.filter { !Self.isTest(path($0)) }
    let product = code.filter { !Self.isBeside(path($0)) }
    return product.isEmpty ? code : product
  }

  /// Nearest to the root, in a module of a usual name, an object before a factory.
  private static func rank(_ object: PythonSurvey.Object) -> [Int] {
    let last = object.place.module.split(separator: ".").last.map(String.init) ?? ""
    let modules = ["wsgi": 0, "asgi": 0, "main": 1, "app": 1, "server": 1, "application": 1, "api": 1]
    let depth = object.place.path.split(separator: "/").count - (object.place.path.hasPrefix("src/") ? 1 : 0)
    let isUsual = ["app", "application", "api", "server"].contains(object.name)
    let isPackage = object.place.path.hasSuffix("/__init__.py")
    return [object.isFactory ? 1 : 0, isPackage ? depth - 1 : depth, modules[last] ?? 2, isUsual ? 0 : 1]
  }

  private func object() throws -> PythonProgram? {
    var objects = product(survey.objects) { $0.place.path }
    // Django writes both; the server that the project has settles it.
    let hasASGI = objects.contains { $0.isASGI && $0.framework == "django" }
    if hasASGI, objects.contains(where: { !$0.isASGI && $0.framework == "django" }) {
      let prefersASGI =
        PythonServer.find(forASGI: true, dependencies) != nil
        && PythonServer.find(forASGI: false, dependencies) == nil
      objects.removeAll { $0.framework == "django" && $0.isASGI != prefersASGI }
    }
    guard let best = objects.map(Self.rank).min(by: { $0.lexicographicallyPrecedes($1) }) else { return nil }
    let chosen = objects.filter { Self.rank($0) == best }
    // Of examples alone, none is nearer to what is meant than another.
    let rivals = Self.isBeside(chosen[0].place.path) ? objects : chosen
    guard rivals.count == 1 else { throw PackRefusal.severalPrograms("python", rivals.map(Self.candidate)) }
    let why = objects.count == 1 ? "the only one" : "nearest to the root and named as usual"
    return program(chosen[0], why: why)
  }

  private func program(_ object: PythonSurvey.Object, why: String) -> PythonProgram {
    let what = "\(object.framework) \(object.isFactory ? "factory" : "application")"
    return PythonProgram(
      kind: .object(object),
      decision: Decision(
        what: "program", value: object.app, source: "\(object.place.path):\(object.place.line) (\(what), \(why))"),
      place: object.place)
  }

  private static func candidate(_ object: PythonSurvey.Object) -> ProgramCandidate {
    ProgramCandidate(
      app: object.app,
      reasons: [
        "\(object.place.path):\(object.place.line): \(object.framework) \(object.isFactory ? "factory" : "application")"
      ])
  }

  // MARK: Procfile

  private static let servers: Set<String> = [
    "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "flask", "granian", "python", "python3",
  ]

  /// The web line, when it is one plain command.
  private func procfile() -> PythonProgram? {
    guard let line = survey.procfile else { return nil }
    let port = String(PythonServer.port(request, survey).number)
    var text = line.replacing("${PORT}", with: port).replacing("$PORT", with: port)
    if let range = text.firstRange(of: "${PORT:-"), let end = text[range.upperBound...].firstIndex(of: "}") {
      text.replaceSubrange(range.lowerBound...end, with: port)
    }
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    let isPlain = !text.contains(where: { "$;&|<>`\"'\\(*".contains($0) })
    guard isPlain, let program = words.first, Self.servers.contains(program) else {
      notes.note("Procfile: the web line is more than one plain command and is not used: \(line)")
      return nil
    }
    return PythonProgram(
      kind: .command(words), decision: Decision(what: "program", value: text, source: "Procfile"))
  }

  // MARK: Scripts and files

  private var scripts: [(name: String, target: String, source: String)] {
    for (declared, source) in [
      (survey.project, "pyproject.toml [project.scripts]"), (survey.poetry, "pyproject.toml [tool.poetry.scripts]"),
      (survey.setupCfg, "setup.cfg [options.entry_points]"),
    ] {
      guard let declared, !declared.scripts.isEmpty else { continue }
      return declared.scripts.sorted { $0.key < $1.key }.map { ($0.key, $0.value, source) }
    }
    return []
  }

  private func script() throws -> PythonProgram? {
    let scripts = scripts
    guard !scripts.isEmpty else { return nil }
    let name = survey.project?.name ?? survey.poetry?.name ?? survey.setupCfg?.name
    let alike = scripts.filter { $0.name == name }
    guard scripts.count == 1 || alike.count == 1 else {
      throw PackRefusal.severalPrograms(
        "python", scripts.map { ProgramCandidate(app: $0.name, reasons: ["\($0.source): \($0.target)"]) })
    }
    return try program(scripts.count == 1 ? scripts[0] : alike[0])
  }

  private func program(_ script: (name: String, target: String, source: String)) throws -> PythonProgram {
    let target = script.target.prefix { $0 != "[" && $0 != " " }
    let parts = target.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let isIdentifier = { (text: String) in
      !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    }
    guard parts.count == 2, parts.allSatisfy(isIdentifier) else {
      throw PackRefusal(
        .projectError, "bad_script", "\(script.source): \(script.name) = \"\(script.target)\" is not module:function")
    }
    return PythonProgram(
      kind: .function(module: parts[0], name: parts[1]),
      decision: Decision(what: "program", value: String(target), source: "\(script.source): \(script.name)"))
  }

  private static let usualFiles = ["main.py", "app.py", "server.py", "run.py", "wsgi.py"]

  private func guarded() throws -> PythonProgram? {
    let guards = product(survey.guards) { $0.path }
    let root = guards.filter { Self.usualFiles.contains($0.path) }
    if root.count == 1 { return file(root[0].path, "\(root[0].path):\(root[0].line) (main guard)", root[0]) }
    if root.count > 1 { throw several(root) }
    if survey.mains.count == 1, let main = survey.mains.first { return self.main(main) }
    if guards.count == 1 {
      return file(guards[0].path, "\(guards[0].path):\(guards[0].line) (the only main guard)", guards[0])
    }
    if let only = survey.rootModules.first(where: Self.usualFiles.contains),
      survey.rootModules.filter(Self.usualFiles.contains).count == 1, guards.isEmpty
    {
      return file(only, "\(only) (no other program)", nil)
    }
    if survey.rootModules.count == 1, guards.isEmpty, let only = survey.rootModules.first, only != "setup.py" {
      return file(only, "\(only) (the only module)", nil)
    }
    let candidates = guards.filter { $0.path != "setup.py" && $0.path != "manage.py" }
    if candidates.count > 1 { throw several(candidates) }
    return nil
  }

  private func several(_ places: [PythonSurvey.Place]) -> PackRefusal {
    .severalPrograms(
      "python", places.map { ProgramCandidate(app: $0.path, reasons: ["\($0.path):\($0.line): main guard"]) })
  }

  private func file(_ path: String, _ source: String, _ place: PythonSurvey.Place?) -> PythonProgram {
    PythonProgram(
      kind: .file(path), decision: Decision(what: "program", value: path, source: source), place: place)
  }

  private func main(_ place: PythonSurvey.Place) -> PythonProgram? {
    let parts = place.module.split(separator: ".")
    guard parts.count > 1 else { return file(place.path, place.path, place) }
    let package = parts.dropLast().joined(separator: ".")
    return PythonProgram(
      kind: .module(package), decision: Decision(what: "program", value: "-m \(package)", source: place.path),
      place: place)
  }

  // MARK: By name

  /// `module:object`, a path, a script's name, or a package with `__main__.py`.
  private func named(_ app: String) throws -> PythonProgram {
    if let object = survey.objects.first(where: { $0.app == app || "\($0.app)()" == app }) {
      return program(object, why: "asked for")
    }
    if let script = scripts.first(where: { $0.name == app }) { return try program(script) }
    let path = app.hasPrefix("./") ? String(app.dropFirst(2)) : app
    let inside = survey.objects.filter {
      $0.place.path == path || $0.place.path.hasPrefix(path + "/") || $0.place.module == app
    }
    let best = inside.map(Self.rank).min { $0.lexicographicallyPrecedes($1) }
    let chosen = inside.filter { Self.rank($0) == best }
    if chosen.count == 1 { return program(chosen[0], why: "asked for") }
    if chosen.count > 1 { throw PackRefusal.severalPrograms("python", chosen.map(Self.candidate)) }
    if ProjectFiles().isFile(path), path.hasSuffix(".py") {
      return file(path, "asked for", survey.guards.first { $0.path == path })
    }
    if let main = survey.mains.first(where: { $0.path == "\(path)/__main__.py" || $0.module == "\(app).__main__" }),
      let program = main as PythonSurvey.Place?
    {
      return self.main(program) ?? file(program.path, "asked for", program)
    }
    let known = survey.objects.map(\.app) + scripts.map(\.name) + survey.guards.map(\.path)
    throw PackRefusal(
      .projectError, "no_such_program", "\(app) is no program of this project",
      hint: known.isEmpty ? "give module:object or a file" : "there are: " + known.prefix(10).joined(separator: ", "))
  }

  private func nothing() -> PackRefusal {
    PackRefusal(
      .projectError, "no_program",
      "nothing here says what to start: no ASGI or WSGI application, no [project.scripts], no file with a main guard",
      hint: "give --app module:object or --app FILE, or write `options: {app: …}` in unik.yaml")
  }
}
