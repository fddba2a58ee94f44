import PackCore
import XCTest

@testable import Packs

final class ChoosingTests: XCTestCase {
  private func matches(_ confidence: Int, candidates: String = "") -> String {
    """
    answer '"status":"ok","result":{"confidence":\(confidence),"reasons":[{"path":"x","rule":"r"}],"candidates":[\(candidates)]}'
    """
  }

  private func choose(_ bench: Workbench, config: JSONValue? = nil, requested: String? = nil, app: String? = nil) throws
    -> Choice
  {
    let host = bench.host()
    return try host.choose(bench.input(config: config, app: app), in: host.load(), requested: requested)
  }

  func testOrder() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-low", matches(40))
    try bench.pack("20-high", matches(90))
    XCTAssertEqual(try choose(bench).pack.name, "high", "confidence over NN")
    XCTAssertEqual(try choose(bench, config: ["pack": "low"]).pack.name, "low", "unik.yaml over confidence")
    XCTAssertEqual(
      try choose(bench, config: ["pack": "low"], requested: "high").pack.name, "high", "the flag over unik.yaml")
    XCTAssertEqual(try choose(bench, requested: "low").decisions.first?.source, "--pack")
    let unknown = try failure { try choose(bench, requested: "hihg") }
    XCTAssertEqual(unknown.code, "unknown_pack")
    XCTAssertEqual(unknown.hint, "did you mean \"high\"?")
  }

  func testEqualConfidenceGoesByNumberAndSaysSo() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-one", matches(90))
    try bench.pack("20-two", matches(90))
    XCTAssertEqual(try choose(bench).pack.name, "one")
    XCTAssertTrue(bench.told.contains { $0.contains("pack: two") }, "\(bench.told)")
  }

  func testTie() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-one", matches(90))
    try bench.pack("10-two", matches(90))
    let tie = try failure { try choose(bench) }
    XCTAssertEqual(tie.exit, .severalCandidates)
    XCTAssertTrue(tie.message.contains("one (confidence 90): x: r") && tie.message.contains("two"), tie.message)
    XCTAssertTrue(tie.hint?.contains("pack: one") ?? false)
    let host = bench.host()
    let json = try host.detect(bench.input(), in: host.load()).json
    XCTAssertEqual(json["candidates"]?.array?.compactMap { $0["pack"]?.string }, ["one", "two"])
    XCTAssertNil(json["pack"])
  }

  func testSeveralPrograms() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack(
      "10-one", matches(90, candidates: #"{"app":"cmd/a","reasons":["main"]},{"app":"cmd/b","reasons":[]}"#))
    let several = try failure { try choose(bench) }
    XCTAssertEqual(several.exit, .severalCandidates)
    XCTAssertTrue(several.message.contains("cmd/a: main") && several.message.contains("cmd/b"))
    XCTAssertTrue(several.hint?.contains("--app cmd/a") ?? false)
    XCTAssertEqual(try choose(bench, app: "cmd/b").pack.name, "one", "a pack need not look at app in detect")
    let none = try failure { try choose(bench, app: "cmd/c") }
    XCTAssertEqual(none.code, "no_such_program")
    XCTAssertEqual(none.hint, "did you mean --app cmd/a?")
  }

  func testAFailureIsNeverNoMatch() throws {
    let bench = try Workbench()
    try bench.write("", "project/x")
    try bench.pack("10-broken", "exit 3")
    try bench.pack("20-good", matches(90))
    let found = try failure { try choose(bench) }
    XCTAssertEqual(found.code, "pack_crashed")
    XCTAssertEqual(found.exit, .packFailed)
    XCTAssertEqual(try choose(bench, requested: "good").pack.name, "good")
  }

  func testOnlyPacksThatCanMatchAreStarted() throws {
    let bench = try Workbench()
    try bench.write("", "project/a.txt")
    try bench.pack("10-other", manifest: ["detect": ["any": ["b.txt"]]], "touch \(bench.root / "started"); exit 100")
    try bench.pack("20-mine", manifest: ["detect": ["any": ["a.txt"]]], matches(50))
    let choice = try choose(bench)
    XCTAssertEqual(choice.pack.name, "mine")
    XCTAssertFalse(FileSystem.exists(bench.root / "started"))
    XCTAssertEqual(
      choice.verdicts.map(\.json).compactMap { $0["status"]?.string }, ["not_started", "matches"])
    XCTAssertEqual(choice.json["pack"]?["name"], "mine")
  }

  func testNothing() throws {
    let bench = try Workbench()
    try bench.write("", "project/requirement.txt")
    try bench.write("", "project/Gemfile")
    try bench.write("", "project/Makefile")
    try bench.write("", "project/Dockerfile")
    try bench.write("", "project/server/go.mod")
    try bench.pack(
      "10-go", manifest: ["detect": ["any": ["go.mod"]], "languages": ["go"], "looks_for": "a go.mod"], "exit 100")
    try bench.pack(
      "20-python",
      manifest: [
        "detect": ["any": ["requirements.txt"]], "near_misses": [["any": ["Gemfile"], "hint": "is for ruby"]],
      ],
      "exit 100")
    let found = try failure { try choose(bench) }
    XCTAssertEqual(found.exit, .nothingDetected)
    for text in [
      "files seen: Dockerfile, Gemfile, Makefile, requirement.txt, server/", "go looks for a go.mod",
      "did you mean requirements.txt?", "Gemfile: no pack for ruby is installed", "Gemfile: is for ruby",
      "server/ looks like a go project: `packc build server`", "Dockerfile is not taken as input",
    ] {
      XCTAssertTrue(found.message.contains(text), "\(text) in:\n\(found.message)")
    }
    XCTAssertTrue(found.hint?.contains("artifact: {path: out/server}") ?? false)
    let empty = try Workbench()
    XCTAssertTrue(try failure { try choose(empty) }.message.contains("files seen: none"))
  }

  func testRules() throws {
    func rule(_ json: JSONValue) throws -> DetectRule { try DetectRule(JSONReader(json)) }
    let bench = try Workbench()
    for path in ["a/b/x.csproj", "cmd/api/main.go", "go.mod"] { try bench.write("", "project/\(path)") }
    let tree = ProjectTree(bench.project)
    let rows: [(JSONValue, String?)] = [
      ("go.mod", "go.mod"), ("main.go", nil), (["path": "*.csproj", "depth": 2], "a/b/x.csproj"),
      (["path": "*.csproj", "depth": 1], nil), (["path": "cmd/*/main.go"], "cmd/api/main.go"),
      (["path": "**/main.go"], "cmd/api/main.go"), (["config": "build.command"], "unik.yaml"),
      (["config": "build.inputs"], nil), (["config": "run"], nil),
    ]
    for (json, expected) in rows {
      let found = try rule(json).firstMatch(in: tree, config: ["build": ["command": "make"], "run": .null])
      XCTAssertEqual(found?.description, expected, CanonicalJSON.string(json))
      // Together with rules that find nothing, in the walk that they share.
      let rules = try DetectRules(
        JSONReader(["any": ["zzz", ["path": "*.none", "depth": 3], json, ["path": "zz?", "depth": 1]]]))
      let isMet = try rules.areMet(in: tree, config: ["build": ["command": "make"], "run": .null])
      XCTAssertEqual(isMet, expected != nil, CanonicalJSON.string(json))
    }
    let all = try DetectRules(
      JSONReader(["all": ["go.mod", ["path": "*.csproj", "depth": 5]], "any": ["zzz", "go.mod"]]))
    XCTAssertNotNil(try all.match(tree, config: nil))
    XCTAssertTrue(try all.areMet(in: tree, config: nil))
    XCTAssertFalse(try all.areMet(in: ProjectTree(bench.root / "home"), config: nil))
    XCTAssertNil(try all.match(ProjectTree(bench.root / "home"), config: nil))
  }

  func testOptions() throws {
    let schema = try OptionsSchema(
      JSONReader([
        "type": "object", "additionalProperties": false, "required": ["app"],
        "properties": [
          "app": ["type": "string"], "tags": ["type": "array", "items": ["type": "string"]],
          "level": ["type": "integer", "minimum": 1, "maximum": 3], "kind": ["enum": ["a", "b"]],
          "cgo": ["type": ["boolean", "null"]],
        ],
      ]))
    XCTAssertNoThrow(try schema.validate(["app": "x", "tags": ["a"], "level": 3, "kind": "b", "cgo": .null]))
    let rows: [(JSONValue, String)] = [
      (["app": 1], "options.app: expected string, found number"), (["tags": []], "\"app\" is missing"),
      (["app": "x", "tags": [1]], "options.tags[0]"), (["app": "x", "level": 4], "not between 1 and 3"),
      (["app": "x", "kind": "c"], "expected one of \"a\", \"b\""), (["app": "x", "tgas": []], "no such option"),
      ([], "expected object"),
    ]
    for (options, text) in rows {
      let found = try failure { try schema.validate(options) }
      XCTAssertTrue(found.message.contains(text), found.message)
      XCTAssertEqual(found.exit, .badInput)
    }
    XCTAssertEqual(try failure { try schema.validate(["app": "x", "tgas": []]) }.hint, "did you mean \"tags\"?")
    XCTAssertNotNil(try failure { try OptionsSchema(nil).validate(["x": 1]) })
  }

  func testPlansAreChecked() throws {
    let good: [String: JSONValue] = [
      "steps": [["id": "a", "argv": ["/bin/true", "${work}/x"], "outputs": ["x"]]],
      "artifacts": [["path": "${work}/x", "role": "program", "destination": "/app/x", "layer": "application"]],
      "entrypoint": ["/app/x"], "ports": ["80/tcp"],
    ]
    let reader = PlanReader(privatePaths: ["/cache/calls"])
    XCTAssertNoThrow(try reader.read(JSONReader(.object(good))))
    let rows: [(String, JSONValue, String)] = [
      ("entrypoint", ["x"], "absolute"), ("entrypoint", [], "missing"), ("ports", ["80"], "8080/tcp"),
      ("ports", ["0/tcp"], "8080/tcp"), ("ports", ["70000/tcp"], "8080/tcp"),
      ("steps", [["id": "a", "argv": ["${home}/x"]]], "${home}"),
      ("steps", [["id": "a", "argv": ["/cache/calls/plan.1/work/x"]]], "one call only"),
      ("steps", [["id": "a", "argv": ["x"], "inputs": ["../x"]]], "leaves the project"),
      ("steps", [["id": "a", "argv": ["x", "--out:${wrk}/x"]]], "${wrk} is none of"),
      ("steps", [["id": "a", "argv": ["x"], "outputs": ["${work}/x"]]], "without the variable"),
      ("steps", [["id": "a", "argv": ["x"], "cwd": "${source}/src"]], "cwd"),
      ("steps", [["id": "a", "argv": ["x"], "ouputs": ["x"]]], "the output of no step"),
      ("steps", [["id": "a", "argv": ["x"], "files": ["/etc/passwd": ""]]], "does not lie below"),
      ("steps", [["id": "a", "argv": ["x"], "files": ["${work}/../x": ""]]], "does not lie below"),
      ("steps", [["id": "a", "argv": ["x"], "outputs": ["../x"]]], "not a path inside its root"),
      ("steps", [["id": "a", "argv": ["x"]], ["id": "a", "argv": ["x"]]], "two steps"),
      ("steps", [["id": "A b", "argv": ["x"]]], "id"), ("env", ["A=B": "x"], "name of a variable"),
      (
        "artifacts", [["path": "/etc/shadow", "role": "data", "destination": "/x", "layer": "application"]], "artifacts"
      ),
      (
        "artifacts", [["path": "${work}/../x", "role": "data", "destination": "/x", "layer": "application"]],
        "artifacts"
      ),
      ("artifacts", [["path": "${work}/x", "role": "data", "destination": "/", "layer": "application"]], "artifacts"),
      ("runtime", ["trees": [["path": "usr", "destination": "/usr"]]], "not absolute"),
    ]
    for (key, value, text) in rows {
      var bad = good
      bad[key] = value
      let found = try failure { try reader.read(JSONReader(.object(bad))) }
      XCTAssertTrue(found.message.contains(text), "\(key): \(found.message)")
    }
  }
}
