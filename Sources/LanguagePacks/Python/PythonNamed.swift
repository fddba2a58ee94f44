internal import PackCore
internal import Packs

/// What `--app` and `options.app` take.
extension PythonPrograms {
  /// `module:object`, a path, a script's name, or a package with `__main__.py`.
  func named(_ app: String) throws -> PythonProgram {
    if let object = survey.objects.first(where: { $0.app == app || "\($0.app)()" == app }) {
      return program(object, why: "asked for")
    }
    if let script = survey.scripts.first(where: { $0.name == app }) { return try program(script) }
    let path = app.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    let inside = survey.objects.filter {
      $0.place.path == path || $0.place.path.hasPrefix(path + "/") || $0.place.module == app
    }
    let best = inside.map(Self.rank).min { $0.lexicographicallyPrecedes($1) }
    let chosen = inside.filter { Self.rank($0) == best }
    if chosen.count == 1 { return program(chosen[0], why: "asked for") }
    if chosen.count > 1 { throw PackRefusal.severalPrograms("python", chosen.map(Self.candidate)) }
    if dependencies.has("streamlit"), survey.streamlit.contains(path) {
      return PythonProgram(
        kind: .streamlit(path), decision: Decision(what: "program", value: path, source: "asked for"))
    }
    if ProjectFiles().isFile(path), path.hasSuffix(".py") {
      return file(path, "asked for", survey.guards.first { $0.path == path })
    }
    if let main = survey.mains.first(where: { $0.path == "\(path)/__main__.py" || $0.module == "\(app).__main__" }),
      let program = main as PythonSurvey.Place?
    {
      return self.main(program) ?? file(program.path, "asked for", program)
    }
    let known = survey.objects.map(\.app) + survey.scripts.map(\.name) + survey.guards.map(\.path)
    throw PackRefusal(
      .projectError, "no_such_program", "\(app) is no program of this project",
      hint: known.isEmpty ? "give module:object or a file" : "there are: " + known.prefix(10).joined(separator: ", "))
  }
}
