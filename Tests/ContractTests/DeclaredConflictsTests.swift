import PackCore
import XCTest

@testable import Contract

final class DeclaredConflictsTests: XCTestCase {
  private func fact(
    _ id: String, _ values: [String], _ closed: ContractFact.Closure = .closed, _ level: ContractFact.Level = .observed
  ) -> ContractFact {
    ContractFact(
      id: id, kind: "k", values: values, closed: closed, level: level, subject: [], method: "test",
      tool: ("test", "1"), evidence: [.init(path: "app.py", line: 7)])
  }

  private func keys(_ facts: [ContractFact], ports: [String]? = nil) -> [String: [String]] {
    let document = ContractDocument(subject: Digest(of: [0]), mode: .release, facts: facts)
    return Dictionary(uniqueKeysWithValues: DeclaredConflicts(document, ports: ports).all.map { ($0.key, $0.values) })
  }

  func testHosts() {
    let written = fact("declared.egress", ["*.example.com:443", "db:5432"], .closed, .declared)
    let rows: [(String, Bool)] = [
      ("api.example.com", false), ("api.example.com:443", false), ("api.example.com:80", true), ("example.com", true),
      ("db:5432", false), ("db", false), ("db:5433", true), ("other.org", true), ("localhost:99", false),
      ("127.0.0.1", false), ("[::1]:5", false),
    ]
    for (host, conflicts) in rows {
      XCTAssertEqual(
        keys([written, fact("source.egress", [host], .open)]), conflicts ? ["contract.egress": [host]] : [:], host)
    }
    let unwritten = fact("declared.egress", [], .unknown, .declared)
    XCTAssertEqual(keys([unwritten, fact("source.egress", ["other.org"])]), [:])
    XCTAssertEqual(keys([written]), [:])
  }

  func testVariables() {
    let required = fact("declared.env.required", ["A", "B"], .closed, .declared)
    let optional = fact("declared.env.optional", ["C"], .closed, .declared)
    let found = [
      fact("source.env-required", ["A", "X", "HOME"]), fact("source.env-optional", ["B", "C", "Y", "PORT"]),
    ]
    XCTAssertEqual(
      keys([required, optional] + found), ["contract.env.required": ["X"], "contract.env.optional": ["Y"]])
    XCTAssertEqual(keys([required] + found), ["contract.env.required": ["X"]])
  }

  func testPorts() {
    XCTAssertEqual(keys([fact("source.ports", ["80/tcp"])], ports: ["81/tcp"]), ["run.ports": ["81/tcp"]])
    XCTAssertEqual(keys([fact("source.ports", ["80/tcp", "90/tcp"])], ports: ["80/tcp"]), [:])
    XCTAssertEqual(keys([fact("source.ports", ["80/tcp"], .open)], ports: ["81/tcp"]), [:])
    XCTAssertEqual(keys([fact("source.ports", [])], ports: ["81/tcp"]), [:])
    XCTAssertEqual(keys([fact("source.ports", ["80/tcp"])]), [:])
  }

  func testProperties() {
    let readOnly = fact("declared.property.read-only", ["true"], .closed, .declared)
    XCTAssertEqual(
      keys([readOnly, fact("source.writes", ["/tmp/x", "data/log"])]), ["contract.properties.read-only": ["data/log"]])
    XCTAssertEqual(keys([readOnly, fact("source.writes", ["/tmp", "/tmp/x"])]), [:])
    XCTAssertEqual(
      keys([fact("declared.property.read-only", ["false"], .closed, .declared), fact("source.writes", ["x"])]), [:])
  }

  func testTheFailureSaysWhatWhereAndWhatNext() throws {
    let document = ContractDocument(
      subject: Digest(of: [0]), mode: .release,
      facts: [fact("declared.egress", [], .closed, .declared), fact("source.egress", ["other.org"])])
    let failure = try XCTUnwrap(DeclaredConflicts(document).failure)
    XCTAssertEqual(failure.exit, .gateFailed)
    for part in ["contract.egress", "other.org", "app.py:7", "packc plan --facts"] {
      XCTAssert(failure.description.contains(part), "\(failure)")
    }
  }
}
