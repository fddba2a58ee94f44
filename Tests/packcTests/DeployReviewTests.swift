import PackCore
import TestSupport
import XCTest

/// The contract of what is deployed: the review card, what stops a deployment, and the ledger.
final class DeployReviewTests: XCTestCase {
  private func write(_ project: HostPath, needs: String) throws {
    let yaml = (Projects.c["unik.yaml"] ?? "") + "contract: {env: {required: [\(needs)]}}\n"
    try FileSystem.writeAtomically(Array(yaml.utf8), to: project / "unik.yaml")
    // A build does not believe its record of files that changed while it began.
    usleep(200_000)
  }

  func testWhatBreaksTheContractWaitsForAReview() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "project")
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let place = ["--project", project.description]
    let deploy = ["deploy", "--publish", "\(try Ports.free()):8080", "--yes", "--json"] + place
    defer { _ = try? packc("destroy", "greeter", "--yes") }
    func build(needs: String) throws {
      try write(project, needs: needs)
      try packc(["build"] + place).expect(.done)
    }
    func ledger() throws -> [String] {
      try packc(["proofs", "list", "--json"] + place).json?["entries"]?.array?.map {
        "\($0["event"]?.string ?? "") \($0["verdict"]?.string ?? "")"
      } ?? []
    }

    try build(needs: "URL")
    let first = try packc(deploy).expect(.done).json?["contract"]
    XCTAssertEqual(first?["state"], "passes")
    XCTAssertEqual(first?["verdict"], "none")
    XCTAssertGreaterThan(first?["levels"]?["proven"]?.integer ?? 0, 10)
    XCTAssertEqual(try ledger(), ["deployment none"])
    try packc(["review"] + place).expect(.done)

    // It needs a variable more: somebody has to look, and nothing has changed meanwhile.
    try build(needs: "URL, KEY")
    try packc(deploy + ["--dry-run"]).expect(.drift)
    let stopped = try packc(deploy).expect(.drift)
    XCTAssertEqual(stopped.json?["error"]?["code"], "contract_broken")
    XCTAssertTrue(stopped.errors.contains("declared.env.required added: KEY"), stopped.errors)
    XCTAssertEqual(try ledger(), ["deployment none"])
    let card = try packc(["review", "--json"] + place).expect(.drift).json
    XCTAssertEqual(card?["state"], "pending")
    XCTAssertEqual(card?["verdict"], "breaking")
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "review").problems(card ?? .null), [])
    XCTAssertTrue(try packc(["review"] + place).output.contains("somebody has to approve"))

    try packc(["review", "greeter", "--reject", "--by", "ann", "--reason", "too early"] + place).expect(.done)
    let refused = try packc(deploy + ["--confirm"]).expect(.drift)
    XCTAssertTrue(refused.errors.contains("rejected by ann: too early"), refused.errors)
    try packc(["review", "--grant"] + place).expect(.usage)
    try packc(["review", "--approve", "--grant=2020-01-01"] + place).expect(.usage)
    try packc(["review", "--approve", "--grant", "--by", "ann"] + place).expect(.done)
    XCTAssertEqual(try packc(deploy).expect(.done).json?["contract"]?["state"], "approved")
    XCTAssertEqual(try ledger(), ["deployment none", "deployment breaking"])

    // Back, and the same once more: it is granted. What runs is what counts, not what was deployed last.
    try packc("rollback", "greeter", "1").expect(.done)
    XCTAssertEqual(try ledger().last, "deployment safe_with_additions")
    XCTAssertEqual(try packc(deploy).expect(.done).json?["contract"]?["state"], "granted")
    let grants = try packc(["grants", "--json"] + place).expect(.done).json
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "grants").problems(grants ?? .null), [])
    XCTAssertEqual(grants?["grants"]?.array?.map { $0["value"] }, ["KEY"])
    let id = try XCTUnwrap(grants?["grants"]?.array?.first?["id"]?.string)
    XCTAssertTrue(try packc(["grants"] + place).output.contains(id))
    let revoked = try packc(["grants", "revoke", id, "--json"] + place).expect(.done).json
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "grants-revoke").problems(revoked ?? .null), [])
    XCTAssertEqual(try packc(["grants", "--json"] + place).json?["grants"], [])

    // The same is decided where the build is a stage of the deployment.
    try write(project, needs: "URL, KEY, MORE")
    let built = try packc(deploy + ["--wait=240"]).expect(.drift)
    XCTAssertEqual(built.json?["error"]?["code"], "contract_broken")
    XCTAssertTrue(built.errors.contains("MORE"), built.errors)
    let waiting = try packc("status", "greeter", "--json").json?["machines"]?.array?.first
    XCTAssertEqual(waiting?["readiness"]?["build"]?["result"], "waiting", "it was built: \(waiting ?? .null)")
    XCTAssertTrue(try packc("status", "greeter").output.contains("was built and not deployed"))
    XCTAssertEqual(try packc(["review", "--json"] + place).expect(.drift).json?["state"], "pending")
    try write(project, needs: "URL, KEY, MORE, STILL")
    let meant = try packc(deploy + ["--wait=240", "--confirm"]).expect(.done).json
    XCTAssertEqual(meant?["contract"]?["verdict"], "breaking")
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "deploy").problems(meant ?? .null), [])
    XCTAssertEqual(try ledger().last, "deployment breaking")

    // A ledger that somebody has changed is no baseline.
    let found = try packc.run(["/usr/bin/find", "\(packc.state.path)/state/packc/proofs", "-name", "proofs.jsonl"])
      .output
    let file = HostPath(found.split(separator: "\n").map(String.init).first ?? "")
    var bytes = try FileSystem.read(file)
    bytes[40] ^= 1
    try FileSystem.writeAtomically(bytes, to: file)
    try write(project, needs: "URL")
    try packc(["build"] + place).expect(.done)
    XCTAssertEqual(try packc(deploy + ["--confirm"]).expect(.badInput).json?["error"]?["code"], "bad_ledger")
    try packc("destroy", "greeter").expect(.done)
  }
}
