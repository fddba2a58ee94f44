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

  func testARemovedRouteBreaks() throws {
    func write(_ routes: [String]) throws {
      let handlers = routes.map { "\thttp.HandleFunc(\"\($0)\", answer)\n" }.joined()
      let program =
        "package main\n\nimport \"net/http\"\n\nfunc answer(w http.ResponseWriter, r *http.Request) {}\n\n"
        + "func main() {\n\(handlers)\thttp.ListenAndServe(\":8080\", nil)\n}\n"
      try site.write(["go.mod": "module example.com/routes\n\ngo 1.22\n", "main.go": program], to: "routes")
    }
    let project = try site.directory / "routes"
    try write(["GET /items", "GET /prices"])
    _ = try site.build(project, "--no-unikernel")
    let before = try site.directory / "before.json"
    try FileSystem.copyFile(project / ".packc/contract.json", to: before, mode: 0o644)
    for (routes, verdict, exit) in [
      (["GET /items"], "breaking", ExitCode.drift),
      (["GET /items", "GET /prices", "GET /x"], "safe_with_additions", .done),
    ] {
      try write(routes)
      _ = try site.build(project, "--no-unikernel")
      let diff = try site.packc("proofs", "diff", "--baseline", "\(before)", "--fail-on", "breaking", "--json")
        .in(project).run().expect(exit: exit).json().value
      XCTAssertEqual(diff["verdict"]?.string, verdict, "\(diff)")
      let change = diff["changes"]?.array?.first { $0["id"] == "source.routes" }
      XCTAssertEqual(change?["values"], exit == .drift ? ["GET /prices"] : ["GET /x"])
    }
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
