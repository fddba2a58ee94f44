import PackCore
import TestSupport
import XCTest

/// What the source says of a program, from `packc plan --facts` to contract, labels, verdict and a refused release.
final class SourceFactsProjectTests: XCTestCase {
  private var made: Site?
  private var site: Site { get throws { try XCTUnwrap(made) } }
  private var project: HostPath { get throws { try site.directory / "rates" } }

  override func setUpWithError() throws {
    made = try Site()
    try write()
  }

  private func write(host: String = "rates.example.com", contract: String = "") throws {
    let program = """
      import http.server
      import os
      import urllib.request

      NAME = os.environ.get("NAME", "nobody")


      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              urllib.request.urlopen("https://\(host)/latest")


      http.server.HTTPServer(("", 8080), Handler).serve_forever()

      """
    try site.write(["app.py": program, "unik.yaml": "version: 1\nname: rates\n\(contract)"], to: "rates")
  }

  private func packc(_ arguments: String...) throws -> PackcResult { try site.packc(arguments).in(project).run() }

  private func facts(of document: JSONValue) -> [String: JSONValue] {
    Dictionary((document["facts"]?.array ?? []).map { ($0["kind"]?.string ?? "", $0) }) { first, _ in first }
  }

  func testThePlanShowsWhatTheContractWillSay() throws {
    let plan = try packc("plan", "--facts", "--json").expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("plan.schema.json", definition: "facts").problems(plan), [])
    let found = facts(of: plan)
    XCTAssertEqual(found["egress"]?["values"], ["rates.example.com"])
    XCTAssertEqual(found["egress"]?["closed"], true)
    XCTAssertEqual(found["ports"]?["values"], ["8080/tcp"])
    XCTAssertEqual(found["env-optional"]?["values"], ["NAME"])
    try packc("plan", "--facts").expect(exit: .done).expect(standardOutputContains: "egress (all)\n  rates.example.com")
  }

  func testAnAddedHostIsForReview() throws {
    _ = try site.build(project, "--no-unikernel")
    let contract = try JSONParser.parse(FileSystem.read(project / ".packc/contract.json", limit: 1 << 22))
    let egress = try XCTUnwrap(contract["facts"]?.array?.first { $0["id"] == "source.egress" })
    XCTAssertEqual(egress["values"], ["rates.example.com"])
    XCTAssertEqual(egress["level"], "observed")
    XCTAssertEqual(egress["evidence"]?.array?.first?["line"], 10)
    XCTAssertEqual(egress["evidence"]?.array?.first?["path"], "app.py")
    try packc("proofs", "record").expect(exit: .done)
    try write(host: "other.example.com")
    _ = try site.build(project, "--no-unikernel")
    let diff = try packc("proofs", "diff", "--baseline", "HEAD", "--json").expect(exit: .done).json().value
    XCTAssertEqual(diff["verdict"], "review_required")
    let labels = try packc("image", "inspect", "--json").expect(exit: .done)
    XCTAssert(labels.standardOutput.contains("dev.packc.contract.source.egress"), labels.standardOutput)
  }

  func testAReleaseThatTheSourceContradictsIsRefused() throws {
    try write(contract: "contract: {egress: [\"elsewhere.example.com:443\"], env: {optional: []}}\n")
    let refused = try packc("build", "--release", "--no-unikernel")
    refused.expect(exit: .gateFailed)
    for part in ["contract.egress", "rates.example.com", "app.py:10", "contract.env.optional", "NAME"] {
      XCTAssert(refused.standardError.contains(part), refused.standardError)
    }
    XCTAssertFalse(try FileSystem.exists(project / ".packc/image"))
    let warned = try packc("build", "--debug", "--no-unikernel").expect(exit: .done)
    XCTAssert(warned.standardError.contains("contract.egress"), warned.standardError)
  }
}
