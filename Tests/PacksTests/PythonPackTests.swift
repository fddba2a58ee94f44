import PackCore
import XCTest

@testable import LanguagePacks
@testable import Packs

final class PythonPackTests: XCTestCase {
  private let flask = "from flask import Flask\n\napp = Flask(__name__)\n"
  private let fastapi = "import fastapi\n\napp = fastapi.FastAPI()\n"
  private let hash = String(repeating: "a", count: 64)

  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  /// A lock like packc's own for what a plan wants resolved.
  private func lock(_ plan: BuildPlan, _ names: String...) throws -> [String: JSONValue] {
    let resolution = try XCTUnwrap(plan.unresolved)
    let inputs = Dictionary(uniqueKeysWithValues: resolution.inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    return [
      "pypi": [
        "inputs": .object(inputs), "environment": JSONValue(strings: resolution.environment),
        "packages": .array(names.map { ["name": .string($0), "version": "1.0", "sha256": [.string(hash)]] }),
      ]
    ]
  }

  // MARK: Versions

  func testRequirements() {
    let rows: [(String, String, Bool)] = [
      (">=3.9", "3.11.7", true), (">=3.12", "3.11.7", false), (">=3.9,<3.12", "3.11", true),
      (">=3.9,<3.11", "3.11", false),
      ("==3.11.*", "3.11.2", true), ("==3.11", "3.11.2", true), ("~=3.10", "3.11", true), ("~=3.10", "4.0", false),
      ("~=3.10.1", "3.11", false), ("^3.10", "3.13", true), ("^3.12", "3.11", false), ("~3.11", "3.11.9", true),
      ("~3.11", "3.12", false), ("3.11", "3.11.7", true), ("3.11", "3.12", false), ("*", "3.8", true),
      ("", "3.8", true),
      (">3.11", "3.11.7", true), (">3.11.7", "3.11.7", false), ("!=3.11.*", "3.11.1", false),
      ("!=3.9.7", "3.9.8", true),
      (">=3.8, !=3.9.0, <4", "3.9.1", true), ("^3.8 || ^2.7", "3.11", true), (">=3.11.8", "3.11.7", false),
      (">=3.11.8", "3.11", true),
    ]
    for (text, version, expected) in rows {
      guard let version = PythonVersion(version) else { return XCTFail(version) }
      XCTAssertEqual(PythonRequirement(text: text, source: "").allows(version), expected, "\(text) \(version)")
    }
  }

  func testWishes() throws {
    let bench = try project([
      ".python-version": "# pinned\n3.12.4\n", "runtime.txt": "python-3.11.4\n",
      "pyproject.toml":
        "[project]\nname = \"x\"\nrequires-python = \">=3.9\"\n[tool.other]\nrequires-python = \"no\"\n",
    ])
    let wishes = try PythonWishes(ProjectFiles(root: bench.project)).requirements
    XCTAssertEqual(wishes.map(\.text), ["3.12", "3.11", ">=3.9"])
    try bench.write("[tool.poetry.dependencies]\npython = '^3.10'\n", "project/pyproject.toml")
    try bench.write("my-virtualenv\n", "project/.python-version")
    XCTAssertEqual(try PythonWishes(ProjectFiles(root: bench.project)).requirements.map(\.text), ["3.11", "^3.10"])
  }

  func testInterpretersAreFoundBehindWhatPATHHas() throws {
    let bench = try Workbench()
    let elf = "\u{7f}ELF"
    for version in ["3.10.13", "3.11.7", "3.11.12"] {
      let minor = version.split(separator: ".").prefix(2).joined(separator: ".")
      try bench.write(elf, "pyenv/versions/\(version)/bin/python\(minor)", mode: 0o755)
      try FileSystem.createLink(
        bench.root / "pyenv/versions/\(version)/bin/python3", to: Array("python\(minor)".utf8))
    }
    for name in ["python3", "python3.11", "python3.10"] {
      try bench.write("#!/bin/sh\nexec pyenv\n", "pyenv/shims/\(name)", mode: 0o755)
    }
    try bench.write("3.10.13\n3.11.7\n", "pyenv/version")
    try bench.write(elf, "usr/python3.9", mode: 0o755)
    try bench.write("home = \(bench.root)/usr\n", "venv/pyvenv.cfg")
    try bench.write("copy", "venv/bin/python3.9", mode: 0o755)
    bench.environment["PATH"] = "\(bench.root)/venv/bin:\(bench.root)/pyenv/shims"
    let found = PythonInterpreters(bench.context).all
    XCTAssertEqual(
      found.map { $0.path.description.dropFirst(bench.root.bytes.count) },
      ["/pyenv/versions/3.10.13/bin/python3.10", "/usr/python3.9", "/pyenv/versions/3.11.12/bin/python3.11"])
    func choose(_ texts: String...) throws -> String {
      let wanted = texts.map { PythonRequirement(text: $0, source: "x") }
      return try PythonInterpreters(bench.context).choose(wanted, mode: .release, PackNotes()).path.name
    }
    XCTAssertEqual(try choose(), "python3.10", "the host's own")
    XCTAssertEqual(try choose(">=3.9"), "python3.10")
    XCTAssertEqual(try choose("3.9"), "python3.9")
    XCTAssertEqual(try choose(">=3.11"), "python3.11")
    XCTAssertThrowsError(try choose("3.12"))
  }

  func testAMismatchIsAnErrorInReleaseAndAWarningInDebug() throws {
    let bench = try project(["main.py": "print(1)\n", ".python-version": "3.99\n"])
    let found = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(found.exit, .toolchain)
    XCTAssertTrue(found.message.contains(".python-version asks for Python 3.99"), found.message)
    XCTAssertTrue(found.hint?.contains("python3.99") ?? false)
    XCTAssertNoThrow(try bench.plan(bench.input(mode: .debug)))
    XCTAssertTrue(bench.told.contains { $0.contains("3.99") })
  }

  // MARK: Packages

  func testRequirementsAreLockedByPackc() throws {
    let bench = try project([
      "app.py": flask, "requirements.txt": "Flask[async]>=3 ; python_version>'3' # web\n-r more.txt\n\n-c limits.txt\n",
      "more.txt": "--extra-index-url https://example.com/\nrequests \\\n  >=2\n", "limits.txt": "requests<3\n",
    ])
    let first = try bench.plan(bench.input())
    let resolution = try XCTUnwrap(first.unresolved)
    XCTAssertEqual(resolution.ecosystem, "pypi")
    XCTAssertEqual(resolution.inputs.map(\.path.description), ["requirements.txt", "more.txt", "limits.txt"])
    XCTAssertTrue(resolution.step.network)
    let plan = try bench.plan(bench.input(), lock: lock(first, "flask", "gunicorn"))
    XCTAssertNil(plan.unresolved)
    XCTAssertEqual(plan.steps.map(\.id), ["stdlib", "fetch", "install", "compile"])
    XCTAssertEqual(plan.steps.map(\.network), [false, true, false, false])
    XCTAssertEqual(
      plan.step("fetch")?.files["${work}/requirements.txt"],
      "flask==1.0 --hash=sha256:\(hash)\ngunicorn==1.0 --hash=sha256:\(hash)\n")
    XCTAssertEqual(
      Array(plan.entrypoint.dropFirst()),
      ["-m", "packc_serve", "-m", "gunicorn", "--bind", "0.0.0.0:${PORT:-8080}", "app:app"])
    // A lock of other requirements is none.
    try bench.write("requests<2\n", "project/limits.txt")
    XCTAssertNotNil(try bench.plan(bench.input(), lock: lock(first, "flask")).unresolved)
  }

  func testHashesOfTheProjectsOwn() throws {
    let bench = try project([
      "app.py": flask,
      "requirements.txt": "flask==3.0 \\\n    --hash=sha256:\(hash)\ngunicorn==1 --hash=sha256:\(hash)\n",
    ])
    let plan = try bench.plan(bench.input())
    XCTAssertNil(plan.unresolved)
    XCTAssertEqual(plan.step("fetch")?.argv.last, "${source}/requirements.txt")
    XCTAssertTrue(plan.step("fetch")?.argv.contains("--require-hashes") ?? false)
    XCTAssertEqual(plan.decision("server"), "gunicorn ← the packages")
  }

  func testLocks() throws {
    let project = "[project]\nname = \"shop\"\nversion = \"1.2\"\ndependencies = [\"fastapi\"]\n"
    func file(_ name: String) -> String { "{ url = \"https://x/\(name)\", hash = \"sha256:\(hash)\" }" }
    let uv = """
      version = 1
      [[package]]
      name = "shop"
      version = "1.2"
      source = { virtual = "." }
      dependencies = [
        { name = "fastapi", extra = ["standard"] },
        { name = "onlywin", marker = "sys_platform == 'win32'" },
      ]
      [package.dev-dependencies]
      dev = [{ name = "pytest" }]
      [[package]]
      name = "fastapi"
      version = "0.1"
      source = { registry = "https://pypi.org/simple" }
      dependencies = [{ name = "starlette" }]
      wheels = [\(file("f.whl"))]
      [package.optional-dependencies]
      standard = [{ name = "uvicorn" }]
      """
      + ["starlette", "uvicorn", "onlywin", "pytest"].map { name in
        "\n[[package]]\nname = \"\(name)\"\nversion = \"2.0\"\nsource = { registry = \"https://pypi.org/simple\" }\n"
          + "wheels = [\(file("\(name).whl"))]\n"
      }.joined()
    let poetry = """
      [[package]]
      name = "fastapi"
      version = "0.1"
      optional = false
      files = [{file = "f.whl", hash = "sha256:\(hash)"}]
      [package.dependencies]
      uvicorn = {version = ">=1", markers = "python_version >= '3.0'"}
      colorama = {version = "*", markers = "sys_platform == 'win32'"}
      [[package]]
      name = "uvicorn"
      version = "2.0"
      files = [{file = "u.whl", hash = "sha256:\(hash)"}]
      [[package]]
      name = "pytest"
      version = "2.0"
      files = [{file = "p.whl", hash = "sha256:\(hash)"}]
      """
    let pipfile = """
      {"default": {"fastapi": {"version": "==0.1", "hashes": ["sha256:\(hash)"]},
        "uvicorn": {"version": "==2.0", "hashes": ["sha256:\(hash)"], "markers": "python_version >= '3.7'"},
        "pywin32": {"version": "==1", "hashes": ["sha256:\(hash)"], "markers": "sys_platform == 'win32'"}},
       "develop": {"pytest": {"version": "==1", "hashes": ["sha256:\(hash)"]}}}
      """
    let pylock = ["fastapi", "uvicorn"].map {
      "[[packages]]\nname = \"\($0)\"\nversion = \"1.0\"\nwheels = [{ name = \"x.whl\", hashes = { sha256 = \"\(hash)\" } }]\n"
    }.joined()
    let rows: [(String, String, [String: String], [String])] = [
      ("uv.lock", uv, ["pyproject.toml": project], ["fastapi", "starlette", "uvicorn"]),
      (
        "poetry.lock", poetry,
        [
          "pyproject.toml":
            "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.8\"\nfastapi = \"*\"\n"
        ],
        ["fastapi", "uvicorn"]
      ),
      ("poetry.lock", poetry, ["pyproject.toml": project], ["fastapi", "uvicorn"]),
      ("Pipfile.lock", pipfile, ["Pipfile": ""], ["fastapi", "uvicorn"]),
      ("pylock.toml", pylock, [:], ["fastapi", "uvicorn"]),
    ]
    for (name, text, others, packages) in rows {
      let bench = try self.project(others.merging([name: text, "main.py": fastapi]) { $1 })
      let plan = try bench.plan(bench.input())
      let lines = try XCTUnwrap(plan.step("fetch")?.files["${work}/requirements.txt"], name).split(separator: "\n")
      XCTAssertEqual(lines.map { String($0.prefix { $0 != "=" }) }, packages, name)
      XCTAssertEqual(plan.lockFiles.map(\.path.description), [name])
      XCTAssertEqual(plan.decision("server"), "uvicorn ← the packages", name)
    }
  }

  func testRefusalsOverPackages() throws {
    let rows: [(files: [String: String], code: String, exit: ExitCode)] = [
      (["setup.py": "from setuptools import setup\nsetup(install_requires=read('x'))\n"], "setup_py", .badInput),
      (["Pipfile": "[packages]\nflask = \"*\"\n"], "lock_missing", .lock),
      (
        ["pyproject.toml": "[tool.poetry]\nname='x'\n[tool.poetry.dependencies]\npython='*'\nflask='*'\n"],
        "lock_missing", .lock
      ),
      (["requirements.txt": "-r missing.txt\n"], "bad_project_file", .badInput),
      (["requirements.txt": "-r ../outside.txt\n"], "bad_project_file", .badInput),
      (["requirements.txt": "flask @ https://example.com/flask.zip\n"], "bad_project_file", .badInput),
      (["requirements.txt": "-e git+https://example.com/x.git#egg=x\n"], "bad_project_file", .badInput),
      (["requirements.txt": "./lib\n"], "bad_project_file", .badInput),
      (["uv.lock": "version = 1\n", "pyproject.toml": "[project]\nname='x'\n"], "bad_project_file", .badInput),
    ]
    for row in rows {
      let bench = try project(row.files.merging(["app.py": flask]) { $1 })
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, row.code, "\(row.files)")
      XCTAssertEqual(found.exit, row.exit, "\(row.files)")
    }
  }

