import PackCore
import XCTest

@testable import Packs

/// What the role of a language decides, and programs below the directory that was given.
final class SubProjectTests: XCTestCase {
  private func says(_ confidence: Int, _ role: String, rule: String = "r") -> String {
    """
    answer '"status":"ok","result":{"confidence":\(confidence),"role":"\(role)","reasons":[{"path":"x","rule":"\(rule)"}]}'
    """
  }

  private func choose(_ bench: Workbench) throws -> Choice {
    try bench.host().choose(bench.input(), in: bench.host().load())
  }

  func testOnlyAProgramIsChosenUnasked() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-assets", says(99, "supporting", rule: "only tools"))
    let nothing = try failure { try choose(bench) }
    XCTAssertEqual(nothing.code, "nothing_detected")
    XCTAssertTrue(nothing.message.contains("assets only serves another program here: x: only tools"), nothing.message)
    XCTAssertNil(nothing.details["candidates"])
    try bench.pack("20-library", says(40, "library"))
    XCTAssertEqual(try choose(bench).pack.name, "library")
    try bench.pack("30-program", says(30, "program"))
    XCTAssertEqual(try choose(bench).pack.name, "program")
    let host = bench.host()
    let asked = try host.choose(bench.input(), in: host.load(), requested: "assets")
    XCTAssertEqual(asked.pack.name, "assets", "asked for by name")
    try bench.pack("40-wrong", says(30, "decoration"))
    XCTAssertTrue(try failure { try choose(bench) }.message.contains("expected program, library, supporting"))
  }

  func testProgramsOfTwoLanguagesAreAnErrorWhateverTheirNumbers() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-go", manifest: ["languages": ["go"]], says(90, "program"))
    try bench.pack("20-python", manifest: ["languages": ["python"]], says(90, "program"))
    let tie = try failure { try choose(bench) }
    XCTAssertEqual(tie.exit, .severalCandidates)
    XCTAssertEqual(tie.details["candidates"]?.array?.compactMap { $0["pack"]?.string }, ["go", "python"])
    try bench.pack("05-mygo", manifest: ["languages": ["go"]], says(90, "program"))
    try FileSystem.removeTree(bench.packs / "20-python")
    XCTAssertEqual(try choose(bench).pack.name, "mygo", "two packs of one language: the number decides")
  }

  func testDirectories() throws {
    let bench = try Workbench()
    try bench.pack("10-go", manifest: ["detect": ["any": ["go.mod"]]], says(90, "program"))
    let packs = try bench.host().load().packs
    for path in [
      "README.md", "a/b/c/d/go.mod", "docs/go.mod", "examples/one/go.mod", "services/api/go.mod", "services/web/go.mod",
      "services/web/inner/go.mod", "web/package.json", "z/go.mod", "ignored/go.mod",
    ] {
      try bench.write(path == "README.md" ? "" : "module x\n", "project/\(path)")
    }
    try bench.write("/ignored/\n", "project/.gitignore")
    XCTAssertEqual(
      try SubProjects.directories(ProjectTree(bench.project), packs).map(\.description),
      ["z", "services/api", "services/web", "services/web/inner"])
  }

  func testProgramsBelow() throws {
    let bench = try Workbench()
    for path in ["api/go.mod", "api/inner/go.mod", "lib/go.mod", "broken/go.mod", "web/package.json"] {
      try bench.write(String(path.prefix { $0 != "/" }), "project/\(path)")
    }
    // The working directory is the project: each directory is asked about as one of its own.
    try bench.pack(
      "10-go", manifest: ["detect": ["any": ["go.mod"]]],
      """
      case $(cat go.mod) in
      lib) \(says(40, "library")) ;;
      broken) exit 78 ;;
      *) \(says(90, "program")) ;;
      esac
      """)
    let host = bench.host()
    XCTAssertEqual(try failure { try choose(bench) }.code, "nothing_detected")
    var found = try host.detectBelow(bench.input(), in: host.load(), requested: nil)
    XCTAssertEqual(found.map(\.directory.description), ["api"], "what lies below a program belongs to it")
    try bench.pack("40-node", manifest: ["detect": ["any": ["package.json"]]], says(90, "program"))
    found = try host.detectBelow(bench.input(), in: host.load(), requested: nil)
    XCTAssertThrowsError(try found.only(below: bench.input(), packs: [], requested: nil))
    XCTAssertEqual(found.failure.exit, .severalCandidates)
    XCTAssertEqual(
      found.failure.details["candidates"],
      [
        ["pack": "go", "app": "api", "reasons": ["x: r"]], ["pack": "node", "app": "web", "reasons": ["x: r"]],
      ])
    XCTAssertTrue(found.failure.hint?.contains("--app api") ?? false)
  }

  /// An Elixir program with an installer in Rust is no Rust program, unless somebody says so.
  func testAProgramBelowAProjectOfAnotherLanguageIsAskedFor() throws {
    let rows: [(root: String, language: String?)] = [
      ("mix.exs", "elixir"), ("composer.json", "php"), ("config.ru", "ruby"), ("CMakeLists.txt", "C or C++"),
      ("Makefile", nil), ("go.work", nil), ("README.md", nil),
    ]
    for row in rows {
      let bench = try Workbench()
      try bench.pack("10-go", manifest: ["languages": ["go"], "detect": ["any": ["go.mod"]]], says(90, "program"))
      try bench.write("", "project/\(row.root)")
      try bench.write("module x\n", "project/installer/go.mod")
      let host = bench.host()
      let packs = try host.load().packs
      let found = try host.detectBelow(bench.input(), in: host.load(), requested: nil)
      XCTAssertEqual(found.map(\.directory.description), ["installer"], row.root)
      guard let language = row.language else {
        let only = try found.only(below: bench.input(), packs: packs, requested: nil)
        XCTAssertEqual(only?.directory.description, "installer", row.root)
        continue
      }
      let asked = try failure { try found.only(below: bench.input(), packs: packs, requested: nil) }
      XCTAssertEqual(asked.exit, .severalCandidates, row.root)
      XCTAssertTrue(asked.message.contains("\(row.root): the project itself is \(language)"), asked.message)
      XCTAssertTrue(asked.hint?.contains("--app installer") ?? false, row.root)
      XCTAssertNotNil(try found.only(below: bench.input(), packs: packs, requested: "go"), row.root)
    }
  }
}
