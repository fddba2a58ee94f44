import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The parts of the python pack that are Python themselves, each table in one process.
final class PythonReadersTests: XCTestCase {
  private static let library = Workbench.checkout / "packs.d/20-python/lib"

  /// Runs `code`, which finds the pack's modules, a scratch directory as working directory and `rows` (JSON), and prints
  /// one JSON document.
  private func python(_ code: String, _ rows: JSONValue = .null) throws -> JSONValue {
    let directory = try TemporaryDirectory("readers")
    let script = """
      import json, os, sys
      sys.path.insert(0, \(CanonicalJSON.string(.string(Self.library.description))))
      rows = json.loads(sys.argv[1])
      def write(files):
          for name in os.listdir("."):
              os.unlink(name)
          for name, text in files.items():
              with open(name, "wb") as file:
                  file.write(text.encode() if isinstance(text, str) else bytes(text))
      \(code)
      """
    let context = try HostContext.current()
    let interpreter = try XCTUnwrap(context.findTool("python3"), "make deps installs Python")
    let result = try ProcessRunner().run(
      Command(
        [interpreter.description, "-I", "-B", "-c", script, CanonicalJSON.string(rows)],
        environment: ["PATH": context.environment["PATH"] ?? "", "LANG": "C.UTF-8"], directory: directory.path,
        keep: 8 << 20, keepHead: true, timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return try JSONParser.parse(Array(result.outputText.utf8), name: "answer")
  }

  func testWebLines() throws {
    let rows: [(line: String, words: [String]?, before: [String], directory: String, settings: [String: String])] = [
      ("gunicorn app:app", ["gunicorn", "app:app"], [], "", [:]),
      (
        "gunicorn -b 0.0.0.0:$PORT 'app:create_app()'", ["gunicorn", "-b", "0.0.0.0:$PORT", "app:create_app()"], [], "",
        [:]
      ),
      ("python manage.py migrate && gunicorn a.wsgi", ["gunicorn", "a.wsgi"], ["python manage.py migrate"], "", [:]),
      (
        "cd backend && uvicorn main:app --port ${PORT:-8000}", ["uvicorn", "main:app", "--port", "${PORT:-8000}"], [],
        "backend", [:]
      ),
      ("flask db upgrade; exec gunicorn m:app", ["gunicorn", "m:app"], ["flask db upgrade"], "", [:]),
      ("A=1 B='x y' poetry run python -u main.py", ["python", "-u", "main.py"], [], "", ["A": "1", "B": "x y"]),
      ("env A=1 gunicorn a:b", ["gunicorn", "a:b"], [], "", ["A": "1"]),
      ("sh -c 'gunicorn a:b --bind :$PORT'", ["gunicorn", "a:b", "--bind", ":$PORT"], [], "", [:]),
      ("gunicorn a:b --forwarded-allow-ips '*'", ["gunicorn", "a:b", "--forwarded-allow-ips", "*"], [], "", [:]),
      ("gunicorn a:b --log-file - --workers 3", ["gunicorn", "a:b", "--log-file", "-", "--workers", "3"], [], "", [:]),
      ("gunicorn a:b | tee log", nil, [], "", [:]), ("gunicorn $(cat workers) a:b", nil, [], "", [:]),
      ("gunicorn `nproc` a:b", nil, [], "", [:]), ("gunicorn a:b > log", nil, [], "", [:]),
      ("a || gunicorn a:b", nil, [], "", [:]), ("gunicorn 'a:b", nil, [], "", [:]),
    ]
    let answer = try python(
      """
      import procfile
      out = []
      for line in rows:
          write({"Procfile": "release: python manage.py migrate\\nworker: celery\\nweb: " + line + "\\n"})
          out.append(procfile.web())
      write({"Procfile": "web:\\n"})
      print(json.dumps({"found": out, "empty": procfile.web(), "release": procfile.release()}))
      """, .array(rows.map { .string($0.line) }))
    XCTAssertEqual(answer["empty"], .null)
    for (row, found) in zip(rows, answer["found"]?.array ?? []) {
      XCTAssertEqual(found["words"]?.array?.compactMap(\.string), row.words, row.line)
      XCTAssertEqual(found["line"], 3, row.line)
      guard row.words != nil else { continue }
      XCTAssertEqual(found["before"], JSONValue(strings: row.before), row.line)
      XCTAssertEqual(found["directory"], .string(row.directory), row.line)
      XCTAssertEqual(found["settings"], JSONValue(strings: row.settings), row.line)
    }
  }

  func testSetupPy() throws {
    let rows: [(text: String, dependencies: [String]?, scripts: [String: String])] = [
      (
        "from setuptools import setup\nsetup(name='x', install_requires=['flask>=2', 'redis'])", ["flask>=2", "redis"],
        [:]
      ),
      ("import setuptools\nbase = ['a']\nsetuptools.setup(install_requires=base + ['b'])", ["a", "b"], [:]),
      ("from setuptools import setup\nsetup(install_requires='a\\nb\\n')", ["a", "b"], [:]),
      ("from setuptools import setup\nsetup(install_requires=open('x').read().split())", nil, [:]),
      ("from setuptools import setup\nsetup(**settings)", nil, [:]), ("from setuptools import setup\nsetup()", [], [:]),
      (
        "from setuptools import setup\nsetup(entry_points={'console_scripts': ['x = x.cli:main']})", [],
        ["x": "x.cli:main"]
      ),
      ("from setuptools import setup\na = b\nb = a\nsetup(install_requires=a)", nil, [:]),
    ]
    let answer = try python(
      """
      import legacy
      out = []
      for text in rows:
          write({"setup.py": text})
          found = legacy.setup_py()
          out.append([found["dependencies"], found["scripts"]])
      write({"setup.py": "def (:\\n"})
      try:
          legacy.setup_py()
      except legacy.Problem as problem:
          out.append(problem.json())
      print(json.dumps(out))
      """, .array(rows.map { .string($0.text) }))
    for (row, found) in zip(rows, answer.array ?? []) {
      XCTAssertEqual(found.array?[0], row.dependencies.map { JSONValue(strings: $0) } ?? .null, row.text)
      XCTAssertEqual(found.array?[1], JSONValue(strings: row.scripts), row.text)
    }
    XCTAssertEqual(answer.array?.last?["line"], 1)
  }

  func testEncodingsOfRequirements() throws {
    let answer = try python(
      """
      import requirements
      out = []
      for content in ("flask\\r\\nredis==1\\r\\n".encode("utf-16"), b"\\xef\\xbb\\xbfflask\\nredis\\\\\\n ==1\\n"):
          write({"requirements.txt": content})
          out.append(requirements.Requirements("requirements.txt").json()["names"])
      write({"requirements.txt": "flask\\n\\n-e git+https://x/y\\n"})
      try:
          requirements.Requirements("requirements.txt")
      except requirements.Problem as problem:
          out.append([problem.path, problem.line])
      print(json.dumps(out))
      """)
    XCTAssertEqual(answer, [["flask", "redis"], ["flask", "redis"], ["requirements.txt", 3]])
  }

  func testPdmLocks() throws {
    let hash = String(repeating: "a", count: 64)
    func entry(_ name: String, _ more: String = "") -> String {
      "[[package]]\nname = \"\(name)\"\nversion = \"1.0\"\n\(more)\nfiles = [{file = \"x.whl\", hash = \"sha256:\(hash)\"}]\n"
    }
    let lock =
      entry("fastapi", "dependencies = [\"starlette>=1\", \"win; sys_platform == 'win32'\"]")
      + entry("uvicorn") + entry("uvicorn", "extras = [\"standard\"]\ndependencies = [\"uvicorn==1.0\", \"uvloop\"]")
      + entry("starlette") + entry("uvloop") + entry("win") + entry("pytest", "groups = [\"dev\"]")
    let answer = try python(
      """
      import locks
      write({"pdm.lock": rows, "pyproject.toml": "[project]\\ndependencies = ['FastAPI', 'uvicorn[standard]']\\n"})
      out = [[package["name"] for package in locks.read(None)["packages"]]]
      write({"pdm.lock": rows, "pyproject.toml": "[project]\\ndependencies = ['django']\\n"})
      try:
          locks.read(None)
      except locks.Problem as problem:
          out.append([problem.code, problem.hint])
      print(json.dumps(out))
      """, .string(lock))
    XCTAssertEqual(
      answer,
      [["fastapi", "starlette", "uvicorn", "uvloop"], ["lock_outdated", "run `pdm lock` and commit pdm.lock"]])
  }

  func testValuesOfVariables() throws {
    let rows: [(word: String, expanded: String)] = [
      ("$PORT", "9000"), ("0.0.0.0:${PORT:-8080}", "0.0.0.0:9000"), ("${NONE:-80}", "80"), ("${NONE-80}", "80"),
      ("$NONE", ""), ("${EMPTY:-x}", "x"), ("a$", "a$"), ("$1", "$1"), ("${PORT", "${PORT"), ("$PORT$PORT", "90009000"),
    ]
    let answer = try python(
      """
      import packc_serve
      print(json.dumps([packc_serve.expand(word, {"PORT": "9000", "EMPTY": ""}) for word in rows]))
      """, .array(rows.map { .string($0.word) }))
    XCTAssertEqual(answer, JSONValue(strings: rows.map(\.expanded)))
  }

  /// A module, and a file, started as the interpreter starts them.
  func testStartingServers() throws {
    let answer = try python(
      """
      import subprocess
      body = "import sys, json, os; print(json.dumps([__name__, sys.argv[1:], sys.path[0] == os.getcwd()]))"
      write({"thing.py": body})
      out = []
      for start in (["-m", "thing"], ["thing.py"]):
          command = [sys.executable, "-m", "packc_serve"] + start + ["--port", "$PORT"]
          environment = {"PYTHONPATH": sys.path[0], "PORT": "81", "PYTHONDONTWRITEBYTECODE": "1"}
          out.append(json.loads(subprocess.check_output(command, env=environment)))
      print(json.dumps(out))
      """)
    XCTAssertEqual(answer, [["__main__", ["--port", "81"], true], ["__main__", ["--port", "81"], true]])
  }

  /// Whatever is in the files, the readers answer or say what is wrong.
  /// A program is found beside any number of other files: the nearest are read first, what pip installed is not.
  func testWhichSourcesAreRead() throws {
    let answer = try python(
      """
      import sources
      def put(path, text="", size=0):
          os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
          with open(path, "w") as file:
              file.write(text + "#" * size)
      guard = "if __name__ == '__main__': pass"
      put("zoo.py", guard)
      for number in range(8):
          put("a/deep/part%d.py" % number, guard, 1 << 19)
      put("a/near.py", guard)
      put("lib/shop/__main__.py", guard)
      os.makedirs("lib/shop-1.0.dist-info")
      os.makedirs("closed")
      os.chmod("closed", 0)
      found = [path for path in sources.files()]
      os.chmod("closed", 0o700)
      print(json.dumps(found))
      """)
    let paths = answer.array?.compactMap(\.string) ?? []
    XCTAssertEqual(Array(paths.prefix(3)), ["zoo.py", "a/near.py", "a/deep/part0.py"])
    XCTAssertEqual(paths.count, 9, "4 MiB in all: \(paths)")
    XCTAssertFalse(paths.contains { $0.hasPrefix("lib/") })
  }

  func testMutatedFilesAreReadOrRefused() throws {
    let seed = Fuzzing.seed(7)
    let answer = try python(
      """
      import random, legacy, procfile, requirements, locks, declared
      from files import Problem
      seed, rounds = rows
      dice = random.Random(seed)
      starts = {
          "Procfile": b"web: cd a && A='1' gunicorn \\"x y\\" -b :$PORT ; python m.py\\nrelease: x\\n",
          "requirements.txt": b"-r a.txt\\nflask[async]>=3 ; python_version>'3' # x\\nredis==1 --hash=sha256:aa \\\\\\n --hash=sha256:bb\\n-e .\\n",
          "setup.py": b"from setuptools import setup\\nbase = ['a'] + ['b']\\nsetup(install_requires=base, entry_points={'console_scripts': ['x=y:z']})\\n",
          "setup.cfg": b"[metadata]\\nname = x\\n[options]\\ninstall_requires =\\n  a\\n  b\\n[options.entry_points]\\nconsole_scripts =\\n  a = b:c\\n",
          "pyproject.toml": b"[project]\\nname = 'x'\\ndependencies = ['a', 'b>1']\\n[project.scripts]\\nx = 'y:z'\\n[tool.poetry.dependencies]\\npython = '^3.8'\\n",
          "pdm.lock": b"[[package]]\\nname = 'a'\\nversion = '1'\\ndependencies = ['b; python_version>\\\\'3\\\\'']\\nfiles = [{hash = 'sha256:aa'}]\\n",
      }
      done = [0, 0]
      for number in range(rounds):
          files = dict(starts)
          name = dice.choice(sorted(files))
          content = bytearray(files[name])
          for _ in range(dice.randrange(1, 6)):
              content[dice.randrange(len(content))] = dice.choice(b"\\"'[]{}=\\n $&;|\\\\\\xff\\x00" + bytes([dice.randrange(256)]))
          files[name] = list(content)
          write({key: list(value) for key, value in files.items()})
          for read in (lambda: declared.read(None), lambda: locks.read(None), procfile.web):
              try:
                  read()
                  done[0] += 1
              except Problem as problem:
                  done[1] += 1
                  assert problem.message and problem.path, (seed, number, name)
              except Exception as error:
                  raise AssertionError("seed %d, round %d, %s: %r: %r" % (seed, number, name, bytes(content), error))
      print(json.dumps(done))
      """, [.integer(Int64(bitPattern: seed)), .integer(Int64(Fuzzing.rounds(300)))])
    XCTAssertGreaterThan(answer.array?[0].integer ?? 0, 100)
    XCTAssertGreaterThan(answer.array?[1].integer ?? 0, 10)
  }
}