  func testPyprojectDependencies() throws {
    let bench = try project([
      "pyproject.toml": """
      [project]
      name = "shop"
      version = "1.2.3"
      dependencies = ["flask>=3", "gunicorn"]
      [project.optional-dependencies]
      cache = ["redis"]
      """, "src/shop/__init__.py": flask,
    ])
    let plan = try bench.plan(bench.input(config: ["options": ["extras": ["cache"]]]))
    XCTAssertEqual(plan.unresolved?.step.files, ["${work}/requirements.in": "flask>=3\ngunicorn\nredis\n"])
    XCTAssertEqual(plan.name, "shop")
    XCTAssertEqual(plan.version, "1.2.3")
    let made = try bench.plan(bench.input(), lock: lock(bench.plan(bench.input()), "flask", "gunicorn"))
    XCTAssertEqual(made.entrypoint.last, "shop:app")
    XCTAssertEqual(made.environment["PYTHONPATH"], "/app:/app/src")
    XCTAssertEqual(
      try failure { try bench.plan(bench.input(config: ["options": ["extras": ["nope"]]])) }.code, "no_such_extra")
  }

  // MARK: Which program

  /// A plan with these packages in a lock of the project's own.
  private func plan(
    _ files: [String: String], packages: String..., app: String? = nil, config: JSONValue? = nil
  ) throws -> BuildPlan {
    let lines = packages.map { "\($0)==1 --hash=sha256:\(hash)\n" }.joined()
    let bench = try project(files.merging(["requirements.txt": lines]) { own, _ in own })
    return try bench.plan(bench.input(config: config, app: app), pack: "python")
  }

