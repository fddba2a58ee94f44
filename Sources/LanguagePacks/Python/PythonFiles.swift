internal import PackCore
internal import Packs

/// Scripts that the project installs, and files that are run as they are.
extension PythonPrograms {
  func script() throws -> PythonProgram? {
    let scripts = survey.scripts
    guard !scripts.isEmpty else { return nil }
    let name = survey.package?.name
    let alike = scripts.filter { $0.name == name }
    guard scripts.count == 1 || alike.count == 1 else {
      throw PackRefusal.severalPrograms(
        "python", scripts.map { ProgramCandidate(app: $0.name, reasons: ["\($0.source): \($0.target)"]) })
    }
    return try program(scripts.count == 1 ? scripts[0] : alike[0])
  }

  func program(_ script: (name: String, target: String, source: String)) throws -> PythonProgram {
    PythonProgram(
      kind: .function(try Self.code(of: script.target, script.source, script.name)),
      decision: Decision(
        what: "program", value: script.target, source: "\(script.source): \(script.name)"))
  }

  /// What the command of a console script runs: `module:function`, with extras that no longer mean anything.
  static func code(of target: String, _ source: String, _ name: String) throws -> String {
    let plain = target.prefix { $0 != "[" }.filter { !$0.isWhitespace }
    let parts = plain.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let isName = { (text: String) in
      !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    }
    guard parts.count == 2, parts.allSatisfy(isName) else {
      throw PackRefusal(.projectError, "bad_script", "\(source): \(name) = \"\(target)\" is not module:function")
    }
    let first = parts[1].prefix { $0 != "." }
    return "import sys; from \(parts[0]) import \(first); sys.exit(\(parts[1])())"
  }

  private static let usualFiles = [
    "main.py", "app.py", "server.py", "run.py", "wsgi.py", "asgi.py", "application.py", "start.py", "bot.py",
    "index.py",
  ]
  /// Files at the root of a project that are read by tools, or run by its own people.
  private static let toolFiles: Set<String> = [
    "setup.py", "manage.py", "noxfile.py", "tasks.py", "fabfile.py", "dodo.py", "conanfile.py", "versioneer.py",
    "ez_setup.py", "conftest.py", "gunicorn.conf.py", "gunicorn_config.py", "gunicorn_conf.py", "locustfile.py",
    "build.py", "hatch_build.py",
  ]

  /// A file with a main guard, a package with `__main__.py`, or the only module.
  func file() throws -> PythonProgram? {
    let guards = product(survey.guards) { $0.path }.filter { !Self.toolFiles.contains($0.path) }
    let root = guards.filter { Self.usualFiles.contains($0.path) }
    if let only = outermost(root, path: \.path) {
      return file(only.path, "\(only.path):\(only.line) (main guard)", only)
    }
    if root.count > 1 {
      let listening = root.filter(\.listens)
      guard listening.count == 1 else { throw several(root) }
      let only = listening[0]
      return file(only.path, "\(only.path):\(only.line) (the only main guard in a file that listens on a port)", only)
    }
    let mains = product(survey.mains) { $0.path }
    if mains.count == 1, let main = main(mains[0]) { return main }
    let modules = survey.rootModules.filter { !Self.toolFiles.contains($0) && !Self.isTest($0) }
    let isGuardedAtRoot = guards.contains { !$0.path.contains("/") }
    if !isGuardedAtRoot, let only = outermost(modules.filter(Self.usualFiles.contains), path: { $0 }) {
      return file(only, "\(only) (no other program)", nil)
    }
    let own = guards.filter { !isPartOfLibrary($0.path) }
    if own.count == 1 { return file(own[0].path, "\(own[0].path):\(own[0].line) (the only main guard)", own[0]) }
    if own.count > 1 {
      if let only = outermost(own.filter { !$0.path.contains("/") }, path: \.path) {
        return file(only.path, "\(only.path):\(only.line) (the main guard at the root)", only)
      }
      let listening = own.filter(\.listens)
      if listening.count == 1, let only = listening.first {
        return file(only.path, "\(only.path):\(only.line) (the only main guard in a file that listens on a port)", only)
      }
      throw several(own)
    }
    if modules.count == 1 { return file(modules[0], "\(modules[0]) (the only module)", nil) }
    return nil
  }

  /// The only one, or the only one that no other module imports.
  private func outermost<T>(_ all: [T], path: (T) -> String) -> T? {
    if all.count == 1 { return all[0] }
    let free = all.filter { !survey.imported.contains(path($0)) }
    return free.count == 1 ? free[0] : nil
  }

  /// A module of an installable package with a main guard is a tool of the library, unless it is called like a program.
  private func isPartOfLibrary(_ path: String) -> Bool {
    guard survey.package != nil, path.contains("/") else { return false }
    let name = String(path.split(separator: "/").last ?? "")
    let directory = path.split(separator: "/").dropLast().joined(separator: "/")
    return survey.packages.contains(directory) && !Self.usualFiles.contains(name)
  }

  private func several(_ places: [PythonSurvey.Place]) -> PackRefusal {
    .severalPrograms(
      "python", places.map { ProgramCandidate(app: $0.path, reasons: ["\($0.path):\($0.line): main guard"]) })
  }

  func file(_ path: String, _ source: String, _ place: PythonSurvey.Place?) -> PythonProgram {
    PythonProgram(
      kind: .file(path), decision: Decision(what: "program", value: path, source: source), place: place)
  }

  func main(_ place: PythonSurvey.Place) -> PythonProgram? {
    let parts = place.module.split(separator: ".")
    guard parts.count > 1 else { return file(place.path, place.path, place) }
    let package = parts.dropLast().joined(separator: ".")
    return PythonProgram(
      kind: .module(package), decision: Decision(what: "program", value: "-m \(package)", source: place.path),
      place: place)
  }
}
