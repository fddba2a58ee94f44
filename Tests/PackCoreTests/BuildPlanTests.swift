internal import TestSupport
import XCTest

@testable import PackCore

final class BuildPlanTests: XCTestCase {
  private static let digest = "sha256:" + String(repeating: "a", count: 64)
  private static let document = #"""
    {"steps": [{"id": "fetch", "argv": ["go", "mod", "download"], "cwd": "sub", "env": {"A": "1"},
      "inputs": ["go.mod"], "outputs": ["bin/x"], "files": {"${work}/lock": "text"}, "network": true,
      "cache_dirs": ["mod"], "tools": ["/usr/bin/go"]}],
     "lock_files": [{"path": "go.sum", "sha256": "DIGEST"}],
     "artifacts": [{"path": "${work}/x", "role": "program", "destination": "/app/x", "layer": "application",
       "exclude": ["**/*.pyc"]}],
     "entrypoint": ["/app/x", "--port"], "env": {"B": "2"}, "ports": ["8080/tcp"], "workdir": "/app",
     "writable": ["/data"],
     "runtime": {"trees": [{"path": "/usr/lib/python3", "destination": "/usr/lib/python3", "exclude": ["test"]}],
       "libraries": ["libgcc_s.so.1"]},
     "toolchains": [{"name": "go", "version": "1.27", "path": "/usr/bin/go"}],
     "decisions": [{"what": "go", "value": "1.22", "source": "go.mod"}], "name": "shop", "version": "1.0",
     "unresolved": {"ecosystem": "pypi", "inputs": [{"path": "r.txt", "sha256": "DIGEST"}],
       "step": {"id": "resolve", "argv": ["pip"]}, "output": "lock.json", "environment": {"python": "3.11"}}}
    """#.replacing("DIGEST", with: digest)

  private func plan(_ text: String) throws -> BuildPlan {
    try BuildPlan(JSONReader(JSONParser.parse(Array(text.utf8))))
  }

  func testEveryFieldSurvivesTheRoundTrip() throws {
    let plan = try plan(Self.document)
    XCTAssertEqual(plan.steps.first?.workingDirectory, RootPath("sub"))
    XCTAssertEqual(plan.steps.first?.network, true)
    XCTAssertEqual(plan.artifacts.first?.destination.absolute, "/app/x")
    XCTAssertEqual(plan.unresolved?.step.id, "resolve")
    let again = try BuildPlan(JSONReader(plan.json))
    XCTAssertEqual(CanonicalJSON.string(again.json), CanonicalJSON.string(plan.json))
    func keys(_ value: JSONValue) -> Int {
      (value.object?.values.reduce(value.object?.count ?? 0) { $0 + keys($1) } ?? 0)
        + (value.array?.reduce(0) { $0 + keys($1) } ?? 0)
    }
    XCTAssertEqual(keys(plan.json), keys(try JSONParser.parse(Array(Self.document.utf8))), "no field is dropped")
  }

  func testAnEmptyPlanIsAPlan() throws {
    let plan = try plan("{}")
    XCTAssertTrue(plan.steps.isEmpty)
    XCTAssertTrue(plan.workingDirectory.isRoot)
    XCTAssertNil(plan.unresolved)
  }

  func testBadPlansNameTheField() {
    let table: [(String, String)] = [
      (#"{"steps":[{"id":"a","argv":["x"]},{"id":"a","argv":["y"]}]}"#, "document: two steps have the id \"a\""),
      (#"{"steps":[{"id":"A","argv":["x"]}]}"#, "steps[0]: a step's id is"),
      (#"{"steps":[{"id":"","argv":["x"]}]}"#, "steps[0]: a step's id is"),
      (#"{"steps":[{"id":"a","argv":[]}]}"#, "steps[0].argv: a command needs a program"),
      (#"{"steps":[{"id":"a","argv":["\u0000"]}]}"#, "steps[0].argv: a command needs a program"),
      (#"{"steps":[{"id":"a","argv":["x"],"cwd":"../x"}]}"#, "steps[0].cwd: \"../x\" is not a path inside"),
      (#"{"steps":[{"id":"a","argv":["x"],"outputs":["a/../b"]}]}"#, "steps[0].outputs[0]: "),
      (#"{"artifacts":[{"path":"x","role":"exe","destination":"/a","layer":"application"}]}"#, "artifacts[0].role: "),
      (#"{"artifacts":[{"path":"x","role":"data","destination":"/a","layer":"app"}]}"#, "artifacts[0].layer: "),
      (#"{"lock_files":[{"path":"x","sha256":"abc"}]}"#, "lock_files[0].sha256: not a sha256 digest"),
      (#"{"entrypoint":"x"}"#, "entrypoint: expected an array"), ("[]", "document: expected an object"),
    ]
    for (text, message) in table {
      let failure = assertFailure("bad_json", exit: .badInput, text) { try plan(text) }
      XCTAssertTrue(failure?.message.hasPrefix(message) ?? false, "\(text): \(failure?.message ?? "")")
    }
  }

  func testLayersKeepTheirOrder() {
    XCTAssertEqual(LayerRole.allCases.sorted(), LayerRole.allCases)
    XCTAssertTrue(LayerRole.runtime < .dependencies && LayerRole.dependencies < .application)
  }

  func testFactsCarryTheirClosure() {
    func fact(_ closed: ContractFact.Closure) -> JSONValue? {
      ContractFact(
        id: "rootfs.shells", kind: "shells", values: [], closed: closed, level: .proven, subject: [],
        method: "file list", tool: ("packc", "1")
      ).json["closed"]
    }
    XCTAssertEqual(fact(.closed), true)
    XCTAssertEqual(fact(.open), false)
    XCTAssertEqual(fact(.unknown), "unknown")
  }
}