  func testServers() throws {
    let rows: [(String, String, [String])] = [
      (flask, "gunicorn", ["-m", "gunicorn", "--bind", "0.0.0.0:8080", "app:app"]),
      (flask, "waitress", ["-m", "waitress", "--listen=0.0.0.0:8080", "app:app"]),
      (flask, "flask", ["-m", "flask", "--app", "app:app", "run", "--host", "0.0.0.0", "--port", "8080"]),
      (fastapi, "uvicorn", ["-m", "uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]),
      (fastapi, "fastapi[standard]", ["-m", "uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]),
      (fastapi, "hypercorn", ["-m", "hypercorn", "--bind", "0.0.0.0:8080", "app:app"]),
      (fastapi, "granian", ["-m", "granian", "--interface", "asgi", "--host", "0.0.0.0", "--port", "8080", "app:app"]),
      (
        "def create_app():\n    from flask import Flask\n    return Flask('x')\n", "gunicorn",
        ["-m", "gunicorn", "--bind", "0.0.0.0:8080", "app:create_app()"]
      ),
      (
        "from starlette.applications import Starlette\ndef get_app(x=1):\n    return Starlette()\n", "uvicorn",
        ["-m", "uvicorn", "app:get_app", "--host", "0.0.0.0", "--port", "8080", "--factory"]
      ),
    ]
    for (source, package, argv) in rows {
      let plan = try plan(["app.py": source], packages: package)
      XCTAssertEqual(
        Array(plan.entrypoint.dropFirst()),
        ["-m", "packc_serve"] + argv.map { $0.replacing("8080", with: "${PORT:-8080}") }, "\(package)")
      XCTAssertEqual(plan.ports, ["8080/tcp"])
    }
    let none = try failure { try plan(["app.py": fastapi], packages: "fastapi") }
    XCTAssertEqual(none.code, "no_server")
    XCTAssertTrue(none.hint?.contains("add uvicorn") ?? false)
    let declared = try plan(["app.py": flask], packages: "gunicorn", config: ["run": ["ports": ["9000/tcp"]]])
    XCTAssertEqual(declared.ports, ["9000/tcp"])
    XCTAssertTrue(declared.entrypoint.contains("0.0.0.0:${PORT:-9000}"))
    XCTAssertEqual(declared.environment["HOST"], "0.0.0.0")
  }

  func testProgramRules() throws {
    let factory = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    let guarded =
      "import http.server\nif __name__ == '__main__':\n    http.server.HTTPServer(('', 8000), None).serve_forever()\n"
    let django = [
      "manage.py": "if __name__ == '__main__':\n    pass\n", "site/__init__.py": "",
      "site/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
      "site/asgi.py": "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n",
    ]
    let rows: [(what: String, files: [String: String], packages: String, app: String?, last: String)] = [
      (
        "nearest to the root", ["app/main.py": fastapi, "app/__init__.py": "", "app/admin/main.py": fastapi], "uvicorn",
        nil, "app.main:app"
      ),
      (
        "tests do not count", ["app.py": flask, "tests/test_app.py": flask, "conftest.py": flask], "gunicorn", nil,
        "app:app"
      ),
      (
        "wsgi before factory",
        ["wsgi.py": "from shop import create_app\napplication = create_app()\n", "shop/__init__.py": factory],
        "gunicorn", nil, "wsgi:application"
      ),
      (
        "re-exported factory",
        [
          "run.py": "from shop import create_app\napp = create_app('dev')\n",
          "shop/__init__.py": "from .factory import create_app\n",
          "shop/factory.py":
            "import flask\ndef create_app(name='x'):\n    app = flask.Flask(__name__)\n    return app\n",
        ], "gunicorn", nil, "run:app"
      ),
      (
        "mounted ones are parts", ["main.py": fastapi + "sub = fastapi.FastAPI()\napp.mount('/sub', sub)\n"], "uvicorn",
        nil, "main:app"
      ),
      ("django by wsgi", django, "gunicorn", nil, "site.wsgi:application"),
      ("django by asgi", django, "uvicorn", nil, "site.asgi:application"),
      ("asked for", ["a.py": flask, "b.py": flask], "gunicorn", "b:app", "b:app"),
      ("asked for by file", ["a.py": flask, "b.py": flask], "gunicorn", "b.py", "b:app"),
      (
        "script",
        [
          "pyproject.toml": "[project]\nname='x'\n[project.scripts]\nx = 'x.cli:main'\n",
          "x/cli.py": "def main(): pass\n",
        ], "a", nil,
        "import sys; from x.cli import main; sys.exit(main())"
      ),
      ("main guard", ["server.py": guarded, "lib.py": "x = 1\n"], "a", nil, "server.py"),
      ("package with a main", ["shop/__main__.py": "print(1)\n", "shop/__init__.py": ""], "a", nil, "shop"),
      ("the only module", ["thing.py": "print(1)\n"], "a", nil, "thing.py"),
      (
        "Procfile", ["a.py": flask, "b.py": flask, "Procfile": "release: x\nweb: gunicorn --log-file - b:app\n"],
        "gunicorn", nil, "b:app"
      ),
    ]
    for row in rows {
      let plan = try plan(row.files, packages: row.packages, app: row.app)
      let found = plan.entrypoint.contains(row.last)
      XCTAssertTrue(found, "\(row.what): \(plan.entrypoint)")
    }
    let several: [[String: String]] = [
      ["a/main.py": flask, "b/main.py": flask], ["main.py": guarded, "server.py": guarded],
      ["one.py": guarded, "two.py": guarded],
      ["pyproject.toml": "[project]\nname='x'\n[project.scripts]\na = 'x:a'\nb = 'x:b'\n"],
    ]
    for files in several {
      XCTAssertEqual(
        try failure { try plan(files, packages: "gunicorn") }.exit, .severalCandidates, "\(files.keys.sorted())")
    }
    XCTAssertEqual(try failure { try plan(["a.py": "x=1\n", "b.py": "y=1\n"], packages: "a") }.code, "no_program")
    XCTAssertEqual(
      try failure { try plan(["a.py": flask], packages: "gunicorn", app: "z:app") }.code, "no_such_program")
  }

  func testPlacesOfModules() throws {
    let rows: [(files: [String: String], module: String, path: String, directory: String)] = [
      (["my-app/main.py": fastapi], "main:app", "/app/my-app", "/app/my-app"),
      (
        ["backend/main.py": "from models import x\n" + fastapi, "backend/models.py": "x = 1\n"], "backend.main:app",
        "/app:/app/backend", "/app"
      ),
      (["src/shop/main.py": fastapi, "src/shop/__init__.py": ""], "shop.main:app", "/app:/app/src", "/app"),
    ]
    for row in rows {
      let plan = try plan(row.files, packages: "uvicorn")
      XCTAssertTrue(plan.entrypoint.contains(row.module), "\(plan.entrypoint)")
      XCTAssertEqual(plan.environment["PYTHONPATH"], row.path)
      XCTAssertEqual(plan.workingDirectory.absolute, row.directory)
    }
  }

  func testPortsOfScripts() throws {
    let rows: [(String, [String], Bool)] = [
      ("app.run(host='0.0.0.0', port=5001)", ["5001/tcp"], false),
      ("HTTPServer(('localhost', 8001), H)", ["8001/tcp"], true),
      ("web.run_app(app, port=int(os.environ.get('PORT', 8002)))", ["8002/tcp"], false),
      ("app.listen(8888)", ["8888/tcp"], false),
      ("PORT = 8003", ["8003/tcp"], false), ("redis.Redis(port=6379)", [], false), ("x = 8080", [], false),
    ]
    for (line, ports, isLoopback) in rows {
      let bench = try project(["main.py": "import os\n\(line)\nif __name__ == '__main__':\n    pass\n"])
      XCTAssertEqual(try bench.plan(bench.input()).ports, ports, line)
      XCTAssertEqual(bench.told.contains { $0.contains("loopback") }, isLoopback, line)
    }
  }

  func testDirectoriesThatTheProgramMakes() throws {
    let plan = try plan(
      [
        "app.py": flask
          + "import os\nos.makedirs(app.instance_path)\nos.mkdir('./logs')\nos.mkdir('/etc/x')\nos.mkdir('../y')\n"
      ],
      packages: "gunicorn")
    XCTAssertEqual(plan.writable.map(\.absolute), ["/app/instance", "/app/logs"])
  }

  // MARK: Steps

  func testTheSamePlanElsewhereAndWithoutTracesOfTheHost() throws {
    let files = ["app.py": flask, "requirements.txt": "gunicorn==1 --hash=sha256:\(hash)\n"]
    let (one, two) = (try project(files), try project(files))
    let plan = try one.plan(one.input())
    XCTAssertEqual(plan.json, try two.plan(two.input()).json)
    for bench in [one, two] { XCTAssertTrue(try bench.run(XCTUnwrap(plan.step("compile")), pack: "python").succeeded) }
    let tag = try XCTUnwrap(PythonVersion(plan.toolchains[0].version))
    let path = "work/app/__pycache__/app.cpython-\(tag.major)\(tag.minor).pyc"
    let code = try FileSystem.read(one.root / path)
    XCTAssertEqual(code, try FileSystem.read(two.root / path))
    let flags = code[4..<8].map { $0 }
    XCTAssertEqual(flags, [1, 0, 0, 0], "hash-based, never checked (PEP 552)")
    XCTAssertNil(code.firstRange(of: Array(one.root.bytes)), "byte code names the path in the image")
    XCTAssertNotNil(code.firstRange(of: Array("/app/app.py".utf8)))
  }

  /// A wheel with everything that a wheel can hold.
  private let wheelMaker = """
    import sys, zipfile
    with zipfile.ZipFile(sys.argv[1], "w") as wheel:
        wheel.writestr("thing/__init__.py", "value = {'a', 'b', 'c'}\\n")
        wheel.writestr("thing/data.txt", "data")
        wheel.writestr("thing-1.0.data/scripts/thing", "#!python\\n")
        wheel.writestr("thing-1.0.data/purelib/other.py", "x = 1\\n")
        wheel.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1.0\\n")
        wheel.writestr("thing-1.0.dist-info/RECORD", "")
        if len(sys.argv) > 2:
            wheel.writestr(sys.argv[2], "x")
    """

  private func makeWheel(_ bench: Workbench, _ path: String, _ more: String...) throws {
    try bench.write(wheelMaker, "make_wheel.py")
    try FileSystem.createDirectory((bench.root / path).parent)
    let result = try ProcessRunner().run(
      Command(
        ["python3", "\(bench.root)/make_wheel.py", "\(bench.root)/\(path)"] + more, environment: bench.environment))
    XCTAssertTrue(result.succeeded, result.errorText)
  }

  func testInstalling() throws {
    let bench = try project(["app.py": flask, "requirements.txt": "thing==1.0 --hash=sha256:\(hash)\n"])
    try makeWheel(bench, "work/wheels/thing-1.0-py3-none-any.whl")
    let plan = try bench.plan(bench.input())
    let install = try XCTUnwrap(plan.step("install"))
    XCTAssertTrue(try bench.run(install, pack: "python").succeeded)
    let names = try DirectoryWalk.sortedByPath(bench.root / "work/packages").map(\.path.description)
      .filter { !$0.contains("__pycache__") }
    XCTAssertEqual(
      names,
      [
        "other.py", "thing", "thing-1.0.dist-info", "thing-1.0.dist-info/INSTALLER", "thing-1.0.dist-info/METADATA",
        "thing-1.0.dist-info/RECORD", "thing-1.0.dist-info/WHEEL", "thing/__init__.py", "thing/data.txt",
      ])
    XCTAssertTrue(FileSystem.exists(bench.root / "work/packages/thing/__pycache__"))
    // A wheel cannot write anywhere else.
    for path in ["../evil", "/etc/evil", "a/../../evil"] {
      try FileSystem.removeTree(bench.root / "work")
      try makeWheel(bench, "work/wheels/thing-1.0-py3-none-any.whl", path)
      XCTAssertFalse(try bench.run(install, pack: "python").succeeded, path)
    }
  }

  /// Resolving and fetching with pip itself, from a directory of wheels in the place of a package index.
  func testResolvingAndFetching() throws {
    let bench = try project(["app.py": flask, "requirements.txt": "thing\n-e .\n"])
    try makeWheel(bench, "index/thing-1.0-py3-none-any.whl")
    let offline = ["PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "\(bench.root)/index"]
    let resolution = try XCTUnwrap(bench.plan(bench.input()).unresolved)
    let resolved = try bench.run(resolution.step, pack: "python", more: offline)
    XCTAssertTrue(resolved.succeeded, resolved.errorText)
    let packages = try JSONParser.parse(FileSystem.read(bench.root / "work/packages.json"))["packages"]
    let digest = try FileSystem.digest(of: bench.root / "index/thing-1.0-py3-none-any.whl")
    XCTAssertEqual(
      packages,
      [["name": "thing", "version": "1.0", "sha256": [.string(digest.hex)], "filename": "thing-1.0-py3-none-any.whl"]])
    let inputs = Dictionary(uniqueKeysWithValues: resolution.inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    try FileSystem.removeFile(bench.project / ".packc-requirements.txt")
    let plan = try bench.plan(
      bench.input(),
      lock: [
        "pypi": [
          "inputs": .object(inputs), "environment": JSONValue(strings: resolution.environment),
          "packages": packages ?? .null,
        ]
      ])
    let fetch = try XCTUnwrap(plan.step("fetch"))
    XCTAssertTrue(try bench.run(fetch, pack: "python", more: offline).succeeded)
    XCTAssertTrue(FileSystem.exists(bench.root / "work/wheels/thing-1.0-py3-none-any.whl"))
    // Another wheel under the same name is not what was locked.
    try FileSystem.removeTree(bench.root / "work")
    try FileSystem.removeTree(bench.root / "tools")
    try makeWheel(bench, "index/thing-1.0-py3-none-any.whl", "thing/evil.py")
    XCTAssertFalse(try bench.run(fetch, pack: "python", more: offline).succeeded)
  }

  func testRuntimePlaces() throws {
    func interpreter(_ prefix: String, site: String) -> PythonSurvey.Interpreter {
      .init(
        version: PythonVersion(major: 3, minor: 11, patch: 7), executable: HostPath("\(prefix)/bin/python3.11"),
        prefix: HostPath(prefix), stdlib: HostPath("\(prefix)/lib/python3.11"), site: HostPath(site),
        platform: "linux_x86_64", implementation: "cpython", pip: "23.0")
    }
    let debian = PythonRuntime(interpreter: interpreter("/usr", site: "/usr/local/lib/python3.11/dist-packages"))
    XCTAssertEqual(try debian.executable().absolute, "/usr/bin/python3.11")
    XCTAssertEqual(try debian.site().absolute, "/usr/local/lib/python3.11/dist-packages")
    let own = PythonRuntime(interpreter: interpreter("/home/u/v", site: "/home/u/v/lib/python3.11/site-packages"))
    XCTAssertEqual(try own.executable().absolute, "/usr/local/bin/python3.11")
    XCTAssertEqual(try own.site().absolute, "/usr/local/lib/python3.11/site-packages")
    XCTAssertTrue(try own.byteCodeStep().inputs.allSatisfy { $0.hasPrefix("${pack}/") }, "no file of the project")
  }
}
