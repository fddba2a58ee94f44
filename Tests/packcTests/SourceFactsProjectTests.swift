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

  /// Other path, home, user, locale and time zone; files written in another order.
  func testFactsAreTheSameUnderOtherConditions() throws {
    func files(_ place: String) -> [(String, String)] {
      ["alpha", "beta", "gamma", "delta"].map { name in
        (
          "\(place)/\(name).py",
          "import os\nimport urllib.request\n\nKEY = os.environ[\"\(name.uppercased())_KEY\"]\n\n\n"
            + "def call():\n    urllib.request.urlopen(\"https://\(name).example.com/\")\n"
        )
      } + [
        ("\(place)/app.py", "import alpha\nimport beta\nimport delta\nimport gamma\n\nalpha.call()\nbeta.call()\n"),
        ("\(place)/unik.yaml", "version: 1\nname: many\n"),
      ]
    }
    func statements(_ site: Site, _ place: String, _ files: [(String, String)]) throws -> [String: [UInt8]] {
      for (path, text) in files { try site.directory.write(text, to: path) }
      let project = site.directory / place
      try site.packc("build", "\(project)", "--no-unikernel", "--no-cache").run().expect(exit: .done)
      let names = ["contract.json", "sbom.cdx.json", "provenance.json"]
      return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try FileSystem.read(project / ".packc" / HostPath($0))) })
    }
    let other = try Site("somebody")
    other.environment = ["LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati", "USER": "x"]
    let first = try statements(site, "many", files("many"))
    let second = try statements(other, "far/away/many", files("far/away/many").reversed())
    for (name, bytes) in first { XCTAssertEqual(second[name], bytes, name) }
    let contract = String(decoding: first["contract.json"] ?? [], as: UTF8.self)
    for name in ["ALPHA_KEY", "beta.example.com"] { XCTAssertTrue(contract.contains(name), contract) }
  }

  /// Values of secrets: in `.env`, in the environment, and as literals where the analyser looks for names. They are in no
  /// answer, message or file, but for the copies of the program's own source.
  func testNoSecretOfTheSourceReachesAnOutput() throws {
    let secrets = ["dotenv", "environment", "literal", "default", "password", "query", "header"].map {
      "ghp_\($0)4711plantedValue4711planted\($0)"
    }
    let program = """
      import os
      import urllib.request

      TOKEN = "\(secrets[2])"
      KEY = os.environ.get("API_KEY", "\(secrets[3])")
      NEEDED = os.environ["TOKEN"]
      urllib.request.urlopen("https://shop:\(secrets[4])@rates.example.com/v1?token=\(secrets[5])")
      urllib.request.urlopen(urllib.request.Request("https://x.example.com", headers={"Authorization": "\(secrets[6])"}))
      open("/tmp/out", "w").write(TOKEN)

      """
    try site.write(
      ["app.py": program, ".env": "TOKEN=\(secrets[0])\n", "k": TestKeys.ed25519, ".packcignore": "/k\n"], to: "rates")
    try site.environment["TOKEN"] = secrets[1]
    let key = String(TestKeys.ed25519.split(separator: "\n")[1])
    let calls = [
      ["plan", "--facts"], ["plan", "--facts", "--json"], ["lock", "-v"],
      ["build", "--no-unikernel", "-v", "--explain"],
      ["build", "--no-unikernel", "--json"], ["image", "attest", "--key", "k", "-v"], ["image", "inspect", "--json"],
      ["image", "sbom", "--format", "spdx"], ["image", "report"],
      ["image", "verify", "--json"],
      ["proofs", "record", "--key", "k"], ["proofs", "show"], ["proofs", "export", "--format", "md"],
      ["proofs", "export", "--format", "json"], ["proofs", "diff", "--format", "svg"], ["proofs", "list", "--json"],
      ["review", "--json"], ["review", "--approve", "--reason", "a test"], ["grants"],
    ]
    for call in calls {
      let result = try site.packc(call).in(project).run().expect(exit: .done)
      for secret in secrets + [key] {
        XCTAssertFalse((result.standardOutput + result.standardError).contains(secret), "\(call): \(secret)")
      }
    }
    let own = try Set(["app.py", ".env", "k"].map { "\(try project)/\($0)" })
    func files(_ script: String, _ argument: String = "") throws -> [String] {
      try Tools.output("sh", ["-c", script, "\(site.directory.path)", argument]).split(separator: "\n").map(String.init)
    }
    let listed = try files("find \"$0\" -type f")
    var places: [String: [String]] = [:]
    for secret in secrets + [key] {
      let found = try files("grep -raslF -e \"$1\" \"$0\" || true", secret)
      XCTAssertEqual(found.contains { own.contains($0) }, secret != secrets[1], "the search finds what is there")
      places[secret] = found.filter { !own.contains($0) }
    }
    XCTAssertGreaterThan(listed.count, 30)
    XCTAssertTrue(listed.contains { $0.hasSuffix("/proofs.jsonl") } && listed.contains { $0.contains("/reviews/") })
    // What the program is made of is the program's own affair.
    for secret in secrets.dropFirst(2) {
      let others = (places[secret] ?? []).filter { !$0.hasSuffix("/app.py") && !$0.hasSuffix(".pyc") }
      XCTAssertEqual(others, [], secret)
    }
    for secret in secrets.prefix(2) + [key] { XCTAssertEqual(places[secret] ?? [], [], secret) }
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
