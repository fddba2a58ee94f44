import PackCore
import TestSupport
import XCTest

@testable import Packs

/// The phases `facts` and `sbom`.
final class ClaimsTests: XCTestCase {
  private let reader = ClaimsReader { ["main.go", "go.sum"].contains($0.description) }

  private func facts(_ json: JSONValue) throws -> [SourceFact] { try reader.facts(JSONReader(["facts": json])) }
  private func components(_ json: JSONValue) throws -> [SoftwareComponent] {
    try reader.components(JSONReader(["components": json]))
  }

  func testFacts() throws {
    let found = try facts([
      [
        "kind": "env-vars", "values": ["B", "A", "A"], "closed": false, "method": "call sites",
        "evidence": [["path": "main.go", "line": 7]], "caveats": ["one name is computed"],
      ], ["kind": "routes", "values": [], "level": "declared", "method": "m"],
    ])
    XCTAssertEqual(found.map(\.kind), ["env-vars", "routes"])
    XCTAssertEqual(found[0].values, ["A", "B"])
    XCTAssertEqual(found.map(\.closed), [.open, .unknown])
    XCTAssertEqual(found.map(\.level), [.observed, .declared])
    XCTAssertEqual(found[0].evidence, [.init(path: RootPath(literal: "main.go"), line: 7)])
    let rows: [(JSONValue, String)] = [
      ([["kind": "E v", "values": [], "method": "m"]], "lower-case"), ([["kind": "e", "values": []]], "method"),
      ([["kind": "e", "values": [], "method": "m", "level": "proven"]], "never more"),
      ([["kind": "e", "values": [], "method": "m", "evidence": [["path": "../x"]]]], "inside its root"),
      ([["kind": "e", "values": [], "method": "m", "evidence": [["path": "other.go"]]]], "no file of the project"),
      ([["kind": "e", "values": [], "method": "m"], ["kind": "e", "values": [], "method": "m"]], "two facts"),
      ([["kind": "e", "values": [1], "method": "m"]], "string"), (["x"], "expected an object"), ("x", "array"),
    ]
    for (json, text) in rows {
      let failure = try failure { try facts(json) }
      XCTAssertTrue(failure.message.contains(text), "\(CanonicalJSON.string(json)): \(failure.message)")
    }
  }

  func testComponents() throws {
    let digest = String(repeating: "ab", count: 32)
    let found = try components([
      ["name": "b", "version": "2", "purl": "pkg:golang/b@2", "evidence": ["go.sum"]],
      ["name": "a", "version": "1", "purl": "pkg:golang/a@1", "hashes": ["SHA-256": .string(digest)]],
    ])
    XCTAssertEqual(found.map(\.name), ["a", "b"], "sorted by purl")
    let rows: [(JSONValue, String)] = [
      ([["name": "a", "version": "1", "purl": "a@1"]], "package URL"),
      ([["name": "a", "version": "1", "purl": "pkg:a b"]], "package URL"),
      ([["name": "a", "version": "1", "purl": "pkg:a", "hashes": ["SHA-256": "ab"]]], "hashes"),
      ([["name": "a", "version": "1", "purl": "pkg:a", "hashes": ["CRC": "ab"]]], "none of MD5, SHA-1"),
      ([["name": "a", "version": "1", "purl": "pkg:a"], ["name": "b", "version": "1", "purl": "pkg:a"]], "twice"),
      ([["name": "a", "version": "1", "purl": "pkg:a", "evidence": ["x"]]], "no file of the project"),
    ]
    for (json, text) in rows {
      let failure = try failure { try components(json) }
      XCTAssertTrue(failure.message.contains(text), "\(CanonicalJSON.string(json)): \(failure.message)")
    }
  }

  func testOnlyAPackThatNamesThePhaseIsAsked() throws {
    let bench = try Workbench()
    try bench.write("", "project/main.go")
    let body = """
      case $1 in
      facts) answer '"status":"ok","result":{"facts":[{"kind":"routes","values":["/"],"method":"m"}]}' ;;
      sbom) answer '"status":"ok","result":{"components":[{"name":"a","version":"1","purl":"pkg:x/a@1"}]}' ;;
      esac
      """
    try bench.pack("10-silent", body)
    try bench.pack("20-says", manifest: ["phases": ["detect", "plan", "facts", "sbom"]], body)
    let host = bench.host()
    let (silent, says) = (try host.load().packs[0], try host.load().packs[1])
    XCTAssertEqual(try host.facts(silent, of: bench.input()).count, 0)
    XCTAssertEqual(try host.facts(says, of: bench.input()).map(\.kind), ["routes"])
    XCTAssertEqual(try host.components(says, of: bench.input()).map(\.purl), ["pkg:x/a@1"])
  }
}
