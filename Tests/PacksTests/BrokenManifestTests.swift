import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// A manifest that cannot be read is named with its place while packs are chosen, and no toolchain is needed for that.
final class BrokenManifestTests: XCTestCase {
  private typealias Row = (file: String, text: String, place: String, words: String)

  /// PATH is empty: nobody starts an interpreter.
  private func check(_ rows: [Row], beside files: [String: String] = [:]) throws {
    for row in rows {
      let bench = try Workbench()
      for (path, text) in files.merging([row.file: row.text], uniquingKeysWith: { $1 }) {
        try bench.write(text, "project/\(path)")
      }
      let found = try failure { try bench.choose(bench.input()) }
      XCTAssertEqual(found.location?.description, row.place, "\(row.text) → \(found)")
      XCTAssertTrue(found.message.contains(row.words), "\(row.text) → \(found)")
      XCTAssertNotEqual(found.code, "nothing_detected", row.text)
    }
  }

  func testGo() throws {
    let rows: [Row] = [
      ("go.mod", "module example.com/a\n\ngoo 1.22\n", "go.mod:3", "unknown directive goo"),
      ("go.mod", "module example.com/a\nrequire (\n\texample.com/b v1.0.0\n", "go.mod:2", "not closed"),
      ("go.mod", "module example.com/a\nrequire example.com/b\n", "go.mod:2", "without a version"),
      ("go.mod", "module example.com/a\n)\n", "go.mod:2", "unexpected )"),
      ("go.mod", "module a\ngo one\n", "go.mod:2", "no version of Go"),
      ("go.mod", "go 1.22\n", "go.mod:1", "no module line"),
      ("go.mod", "module a\r\n\r\ngo 1.22\r\nrequire example.com/b\r\n", "go.mod:4", "without a version"),
      ("go.work", "go 1.22\nuse (\n./a\n", "go.work:2", "not closed"),
      ("go.work", "go 1.22\nuse ./gone\n", "go.work:2", "no go.mod in it"),
    ]
    try check(rows, beside: ["main.go": "package main\n\nfunc main() {}\n"])
  }

  func testLineEndsOfWindowsAreNoMistake() throws {
    let file = GoModFile("module a\r\n\r\ngo 1.22\r\nrequire (\r\n\texample.com/b v1.0.0\r\n)\r\n")
    XCTAssertNil(file.problem)
    XCTAssertEqual(file.module, .init(words: ["a"], line: 1))
    XCTAssertEqual(file.downloads.map(\.module), ["example.com/b"])
  }

  func testPython() throws {
    let rows: [Row] = [
      ("pyproject.toml", "[project\nname = 'x'\n", "pyproject.toml:1:9", "header ends with"),
      ("pyproject.toml", "[project]\nname = 'x'\nname = 'y'\n", "pyproject.toml:3:1", "name"),
      ("pyproject.toml", "[project]\nname = x\n", "pyproject.toml:2:8", "no value"),
      ("pyproject.toml", "[project]\nname = 1\n", "pyproject.toml:2:8", "project.name: expected a string"),
      ("pyproject.toml", "[project]\ndependencies = 'flask'\n", "pyproject.toml:2:16", "expected an array"),
      ("pyproject.toml", "project = 1\n", "pyproject.toml:1:11", "expected a table"),
      ("pyproject.toml", "[project]\nscripts = {a = 1}\n", "pyproject.toml:2:16", "scripts.a"),
      ("Pipfile", "[packages]\nflask = *\n", "Pipfile:2:9", "a value is expected"),
      ("Pipfile", "packages = 1\n", "Pipfile:1:12", "table"),
      ("Pipfile.lock", "{\"default\": {}", "Pipfile.lock:1:15", "JSON"),
      ("Pipfile.lock", "{\"default\": []}", "Pipfile.lock", "not an object"),
      ("poetry.lock", "[[package]]\nname = \"a\"\n[[package]]\n", "poetry.lock:3:1", "\"name\" is missing"),
      ("uv.lock", "version = 1\n[[package]\n", "uv.lock:2:11", "header of an array"),

      ("pdm.lock", "package = [1]\n", "pdm.lock:1:12", "expected a table"),
    ]
    try check(rows, beside: ["app.py": "print(1)\n"])
  }
}
