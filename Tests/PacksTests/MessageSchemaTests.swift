import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Packs

/// The JSON Schemas in docs/schema say what packc and packs really say to each other: neither more nor less.
final class MessageSchemaTests: XCTestCase {
  func testEveryRequestIsWhatTheSchemaSays() throws {
    let bench = try Workbench()
    try bench.write("x", "project/x")
    try bench.pack("10-a", "printf '%s' \"$request\" >&2; exit 78")
    let pack = try XCTUnwrap(bench.host().load().packs.first)
    let check = try SchemaCheck("pack-request.schema.json")
    let locked: [String: JSONValue] = [
      "lock": [
        "pypi": [
          "inputs": ["requirements.txt": .string("sha256:" + String(repeating: "0", count: 64))],
          "environment": ["python": "3.11"], "packages": [["name": "a", "version": "1", "sha256": ["00"]]],
        ]
      ]
    ]
    for phase in PackPhase.allCases {
      for (config, app, extra) in [
        (nil, nil, [:]), (["version": 1, "options": ["x": 1]], "cmd/a", locked), (nil, nil, ["lock": .null]),
      ] as [(JSONValue?, String?, [String: JSONValue])] {
        let project = bench.input(config: config, app: app, mode: .debug)
        let call = CallRequest(pack: pack, phase: phase, project: project, timeLimit: 5, extra: extra)
        let directories = try CallDirectories(root: bench.root / "call", scratch: bench.root / "scratch")
        let request = try call.document(id: "1", CallPaths(pack, project: bench.project, directories))
        XCTAssertEqual(check.problems(.object(request)), [], "\(phase)")
        for key in request.keys.sorted() where !["lock", "outputs"].contains(key) {
          XCTAssertNotEqual(check.problems(.object(request.filter { $0.key != key })), [], "without \(key)")
        }
      }
    }
  }

