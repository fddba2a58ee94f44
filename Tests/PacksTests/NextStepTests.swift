import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// A file that cannot be read is named with its place, and with what to do about it.
final class NextStepTests: XCTestCase {
  private func refusal(_ files: [String: String]) throws -> Failure {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return try failure { try bench.plan(bench.input()) }
  }

  func testBrokenFiles() throws {
    let node = [
      "package.json": "{\"dependencies\": {\"a\": \"1\"}, \"scripts\": {\"start\": \"node a.js\"}}", "a.js": "",
    ]
    let rust = ["Cargo.toml": "[package]\nname = \"a\"\nversion = \"0.1.0\"\n", "src/main.rs": "fn main() {}\n"]
    let rows: [(file: String, text: String, beside: [String: String], place: String, hint: String)] = [
      ("package-lock.json", "{\"a\":", node, "package-lock.json:1:6", "rm package-lock.json && npm install --package"),
      ("package-lock.json", "[1]", node, "package-lock.json:1:1", "git checkout HEAD -- package-lock.json"),
      ("package.json", "[\"a\"]", [:], "package.json:1:1", "{\"name\": \"app\", \"scripts\""),
      ("package.json", "{\"name\": ", [:], "package.json:1:10", "correct it at this place"),
      ("lerna.json", "{", ["package.json": "{}"], "lerna.json:1:2", "git diff HEAD -- lerna.json"),
      ("Cargo.toml", "[package\n", [:], "Cargo.toml:1:9", "git diff HEAD -- Cargo.toml"),
      ("Cargo.lock", "[[package", rust, "Cargo.lock:1:10", "rm Cargo.lock && cargo generate-lockfile"),
      ("poetry.lock", "package = 1", ["app.py": ""], "poetry.lock:1:11", "rm poetry.lock && poetry lock"),
      ("uv.lock", "[[a", ["app.py": ""], "uv.lock:1:4", "uv lock"),
      ("Pipfile.lock", "{", ["app.py": ""], "Pipfile.lock:1:2", "pipenv lock"),
      ("pyproject.toml", "[project\n", ["app.py": ""], "pyproject.toml:1:9", "correct it at this place"),
      ("pom.xml", "<a><b></a>", [:], "pom.xml:1:9", "this place"),
    ]
    for row in rows {
      let found = try refusal(row.beside.merging([row.file: row.text]) { $1 })
      XCTAssertEqual(found.location?.description, row.place, "\(row.text) → \(found)")
      XCTAssertTrue(found.hint?.contains(row.hint) ?? false, "\(row.file) → \(found.hint ?? "nothing")")
    }
    XCTAssertEqual(
      BrokenFile.hint("api/uv.lock"),
      "restore it (`git checkout HEAD -- api/uv.lock`), or write it anew (`cd api && rm uv.lock && uv lock`) and commit it"
    )
  }

  func testRequirements() throws {
    let rows: [(line: String, words: String, hint: String)] = [
      ("flask==", "no version after ==", "`flask==VERSION`, or `flask` alone"),
      ("bad name here", "cannot stand after the name", "one package a line"),
      ("!!!bad", "names no package", "`NAME==VERSION`"), ("flask=3.0=py_0", "no ==", "`flask==3.0`"),
      ("flask >=1 <2", "no comma before <2", "by commas"), ("flask;", "compares nothing", "python_version"),
      ("<<<<<<< HEAD", "merge", "keep one side"), ("libs/a", "has no hash", "package index"),
      ("-r gone.txt", "does not exist", "add the file"),
    ]
    for row in rows {
      let found = try refusal(["app.py": "print(1)\n", "requirements.txt": "# ours\nredis\n\(row.line)\n"])
      XCTAssertEqual(found.location?.description, "requirements.txt:3", "\(row.line) → \(found)")
      XCTAssertTrue(found.message.contains(row.words), "\(row.line) → \(found)")
      XCTAssertTrue(found.hint?.contains(row.hint) ?? false, "\(row.line) → \(found.hint ?? "nothing")")
    }
  }

  func testWhatPipTakesIsTaken() throws {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    let lines = [
      "Flask[async,dotenv] ~= 3.0 ; python_version > '3'", "torch==2.0.0+cu118", "a ==1.*", "b===x-y", "c>=1,",
      "d (>=1,<2)",
      "e==1!2.0", "f==${VERSION}", "zope.interface", "g==1 --hash=sha256:\(String(repeating: "a", count: 64))",
    ]
    try bench.write(lines.joined(separator: "\n") + "\n", "project/requirements.txt")
    try bench.write("print(1)\n", "project/app.py")
    XCTAssertNotNil(try bench.plan(bench.input()).unresolved)
  }
}
