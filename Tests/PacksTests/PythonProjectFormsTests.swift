import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What Python projects look like: roles beside other languages, versions, Procfiles, Django, tools that make programs.
final class PythonProjectFormsTests: XCTestCase {
  private let flask = "from flask import Flask\n\napp = Flask(__name__)\n"
  private let guarded = "if __name__ == '__main__':\n    pass\n"
  private let hash = String(repeating: "a", count: 64)

  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }
  private func locked(_ packages: [String]) -> String {
    packages.map { "\($0)==1 --hash=sha256:\(hash)\n" }.joined()
  }
  private func plan(_ files: [String: String], _ packages: [String] = [], config: JSONValue? = nil) throws -> (
    plan: BuildPlan, told: [String]
  ) {
    let all = packages.isEmpty ? files : files.merging(["requirements.txt": locked(packages)]) { own, _ in own }
    let bench = try project(all)
    return (try bench.plan(bench.input(config: config), pack: "python"), bench.told)
  }

  // MARK: Roles

  func testRoles() throws {
    let module = "[project]\nname = \"x\"\n[build-system]\nrequires = []\n"
    let maturin =
      "[project]\nname = \"x\"\n[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n[tool.maturin]\n"
    let crate = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\n"
    let scripts = "[project.scripts]\nx = \"x:main\"\n"
    let rows: [(files: [String: String], role: DetectRole?, confidence: Int)] = [
      (["requirements.txt": "flask\n", "app.py": flask], .program, 90), (["main.py": "print(1)\n"], .program, 30),
      (["one.py": "x = 1\n", "two.py": "x = 1\n"], .library, 30),
      (["pyproject.toml": module, "src/x/__init__.py": ""], .library, 40),
      (["pyproject.toml": module + "[project.scripts]\nx = \"x:main\"\n", "src/x/__init__.py": ""], .program, 90),
      (["pyproject.toml": module, "x/__main__.py": "print(1)\n"], .program, 90),
      (["pyproject.toml": "[tool.ruff]\n"], nil, 0),
      (["setup.py": "from setuptools import setup\nsetup()\n"], .library, 40),
      // Another language's project with some Python in it.
      (["Cargo.toml": "", "client.py": guarded], .supporting, 30),
      (["CMakeLists.txt": "", "run.py": guarded], .supporting, 30),
      (["Gemfile": "", "requirements.txt": "requests\n", "scripts/a.py": guarded], .supporting, 40),
      (["go.mod": "module x\n", "requirements.txt": "requests\n", "deploy.py": guarded], .supporting, 40),
      (["go.mod": "module x\n", "requirements.txt": "mkdocs\nmkdocs-material\n"], .supporting, 30),
      // Scripts of a program in C, and an extension that its package builds.
      (
        ["CMakeLists.txt": "", "pyproject.toml": module + "[project.scripts]\nx = \"x:main\"\n", "x.py": guarded],
        .supporting, 40
      ),
      (
        [
          "CMakeLists.txt": "",
          "pyproject.toml": "[build-system]\nrequires = [\"scikit-build-core>=0.5\"]\n[project]\nname = \"x\"\n"
            + "[project.scripts]\nx = \"x:main\"\n", "x.py": guarded,
        ], .program, 90
      ),
      (["CMakeLists.txt": "", "requirements.txt": "flask\n", "app.py": flask], .program, 90),
      (["requirements.txt": "Sphinx>=3\nsphinx-rtd-theme\n"], .supporting, 30),
      (
        ["package.json": "{}", "requirements.txt": "flask\n", "Procfile": "web: npm start\n", "app.py": flask],
        .supporting, 40
      ),
      // maturin carries a program of Rust, or makes a module of Python.
      (
        ["pyproject.toml": maturin + "bindings = \"bin\"\n", "Cargo.toml": crate, "x/__main__.py": ""], .supporting, 40
      ),
      (["pyproject.toml": maturin, "Cargo.toml": crate, "x/__init__.py": "", "x/__main__.py": ""], .supporting, 40),
      (["pyproject.toml": maturin + scripts, "Cargo.toml": crate + "pyo3 = \"1\"\n", "x/a.py": ""], .program, 90),
      (["pyproject.toml": maturin + "bindings = \"pyo3\"\n", "Cargo.toml": crate], .library, 40),
      (["pyproject.toml": maturin + scripts, "x/a.py": ""], .program, 90),
      // Python with a neighbour that serves it.
      (["package.json": "{}", "requirements.txt": "flask\n", "app.py": flask], .program, 90),
      (["package.json": "{}", "requirements.txt": "django\n", "manage.py": guarded], .program, 90),
      (
        [
          "package.json": "{}", "requirements.txt": "flask\n", "shop/web.py": flask,
          "Procfile": "web: gunicorn shop.web:app\n",
        ], .program, 90
      ),
      (["Gemfile": "", "pyproject.toml": module, "src/x/__init__.py": ""], .library, 40),
      (["requirements/prod.txt": "flask\n", "app.py": flask], .program, 90),
      (["docs/conf.py": ""], nil, 0),
    ]
    for row in rows {
      let bench = try project(row.files)
      let detection = try bench.host(packs: Workbench.firstParty).detect(bench.input(), in: bench.catalog())
      let verdict = try XCTUnwrap(detection.verdicts.first { $0.pack.name == "python" })
      XCTAssertEqual(verdict.result?.role, row.role, "\(row.files.keys.sorted()) \(verdict.text)")
      XCTAssertEqual(verdict.result?.confidence ?? 0, row.confidence, "\(row.files.keys.sorted())")
    }
  }

  // MARK: Versions

  func testVersionsOfTheHost() throws {
    let old: [(files: [String: String], place: String)] = [
      ([".python-version": "2.7\n"], ".python-version:1"), (["runtime.txt": "\npython-2.7.18\n"], "runtime.txt:2"),
      ([".tool-versions": "nodejs 20\npython 3.6.1\n"], ".tool-versions:2"),
      (["Pipfile": "[requires]\npython_version = \"3.7\"\n"], "Pipfile:2"),
      (["pyproject.toml": "[project]\nname = 'x'\nrequires-python = '<3'\n"], "pyproject.toml:3"),
    ]
    for row in old {
      let found = try failure { try plan(row.files.merging(["main.py": "print(1)\n"]) { $1 }) }
      XCTAssertEqual(found.code, "toolchain_version", row.place)
      XCTAssertEqual(found.location?.description, row.place)
      XCTAssertTrue(found.message.contains("not maintained any more"), found.message)
    }
    let bench = try project([
      "mise.toml": "[tools]\npython = [\"3.12\", \"3.11\"]\n", ".python-version": "my-environment\n",
      ".tool-versions": "python 3.12.1\n",
    ])
    let wishes = try PythonWishes(ProjectFiles(root: bench.project)).requirements
    XCTAssertEqual(wishes.map { "\($0.place) \($0.text)" }, [".tool-versions:1 3.12", "mise.toml:2 3.12"])
  }

  // MARK: Procfiles

  func testProcfiles() throws {
    let rows: [(web: String, packages: [String], arguments: [String]?, port: String)] = [
      ("gunicorn app:app", ["gunicorn"], ["-m", "gunicorn", "--bind", "0.0.0.0:${PORT:-8080}", "app:app"], "8080/tcp"),
      ("gunicorn -b :$PORT app:app", ["gunicorn"], ["-m", "gunicorn", "-b", ":$PORT", "app:app"], "8080/tcp"),
      (
        "gunicorn -b 0.0.0.0:5000 app:app", ["gunicorn"], ["-m", "gunicorn", "-b", "0.0.0.0:5000", "app:app"],
        "5000/tcp"
      ),
      (
        "python -m uvicorn app:app --port 5001", ["uvicorn"],
        ["-m", "uvicorn", "app:app", "--port", "5001", "--host", "0.0.0.0"], "5001/tcp"
      ),
      ("python app.py --x", ["a"], ["app.py", "--x"], "5002/tcp"),
      ("python app.py --port $PORT", ["a"], ["app.py", "--port", "$PORT"], "8080/tcp"),
      (
        "python manage.py runserver", ["django"], ["manage.py", "runserver", "0.0.0.0:${PORT:-8080}"], "8080/tcp"
      ),
      (
        "streamlit run app.py", ["streamlit"],
        [
          "-m", "streamlit", "run", "app.py", "--server.port", "${PORT:-8080}", "--server.address", "0.0.0.0",
          "--server.headless", "true",
        ], "8080/tcp"
      ),
      // What is no plain command of Python leaves the choice to the other rules.
      ("bash start.sh", ["gunicorn"], ["-m", "gunicorn", "--bind", "0.0.0.0:${PORT:-8080}", "app:app"], "8080/tcp"),
    ]
    for row in rows {
      let source = flask + "app.run(port=5002)\n"
      let (plan, _) = try plan(["app.py": source, "Procfile": "web: \(row.web)\n"], row.packages)
      let arguments = plan.entrypoint.dropFirst().filter { $0 != "packc_serve" }
      let expected = row.arguments ?? []
      XCTAssertEqual(Array(arguments.suffix(expected.count)), expected, row.web)
      XCTAssertEqual(plan.ports, [row.port], row.web)
      XCTAssertEqual(
        plan.entrypoint.contains("packc_serve"), expected.contains { $0.contains("$") },
        "only for variables: \(row.web)")
    }
    let left = try plan(
      ["app.py": flask, "Procfile": "release: flask db upgrade\nweb: flask db upgrade && A=b gunicorn app:app\n"],
      ["gunicorn"])
    XCTAssertEqual(left.plan.environment["A"], "b")
    XCTAssertTrue(
      left.told.contains { $0.contains("`flask db upgrade` is not run before the program") }, "\(left.told)")
    XCTAssertTrue(left.told.contains { $0.contains("the release command is not run") })
    let missing = try failure { try plan(["app.py": flask, "Procfile": "web: gunicorn app:app\n"], ["flask"]) }
    XCTAssertEqual(missing.code, "no_server")
    XCTAssertEqual(missing.location?.description, "Procfile:1")
  }

  // MARK: Django

  private var django: [String: String] {
    let settings = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"
    return [
      "manage.py": settings + guarded, "site/__init__.py": "",
      "site/wsgi.py": settings
        + "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
      "site/settings.py":
        "STATIC_ROOT = BASE_DIR / 'staticfiles'\nMIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n",
    ]
  }

  func testDjango() throws {
    let served = try plan(django, ["django", "gunicorn", "whitenoise"]).plan
    XCTAssertEqual(served.steps.map(\.id), ["stdlib", "fetch", "install", "compile", "static"])
    let step = try XCTUnwrap(served.step("static"))
    XCTAssertFalse(step.network)
    XCTAssertTrue(step.argv.contains("site.settings"))
    XCTAssertEqual(
      served.decision("static"), "collected ← site/settings.py:1 (STATIC_ROOT); site/wsgi.py names site.settings")
    XCTAssertEqual(served.artifacts.last?.path, "${work}/static")
    XCTAssertEqual(served.artifacts.last?.destination.absolute, "/app")
    XCTAssertTrue(served.artifacts.first { $0.path == "${source}" }?.exclude.contains("staticfiles") ?? false)
    // Somebody else serves them, or the author says no.
    XCTAssertNil(try plan(django, ["django", "gunicorn"]).plan.step("static"))
    let off: JSONValue = ["options": ["collectstatic": false]]
    XCTAssertNil(try plan(django, ["django", "gunicorn", "whitenoise"], config: off).plan.step("static"))
    // Its own server, when there is no other.
    let own = try plan(django, ["django"])
    XCTAssertEqual(own.plan.entrypoint.suffix(4), ["manage.py", "runserver", "--noreload", "0.0.0.0:${PORT:-8080}"])
    XCTAssertTrue(own.told.contains { $0.contains("manage.py runserver is made for development") })
    var bare = django
    bare["site/wsgi.py"] = nil
    XCTAssertEqual(try plan(bare, ["django"]).plan.decision("program"), "manage.py runserver ← manage.py")
  }

  // MARK: Programs

  func testPrograms() throws {
    let package = "[project]\nname = \"x\"\n"
    let rows: [(what: String, files: [String: String], packages: [String], arguments: [String])] = [
      (
        "streamlit", ["app.py": "import streamlit as st\n", "pages/two.py": "import streamlit\n"], ["streamlit"],
        ["-m", "streamlit", "run", "app.py"]
      ),
      (
        "sanic brings its server", ["server.py": "from sanic import Sanic\napp = Sanic('x')\n"], ["sanic"],
        ["-m", "sanic", "server:app"]
      ),
      (
        "an application in middleware",
        [
          "wsgi.py":
            "from django.core.wsgi import get_wsgi_application\nfrom x import Y\napplication = Y(get_wsgi_application())\n"
        ],
        ["gunicorn"], ["wsgi:application"]
      ),
      (
        "a package that serves itself", ["a-b/__main__.py": flask + guarded, "pyproject.toml": package], ["flask"],
        ["-m", "a-b"]
      ),
      ("main imports app", ["main.py": "import app\n" + guarded, "app.py": guarded], ["a"], ["main.py"]),
      (
        "examples do not count beside a script",
        ["pyproject.toml": package + "[project.scripts]\nx = \"x:main\"\n", "examples/app.py": flask, "x.py": ""],
        ["flask"],
        ["import sys; from x import main; sys.exit(main())"]
      ),
      (
        "the one that listens",
        ["client.py": guarded, "my_server.py": "server.add_insecure_port('[::]:1')\n" + guarded],
        ["grpcio"], ["my_server.py"]
      ),
      ("tools do not count", ["noxfile.py": guarded, "run_me.py": "print(1)\n"], ["a"], ["run_me.py"]),
      (
        "a project below",
        ["backend/src/web/main.py": flask, "backend/src/web/__init__.py": "", "backend/pyproject.toml": package],
        ["gunicorn"], ["web.main:app"]
      ),
    ]
    for row in rows {
      let plan = try plan(row.files, row.packages).plan
      let text = plan.entrypoint.joined(separator: " ")
      XCTAssertTrue(text.contains(row.arguments.joined(separator: " ")), "\(row.what): \(text)")
    }
    let library = ["pyproject.toml": package, "src/x/__init__.py": "", "src/x/tool.py": guarded]
    XCTAssertEqual(try failure { try plan(library, ["a"]) }.code, "no_program")
  }

  func testThePlanNamesTheProgramBeforePackagesAreResolved() throws {
    let plan = try plan(["app.py": flask, "requirements.txt": "flask\n"]).plan
    XCTAssertNotNil(plan.unresolved)
    XCTAssertEqual(plan.decision("program"), "app:app ← app.py:3 (flask application, the only one)")
    let two = ["a/main.py": flask, "b/main.py": flask, "requirements.txt": "flask\n"]
    XCTAssertEqual(try failure { try self.plan(two) }.exit, .severalCandidates)
  }

  func testPackagesThatNothingNames() throws {
    let rows: [(files: [String: String], code: String)] = [
      (["main.py": "import os\nimport requests\n"], "no_packages"),
      (["main.py": "print(1)\n", "environment.yml": "dependencies: [numpy]\n"], "conda"),
    ]
    for row in rows { XCTAssertEqual(try failure { try plan(row.files) }.code, row.code) }
    // What may be missing, and what is the project's own, is no package.
    let fine = "import os\nimport helper\ntry:\n    import yaml\nexcept ImportError:\n    yaml = None\n"
    XCTAssertNoThrow(try plan(["main.py": fine, "helper/thing.py": "x = 1\n"]))
  }

  func testWorkspacesOfUv() throws {
    func entry(_ name: String, _ source: String, _ more: String = "") -> String {
      "[[package]]\nname = \"\(name)\"\nversion = \"1\"\nsource = { \(source) }\n\(more)\n"
    }
    let wheel = "wheels = [{ url = \"https://x/y.whl\", hash = \"sha256:\(hash)\" }]"
    let files = [
      "pyproject.toml":
        "[tool.uv.workspace]\nmembers = [\"api\", \"lib\"]\n[project]\nname = \"root\"\ndependencies = [\"api\"]\n",
      "uv.lock": entry("root", "virtual = \".\"", "dependencies = [{ name = \"api\" }]")
        + entry("api", "editable = \"api\"", "dependencies = [{ name = \"lib\" }, { name = \"gunicorn\" }]")
        + entry("lib", "editable = \"lib\"") + entry("gunicorn", "registry = \"https://pypi.org/simple\"", wheel),
      "api/pyproject.toml": "[project]\nname = \"api\"\n", "api/main.py": flask,
      "lib/pyproject.toml": "[project]\nname = \"lib\"\n", "lib/src/lib/__init__.py": "",
    ]
    let plan = try plan(files).plan
    XCTAssertEqual(plan.entrypoint.last, "main:app")
    XCTAssertEqual(plan.workingDirectory.absolute, "/app/api")
    XCTAssertEqual(plan.environment["PYTHONPATH"], "/app/api:/app/lib/src")
    XCTAssertEqual(plan.step("fetch")?.files["${work}/requirements.txt"], "gunicorn==1 --hash=sha256:\(hash)\n")
    var stale = files
    stale["pyproject.toml"] = "[project]\nname = \"root\"\ndependencies = [\"api\", \"redis\"]\n"
    let found = try failure { try self.plan(stale) }
    XCTAssertEqual(found.code, "lock_outdated")
    XCTAssertEqual(found.exit, .lock)
    XCTAssertTrue(found.hint?.contains("uv lock") ?? false)
  }
}
