internal import PackCore
internal import Packs

/// A command line as people write it for a shell (`gunicorn app:app`), as arguments of the interpreter that listen where the
/// image says. Variables stay in the words; packc_serve puts their values in.
struct PythonCommand {
  /// After the interpreter.
  let arguments: [String]
  /// The port that the words state themselves.
  let port: Int?
  /// The package that it needs.
  let package: String?
  /// A file of the project that says itself where it listens.
  var isOwnProgram: Bool { port == nil && arguments.first != "-m" && !arguments.contains { $0.contains("PORT") } }

  static let port = "${PORT:-\(PythonServer.defaultPort)}"

  /// nil for what is no command of Python.
  init?(_ words: [String], survey: PythonSurvey) {
    guard let first = words.first else { return nil }
    let name = WebLine.name(first)
    var rest = Array(words.dropFirst())
    if name == "python" || name == "python3" || name.hasPrefix("python3.") {
      if rest.first == "-m", rest.count > 1, let inner = Self.arguments(rest[1], Array(rest.dropFirst(2))) {
        self.init(inner, rest, rest[1])
        return
      }
      let isServer = rest.contains("runserver")
      if isServer, !rest.contains(where: { $0.contains(":") }) { rest.append("0.0.0.0:\(Self.port)") }
      self.init(rest, rest, nil)
      return
    }
    if name.hasSuffix(".py") {
      self.init(words, rest, nil)
      return
    }
    if let inner = Self.arguments(name, rest) {
      self.init(inner, rest, name)
    } else if survey.scripts.contains(where: { $0.name == name }) {
      guard let script = survey.scripts.first(where: { $0.name == name }),
        let code = try? PythonPrograms.code(of: script.target, script.source, script.name)
      else { return nil }
      self.init(["-c", code] + rest, rest, nil)
    } else {
      return nil
    }
  }

  private init(_ arguments: [String], _ words: [String], _ command: String?) {
    self.arguments = arguments
    port = Self.stated(words)
    package = command.flatMap { Self.packages[$0] }
  }

  /// What brings a command.
  private static let packages = [
    "gunicorn": "gunicorn", "uvicorn": "uvicorn", "hypercorn": "hypercorn", "daphne": "daphne", "granian": "granian",
    "waitress-serve": "waitress", "waitress": "waitress", "flask": "flask", "streamlit": "streamlit",
    "celery": "celery",
  ]

  private static func arguments(_ name: String, _ rest: [String]) -> [String]? {
    func has(_ flags: String...) -> Bool {
      rest.contains { word in flags.contains { word == $0 || word.hasPrefix($0 + "=") || isShort($0, word) } }
    }
    // `-b0.0.0.0:80`
    func isShort(_ flag: String, _ word: String) -> Bool { flag.utf8.count == 2 && word.hasPrefix(flag) }
    func unless(_ isThere: Bool, _ words: String...) -> [String] { isThere ? [] : words }
    switch name {
    case "gunicorn", "hypercorn":
      return ["-m", name] + unless(has("--bind", "-b"), "--bind", "0.0.0.0:\(port)") + rest
    case "uvicorn", "granian":
      return ["-m", name] + rest + unless(has("--host") || has("--uds"), "--host", "0.0.0.0")
        + unless(has("--port") || has("--uds"), "--port", port)
    case "fastapi", "sanic":
      return ["-m", name] + rest + unless(has("--host"), "--host", "0.0.0.0")
        + unless(has("--port", "-p"), "--port", port)
    case "flask":
      guard rest.contains("run") else { return ["-m", "flask"] + rest }
      return ["-m", "flask"] + rest + unless(has("--host", "-h"), "--host", "0.0.0.0")
        + unless(has("--port", "-p"), "--port", port)
    case "daphne":
      return ["-m", "daphne"] + unless(has("-b", "--bind"), "-b", "0.0.0.0") + unless(has("-p", "--port"), "-p", port)
        + rest
    case "waitress-serve", "waitress":
      return ["-m", "waitress"] + unless(has("--listen", "--port"), "--listen=0.0.0.0:\(port)") + rest
    case "streamlit":
      return ["-m", "streamlit"] + rest + unless(has("--server.port"), "--server.port", port)
        + unless(has("--server.address"), "--server.address", "0.0.0.0")
        + unless(has("--server.headless"), "--server.headless", "true")
    case "celery": return ["-m", "celery"] + rest
    case "django-admin": return ["-m", "django"] + rest
    default: return nil
    }
  }

  /// `--port 5000`, `-b :5000`, `0.0.0.0:5000`; nil where a variable says it.
  private static func stated(_ words: [String]) -> Int? {
    for (index, word) in words.enumerated() {
      var value: Substring?
      if ["--port", "-p", "--server.port"].contains(word), index + 1 < words.count { value = words[index + 1][...] }
      if word.hasPrefix("--port=") { value = word.dropFirst("--port=".count) }
      let host = word.split(separator: "=").last ?? ""
      if let colon = host.lastIndex(of: ":"), ["", "0.0.0.0", "*", "[::]"].contains(host[..<colon]) {
        value = host[host.index(after: colon)...]
      }
      if let value, let number = Int(value), (1...65535).contains(number) { return number }
    }
    return nil
  }

  /// The server has to be among the packages.
  func check(_ dependencies: PythonDependencies, at location: SourceLocation) throws {
    guard let package, dependencies.isSettled, !dependencies.has(package) else { return }
    throw PackRefusal(
      .projectError, "no_server", "the Procfile starts \(package), which is not among the project's packages",
      hint: "add \(package) to the project's dependencies", at: location)
  }
}
