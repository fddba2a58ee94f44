internal import PackCore
internal import Packs

/// The project's modules by their text: the nearest to the root, no more than detection has time for.
struct PythonSourceScan {
  private(set) var application: (path: String, what: String)?
  private(set) var main: String?
  private(set) var guarded: String?
  private(set) var manage: String?

  static let usualNames: Set<String> = [
    "main.py", "app.py", "server.py", "run.py", "wsgi.py", "asgi.py", "application.py", "start.py", "bot.py",
    "streamlit_app.py",
  ]
  /// Read by tools, or run by the project's own people.
  private static let toolNames: Set<String> = [
    "setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "dodo.py", "conanfile.py", "versioneer.py",
    "ez_setup.py", "gunicorn.conf.py", "gunicorn_config.py", "gunicorn_conf.py", "locustfile.py", "hatch_build.py",
    "test.py", "tests.py",
  ]
  private static let besideTheProduct: Set<String> = [
    "node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "vendor", "target", "test", "tests",
    "testing", "example", "examples", "doc", "docs", "sample", "samples", "demo", "demos", "script", "scripts", "bench",
    "benchmarks", "tools", "migrations", "static", "templates", "assets", "public", "data",
  ]
  private static let maximumDepth = 3
  private static let maximumDirectories = 200
  private static let maximumFiles = 300
  private static let maximumBytes = 1 << 18

  static func rootModules(_ files: ProjectFiles) -> [String] {
    files.names().filter { isModule($0) && files.isFile($0) }
  }

  private static func isModule(_ name: String) -> Bool {
    name.hasSuffix(".py") && !toolNames.contains(name) && !name.hasPrefix("test_") && !name.hasPrefix(".")
  }

  init(_ files: ProjectFiles) {
    var level = [""]
    var directories = 0
    var budget = Self.maximumFiles
    for _ in 0...Self.maximumDepth {
      var next: [String] = []
      for directory in level {
        directories += 1
        guard directories <= Self.maximumDirectories, budget > 0 else { return }
        next += scan(directory, files, &budget)
        if application != nil { return }
      }
      level = next
    }
  }

  /// Returns the directories below.
  private mutating func scan(_ directory: String, _ files: ProjectFiles, _ budget: inout Int) -> [String] {
    var below: [String] = []
    for entry in files.entries(directory) {
      let name = entry.text
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      if entry.isDirectory {
        guard !name.hasPrefix("."), !Self.besideTheProduct.contains(name.lowercased()), !name.contains("."),
          !["pyvenv.cfg", "go.mod", "package.json"].contains(where: { files.isFile("\(path)/\($0)") })
        else { continue }
        below.append(path)
        continue
      }
      guard name.hasSuffix(".py") else { continue }
      if name == "manage.py", !directory.isEmpty { manage = manage ?? path }
      if name == "__main__.py", !directory.isEmpty { main = main ?? path }
      guard Self.isModule(name), budget > 0, application == nil else { continue }
      budget -= 1
      guard let relative = RootPath(path),
        let bytes = (try? FileSystem.readIfPresent(files.root / relative, limit: Self.maximumBytes)) ?? nil
      else { continue }
      look(String(decoding: bytes, as: UTF8.self), path, isRoot: directory.isEmpty)
    }
    return below
  }

  private mutating func look(_ text: String, _ path: String, isRoot: Bool) {
    if let what = Self.constructor(text) {
      application = (path, what)
    } else if isRoot, guarded == nil, text.contains("__name__"), text.contains("__main__") {
      guarded = path
    }
  }

  /// What makes an application, with the import that gives it its meaning.
  private static let constructors: [(call: String, module: String)] = [
    ("FastAPI(", "fastapi"), ("Flask(", "flask"), ("APIFlask(", "apiflask"), ("Starlette(", "starlette"),
    ("Litestar(", "litestar"), ("Quart(", "quart"), ("Sanic(", "sanic"), ("Dash(", "dash"), ("Bottle(", "bottle"),
    ("get_wsgi_application(", "django"), ("get_asgi_application(", "django"), ("run_app(", "aiohttp"),
    ("HTTPServer(", "http.server"), ("Application(", "tornado"), ("BlackSheep", "blacksheep"),
    ("fast_app(", "fasthtml"),
    ("make_wsgi_app(", "pyramid"), ("App(", "falcon"), ("Robyn(", "robyn"), ("import streamlit", "streamlit"),
    (".launch(", "gradio"),
  ]

  private static func constructor(_ text: String) -> String? {
    constructors.first { text.contains($0.call) && text.contains("import") && text.contains($0.module) }.map {
      "a program of \($0.module)"
    }
  }

  /// Build systems whose projects keep scripts of Python beside them, and that no pack names.
  /// A program in C or C++ at the root that the Python package beside it does not build as its extension.
  static func nativeBuild(_ files: ProjectFiles) throws -> DetectReason? {
    let builds = [("CMakeLists.txt", "CMake"), ("meson.build", "Meson"), ("configure.ac", "Autoconf")]
    guard let (name, what) = builds.first(where: { files.isFile($0.0) }), !files.isFile("setup.py") else { return nil }
    let required = try PythonManifests(files).buildRequirements
    let builders = ["scikit", "cmake", "meson", "pybind11", "nanobind", "cython", "setuptools", "py-build-cmake"]
    guard !required.contains(where: { need in builders.contains { need.lowercased().hasPrefix($0) } }) else {
      return nil
    }
    return DetectReason(path: name, rule: "the project is built by \(what)")
  }

  static func foreignBuild(_ files: ProjectFiles) -> DetectReason? {
    let builds: [(glob: String, what: String)] = [
      ("CMakeLists.txt", "CMake"), ("meson.build", "Meson"), ("configure.ac", "Autoconf"), ("configure", "Autoconf"),
      ("*.nimble", "Nim"), ("dub.json", "D"), ("dub.sdl", "D"), ("cpanfile", "Perl"), ("Makefile.PL", "Perl"),
      ("Project.toml", "Julia"), ("DESCRIPTION", "R"), ("renv.lock", "R"), ("*.rockspec", "Lua"),
      ("init.scm", "Scheme"),
      ("*.c", "C"), ("*.cpp", "C++"), ("*.cc", "C++"), ("*.rb", "Ruby"), ("*.php", "PHP"), ("*.pl", "Perl"),
      ("*.jl", "Julia"), ("*.cob", "COBOL"), ("*.cbl", "COBOL"), ("*.hs", "Haskell"), ("*.swift", "Swift"),
    ]
    let names = files.names()
    for (glob, what) in builds {
      let pattern = Glob(glob)
      if let name = names.first(where: { pattern.matches(Array($0.utf8)) && files.isFile($0) }) {
        return DetectReason(path: name, rule: "the project is \(what)'s")
      }
    }
    return nil
  }
}
