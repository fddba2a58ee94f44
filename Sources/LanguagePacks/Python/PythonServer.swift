internal import PackCore
internal import Packs

/// A server for ASGI or WSGI objects, and how it is told to listen on all addresses.
struct PythonServer {
  let package: String
  let servesASGI: Bool
  let servesWSGI: Bool
  /// Arguments after the interpreter.
  let arguments: @Sendable (_ object: PythonSurvey.Object, _ port: String) -> [String]

  /// In the order in which they are taken when a project has several.
  private static let all: [PythonServer] = [
    PythonServer(package: "uvicorn", servesASGI: true, servesWSGI: false) { object, port in
      ["-m", "uvicorn", object.app, "--host", "0.0.0.0", "--port", port]
        + (object.isFactory ? ["--factory"] : [])
    },
    PythonServer(package: "hypercorn", servesASGI: true, servesWSGI: false) { object, port in
      ["-m", "hypercorn", "--bind", "0.0.0.0:\(port)", object.call]
    },
    PythonServer(package: "daphne", servesASGI: true, servesWSGI: false) { object, port in
      ["-m", "daphne", "-b", "0.0.0.0", "-p", port, object.app]
    },
    PythonServer(package: "gunicorn", servesASGI: false, servesWSGI: true) { object, port in
      ["-m", "gunicorn", "--bind", "0.0.0.0:\(port)", object.call]
    },
    PythonServer(package: "waitress", servesASGI: false, servesWSGI: true) { object, port in
      ["-m", "waitress", "--listen=0.0.0.0:\(port)"] + (object.isFactory ? ["--call"] : []) + [object.app]
    },
    PythonServer(package: "granian", servesASGI: true, servesWSGI: true) { object, port in
      ["-m", "granian", "--interface", object.isASGI ? "asgi" : "wsgi", "--host", "0.0.0.0", "--port", port]
        + (object.isFactory ? ["--factory"] : []) + [object.app]
    },
  ]

  /// Packages that bring a server as a dependency of their own, while no lock says so.
  private static let bringers = [
    "fastapi[standard]": "uvicorn", "fastapi[all]": "uvicorn", "uvicorn[standard]": "uvicorn",
  ]

  /// Servers that a framework brings itself: what is started, and whether it is made for production.
  private static func own(_ object: PythonSurvey.Object, _ survey: PythonSurvey) -> (
    arguments: [String], name: String, isForProduction: Bool
  )? {
    let port = PythonCommand.port
    switch object.framework {
    case "sanic":
      return (
        ["-m", "sanic", object.app, "--host", "0.0.0.0", "--port", port] + (object.isFactory ? ["--factory"] : []),
        "sanic", true
      )
    case "flask":
      let app = object.isFactory ? object.call : object.app
      return (["-m", "flask", "--app", app, "run", "--host", "0.0.0.0", "--port", port], "flask run", false)
    case "quart":
      return (["-m", "quart", "--app", object.call, "run", "--host", "0.0.0.0", "--port", port], "quart run", false)
    case "django":
      guard let manage = survey.manage(for: object) else { return nil }
      return ([manage, "runserver", "--noreload", "0.0.0.0:\(port)"], "manage.py runserver", false)
    default: return nil
    }
  }

  static func find(forASGI: Bool, _ dependencies: PythonDependencies) -> PythonServer? {
    all.first { server in
      guard forASGI ? server.servesASGI : server.servesWSGI else { return false }
      return dependencies.has(server.package)
        || bringers.contains { $0.value == server.package && dependencies.has($0.key) }
    }
  }

  static let defaultPort = 8080

  /// The port that the server is told: `run.ports` of unik.yaml, else 8080.
  static func port(_ request: PackRequest, _ survey: PythonSurvey) -> (number: Int, source: String) {
    if let declared = request.declaredPort { return (declared, "unik.yaml") }
    return (defaultPort, "packc's default")
  }

  struct Serving {
    /// After the interpreter; a path in them is relative to the directory of the program.
    var arguments: [String]
    var name: String
    var source: String
    var isForProduction: Bool
  }

  /// How `object` is served.
  static func serving(_ object: PythonSurvey.Object, _ dependencies: PythonDependencies, _ survey: PythonSurvey) throws
    -> Serving
  {
    if let server = find(forASGI: object.isASGI, dependencies) {
      return Serving(
        arguments: server.arguments(object, PythonCommand.port), name: server.package, source: "the packages",
        isForProduction: true)
    }
    if let own = own(object, survey) {
      return Serving(
        arguments: own.arguments, name: own.name,
        source: "\(object.framework)'s own; no other server is among the packages",
        isForProduction: own.isForProduction)
    }
    let names = all.filter { object.isASGI ? $0.servesASGI : $0.servesWSGI }.map(\.package).joined(separator: ", ")
    let advice = object.isASGI ? "uvicorn" : "gunicorn"
    throw PackRefusal(
      .projectError, "no_server",
      "\(object.app) is \(object.isASGI ? "an ASGI" : "a WSGI") application, and the project asks for no server that runs it",
      hint: "add \(advice) to the project's dependencies (known: \(names))",
      at: SourceLocation(path: object.place.path, line: object.place.line))
  }
}

extension PythonSurvey.Object {
  /// With the call of a factory: `app:create_app()`.
  var call: String { isFactory ? "\(app)()" : app }
}

extension PythonSurvey {
  /// The manage.py of an application's Django project: the nearest above it.
  func manage(for object: Object) -> String? {
    var directory = object.place.path.split(separator: "/").dropLast().map(String.init)
    while true {
      let path = (directory + ["manage.py"]).joined(separator: "/")
      if manage.contains(path) { return path }
      if directory.isEmpty { return nil }
      directory.removeLast()
    }
  }
}
