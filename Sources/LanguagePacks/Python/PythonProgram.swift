internal import PackCore
internal import Packs

/// What is started: an object for a server, a script of the project, a file, or a package.
struct PythonProgram {
  enum Kind: Equatable {
    case object(PythonSurvey.Object)
    /// The code that a command of [project.scripts] runs.
    case function(String)
    case file(String)
    case module(String)
    /// A script for `streamlit run`.
    case streamlit(String)
    /// Django's own command, by the path of manage.py.
    case manage(String)
    /// argv of the Procfile's web line, and the directory that it goes to first.
    case command([String], directory: String)
  }
  var kind: Kind
  var decision: Decision
  /// Where it lies, for the module search path.
  var place: PythonSurvey.Place? = nil
}

/// Finds the one program of a project by rules that are printed; several that no rule tells apart are an error.
struct PythonPrograms {
  let survey: PythonSurvey
  let request: PackRequest
  let dependencies: PythonDependencies
  let notes: PackNotes

  func choose() throws -> PythonProgram {
    if let app = request.app { return try named(app) }
    if let program = try procfile() { return program }
    if let program = try object(amongExamples: false) { return program }
    if let program = try streamlit() { return program }
    if let program = managed() { return program }
    if let program = try script() { return program }
    if let program = try file() { return program }
    if let program = try object(amongExamples: true) { return program }
    throw nothing()
  }

  private func nothing() -> PackRefusal {
    let isLibrary = survey.package != nil && survey.scripts.isEmpty
    return PackRefusal(
      .projectError, "no_program",
      (isLibrary ? "the project is a library as far as its files say, and nothing" : "nothing here")
        + " says what to start: no ASGI or WSGI application, no [project.scripts], no file with a main guard",
      hint: "give --app module:object or --app FILE, or write `options: {app: …}` in unik.yaml")
  }

  // MARK: Procfile

  /// The web line, when it is a command that this pack knows.
  private func procfile() throws -> PythonProgram? {
    guard let web = survey.web else { return nil }
    guard let words = web.words, let command = PythonCommand(words, survey: survey) else {
      notes.note("Procfile:\(web.line): the web line is not a plain command of Python and is not used: \(web.text)")
      return nil
    }
    try command.check(dependencies, at: SourceLocation(path: "Procfile", line: web.line))
    return PythonProgram(
      kind: .command(words, directory: web.directory),
      decision: Decision(what: "program", value: words.joined(separator: " "), source: "Procfile:\(web.line)"))
  }

  // MARK: Streamlit, Django

  private func streamlit() throws -> PythonProgram? {
    guard dependencies.has("streamlit") else { return nil }
    let pages = product(survey.streamlit) { $0 }.filter { !$0.contains("pages/") }
    let root = pages.filter { !$0.contains("/") }
    let candidates = root.isEmpty ? pages : root
    let usual = ["streamlit_app.py", "app.py", "main.py", "Home.py", "home.py", "Main.py", "dashboard.py"]
    guard let chosen = candidates.count == 1 ? candidates[0] : usual.first(where: candidates.contains) else {
      guard !candidates.isEmpty else { return nil }
      throw PackRefusal.severalPrograms(
        "python", candidates.map { ProgramCandidate(app: $0, reasons: ["\($0) imports streamlit"]) })
    }
    return PythonProgram(
      kind: .streamlit(chosen),
      decision: Decision(what: "program", value: chosen, source: "\(chosen) (imports streamlit)"))
  }

  /// A Django project without wsgi.py and asgi.py.
  private func managed() -> PythonProgram? {
    guard dependencies.has("django"), let manage = survey.manage.first(where: { survey.settings[$0] != nil }),
      survey.manage.filter({ survey.settings[$0] != nil }).count == 1
    else { return nil }
    return PythonProgram(
      kind: .manage(manage), decision: Decision(what: "program", value: "\(manage) runserver", source: manage),
      place: .init(path: manage, module: "manage", line: 1, usesSiblings: false))
  }
}

extension PythonSurvey {
  /// Commands that the project installs, of the first file that names some.
  var scripts: [(name: String, target: String, source: String)] {
    for (declared, source) in [
      (project, "pyproject.toml [project.scripts]"), (poetry, "pyproject.toml [tool.poetry.scripts]"),
      (setupCfg, "setup.cfg [options.entry_points]"), (setupPy, "setup.py entry_points"),
    ] {
      guard let declared, !declared.scripts.isEmpty else { continue }
      return declared.scripts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
        ($0.key, $0.value, source)
      }
    }
    return []
  }
}