  /// What the schema of responses refuses, packc refuses, and the other way round.
  func testResponsesAreJudgedAlike() throws {
    let ok = #""status":"ok","result":{"confidence":50}"#
    let rows: [(fields: String, exit: Int32, good: Bool)] = [
      (ok, 0, true),
      (#""status":"ok","result":{"confidence":90,"role":"supporting","reasons":[{"path":"a","rule":"b"}]}"#, 0, true),
      (#""status":"ok","result":{"confidence":90,"candidates":[{"app":"a"},{"app":"b","reasons":["c"]}]}"#, 0, true),
      (ok + #","diagnostics":[{"level":"note","message":"m","hint":"h"}],"something_new":1,"requires":[]"#, 0, true),
      (#""status":"not_applicable""#, 100, true),
      (#""status":"ok","result":{"confidence":101}"#, 0, false),
      (#""status":"ok","result":{"confidence":"high"}"#, 0, false),
      (#""status":"ok","result":{"reasons":[]}"#, 0, false),
      (#""status":"ok","result":{"confidence":9,"role":"guest"}"#, 0, false),
      (#""status":"ok","result":{"confidence":9,"reasons":["a"]}"#, 0, false),
      (#""status":"ok","result":{"confidence":9,"candidates":[{"reasons":[]}]}"#, 0, false),
      (#""status":"ok""#, 0, false), (#""status":"fine""#, 0, false), (#""status":"error""#, 78, false),
      (ok + #","error":{"code":"x","message":"y"}"#, 0, false),
      (ok + #","diagnostics":[{"level":"loud","message":"m"}]"#, 0, false),
    ]
    let document = try SchemaCheck("pack-response.schema.json")
    let result = try SchemaCheck("pack-response.schema.json", definition: "detect")
    let bench = try Workbench()
    try bench.write("x", "project/x")
    for row in rows {
      try bench.pack("10-a", "answer '\(row.fields)'; exit \(row.exit)")
      let host = bench.host()
      let verdict = try XCTUnwrap(host.detect(bench.input(), in: host.load()).verdicts.first)
      var accepted = true
      if case .failed = verdict.outcome { accepted = false }
      XCTAssertEqual(accepted, row.good, "packc: \(row.fields) \(verdict.text)")
      let json = try JSONParser.parse(Array(#"{"protocol":"1.0","request_id":"1",\#(row.fields)}"#.utf8))
      let found = document.problems(json) + (json["result"].map(result.problems) ?? [])
      XCTAssertEqual(found.isEmpty, row.good, "the schema: \(row.fields) \(found)")
    }
  }

  func testErrorsAreJudgedAlike() throws {
    let rows: [(error: String, good: Bool)] = [
      (#"{"code":"go_mod","message":"m"}"#, true),
      (
        #"{"code":"a","message":"m","hint":"h","location":{"path":"p","line":3,"column":1},"retryable":false}"#, true
      ),
      (#"{"code":"several_programs","message":"m","candidates":[{"app":"a","reasons":["r"]}]}"#, true),
      (#"{"code":"Bad-Code","message":"m"}"#, false), (#"{"code":"","message":"m"}"#, false),
      (#"{"message":"m"}"#, false), (#"{"code":"a"}"#, false),
      (#"{"code":"a","message":"m","location":{"line":3}}"#, false),
      (#"{"code":"a","message":"m","location":{"path":"p","line":0}}"#, false),
    ]
    let check = try SchemaCheck("pack-response.schema.json")
    for row in rows {
      let text = #"{"protocol":"1.0","request_id":"1","status":"error","error":\#(row.error)}"#
      let json = try JSONParser.parse(Array(text.utf8))
      XCTAssertEqual((try? PackResponse(JSONReader(json))) != nil, row.good, "packc: \(row.error)")
      XCTAssertEqual(check.problems(json).isEmpty, row.good, "the schema: \(row.error) \(check.problems(json))")
    }
  }

  func testClaimsAreJudgedAlike() throws {
    let reader = ClaimsReader { $0.description == "go.sum" }
    let digest = String(repeating: "0a", count: 32)
    let facts: [(JSONValue, Bool)] = [
      ([], true), ([["kind": "env-vars", "values": ["A"], "method": "m"]], true),
      (
        [
          [
            "kind": "routes", "values": [], "method": "m", "closed": false, "level": "declared", "caveats": ["c"],
            "evidence": [["path": "go.sum", "line": 3], ["path": "go.sum"]],
          ]
        ], true
      ), ([["kind": "a", "values": [], "method": "m", "closed": "unknown", "something_new": 1]], true),
      ([["kind": "Env", "values": [], "method": "m"]], false), ([["kind": "", "values": [], "method": "m"]], false),
      ([["kind": "a", "values": "A", "method": "m"]], false), ([["kind": "a", "values": [1], "method": "m"]], false),
      ([["kind": "a", "values": []]], false), ([["values": [], "method": "m"]], false),
      ([["kind": "a", "values": [], "method": "m", "closed": "yes"]], false),
      ([["kind": "a", "values": [], "method": "m", "level": "proven"]], false),
      ([["kind": "a", "values": [], "method": "m", "evidence": ["go.sum"]]], false),
      ([["kind": "a", "values": [], "method": "m", "evidence": [["path": "go.sum", "line": 0]]]], false),
      (["a"], false), ("a", false),
    ]
    try judge("facts", facts) { _ = try reader.facts($0) }
    func component(_ more: [String: JSONValue]) -> JSONValue {
      let base: [String: JSONValue] = ["name": "a", "version": "1", "purl": "pkg:x/a@1"]
      return [.object(base.merging(more) { $1 })]
    }
    let components: [(JSONValue, Bool)] = [
      ([], true), (component([:]), true), (component(["something_new": 1]), true),
      (component(["hashes": ["SHA-256": .string(digest)], "evidence": ["go.sum"]]), true),
      (component(["purl": "a@1"]), false), (component(["purl": "pkg:x/a b"]), false),
      (component(["purl": "pkg:x/\u{e4}"]), false), (component(["version": 1]), false),
      (component(["name": .null]), false),
      (component(["hashes": ["sha256": .string(digest)]]), false), (component(["hashes": ["SHA-256": "0a"]]), false),
      (component(["hashes": ["SHA-256": .string(digest.uppercased())]]), false),
      (component(["evidence": "go.sum"]), false),
      ([["name": "a", "version": "1"]], false), (["pkg:x/a@1"], false), ([:], false),
    ]
    try judge("components", components) { _ = try reader.components($0) }
    for (definition, result) in [("facts", ["components": []]), ("sbom", ["facts": []])] as [(String, JSONValue)] {
      let check = try SchemaCheck("pack-response.schema.json", definition: definition)
      XCTAssertNotEqual(check.problems(result), [], definition)
    }
  }

  private func judge(_ key: String, _ rows: [(JSONValue, Bool)], _ read: (JSONReader) throws -> Void) throws {
    let definition = key == "facts" ? "facts" : "sbom"
    let check = try SchemaCheck("pack-response.schema.json", definition: definition)
    for (value, good) in rows {
      let result: JSONValue = .object([key: value])
      let text = CanonicalJSON.string(result)
      XCTAssertEqual((try? read(JSONReader(result))) != nil, good, "packc: \(text)")
      XCTAssertEqual(check.problems(result).isEmpty, good, "the schema: \(text) \(check.problems(result))")
    }
  }

  func testPlansAreJudgedAlike() throws {
    let rows: [(plan: String, good: Bool)] = [
      (#"{"entrypoint":["/a"]}"#, true),
      (
        #"{"entrypoint":["/a"],"steps":[{"id":"a","argv":["b"],"cwd":"c","env":{"d":"e"},"inputs":["."],"outputs":["f"],"#
          + #""files":{"${work}/g":"h"},"network":true,"cache_dirs":["i"],"tools":["/j"]}],"ports":["1/udp"],"workdir":"/app"}"#,
        true
      ),
      (
        #"{"entrypoint":["/a"],"artifacts":[{"path":"${source}/x","role":"program","destination":"/x","layer":"runtime"}],"#
          + #""runtime":{"trees":[{"path":"/a","destination":"/a","exclude":["b"]}],"libraries":["c"]}}"#, true
      ),
      (#"{"entrypoint":"/a"}"#, false), (#"{"entrypoint":["/a"],"steps":[{"argv":["b"]}]}"#, false),
      (#"{"entrypoint":["/a"],"steps":[{"id":"A","argv":["b"]}]}"#, false),
      (#"{"entrypoint":["/a"],"steps":[{"id":"a","argv":[]}]}"#, false),
      (#"{"entrypoint":["/a"],"ports":["80"]}"#, false), (#"{"entrypoint":["/a"],"env":{"A":1}}"#, false),
      (
        #"{"entrypoint":["/a"],"artifacts":[{"path":"${work}/x","role":"binary","destination":"/x","layer":"runtime"}]}"#,
        false
      ),
      (#"{"entrypoint":["/a"],"toolchains":[{"name":"a","version":"1"}]}"#, false),
      (#"{"entrypoint":["/a"],"decisions":[{"what":"a","value":1,"source":"b"}]}"#, false),
      (#"{"entrypoint":["/a"],"lock_files":[{"path":"a","sha256":"00"}]}"#, false),
    ]
    let check = try SchemaCheck("pack-response.schema.json", definition: "plan")
    for row in rows {
      let json = try JSONParser.parse(Array(row.plan.utf8))
      let read = try? PlanReader(privatePaths: []).read(JSONReader(json))
      XCTAssertEqual(read != nil, row.good, "packc: \(row.plan)")
      XCTAssertEqual(check.problems(json).isEmpty, row.good, "the schema: \(row.plan) \(check.problems(json))")
    }
  }

  func testEveryManifestIsWhatTheSchemaSays() throws {
    let check = try SchemaCheck("pack.schema.json")
    var seen = 0
    for place in ["packs.d", "examples/packs"] {
      for name in try DirectoryWalk.names(in: Repository.root / place) {
        let path = Repository.root / place / HostPath(bytes: name) / "pack.json"
        XCTAssertEqual(check.problems(try JSONParser.parse(FileSystem.read(path))), [], "\(path)")
        seen += 1
      }
    }
    XCTAssertGreaterThan(seen, 4)
  }

  func testManifestsAreJudgedAlike() throws {
    let check = try SchemaCheck("pack.schema.json")
    let rows: [(field: String, value: JSONValue, good: Bool)] = [
      ("something_new", 1, true), ("languages", ["a"], true), ("phases", ["detect", "plan", "dance"], true),
      ("detect", ["all": ["a", ["path": "*.x", "depth": 2], ["path": "a/*.x"], ["config": "build.command"]]], true),
      ("near_misses", [["any": ["a"], "hint": "b"]], true), ("options_schema", true, true),
      ("options_schema", ["type": ["object"], "properties": ["a": ["type": "string", "description": "b"]]], true),
      ("protocol", ["2.0"], false), ("protocol", "1.0", false), ("version", "", false), ("version", "a b", false),
      ("phases", ["detect"], false), ("detect", [:], false), ("detect", ["any": []], false),
      ("detect", ["any": ["/a"]], false), ("detect", ["any": [["path": "a/b", "depth": 1]]], false),
      ("detect", ["any": [["path": "a", "depth": 17]]], false), ("detect", ["any": [["config": ""]]], false),
      ("near_misses", [["any": ["a"]]], false), ("near_misses", [["hint": "a"]], false),
      ("options_schema", ["patternProperties": [:]], false), ("options_schema", ["type": "text"], false),
      ("toolchains", [["name": "a", "probe": []]], false), ("env_passthrough", ["A-B"], false),
      ("env_passthrough", ["PATH"], false), ("env_passthrough", ["LD_PRELOAD"], false), ("helpers", ["a/b"], false),
      ("needs_network", "no", false),
    ]
    for row in rows {
      var manifest: [String: JSONValue] = [
        "protocol": ["1.0"], "name": "a", "version": "1", "phases": ["detect", "plan"], "detect": ["any": ["a"]],
      ]
      manifest[row.field] = row.value
      let json = JSONValue.object(manifest)
      let text = "\(row.field): \(CanonicalJSON.string(row.value))"
      XCTAssertEqual((try? PackManifest(JSONReader(json)) { _ in }) != nil, row.good, "packc: \(text)")
      XCTAssertEqual(check.problems(json).isEmpty, row.good, "the schema: \(text) \(check.problems(json))")
    }
  }
}
