import Glibc
import PackCore
import TestSupport
import XCTest

/// Kept volumes of deployments: their data outlives what used them, and goes only when somebody says so.
final class DeployVolumeTests: XCTestCase {
  private func waitForEnd(_ packc: DetachedCall, _ name: String) throws {
    for _ in 0..<600 {
      if try packc("show", name, "--json").json?["state"] == "exited" { return }
      usleep(100_000)
    }
    XCTFail("\(name) did not end: \(try packc("show", name).output)\(try packc("logs", name).output)")
  }

  private func fates(_ answer: DetachedCall.Answer) -> [String: String] {
    let lines = answer.json?["destroyed"]?.array?.first?["resources"]?.array ?? []
    return Dictionary(
      uniqueKeysWithValues: lines.compactMap { line in
        line["resource"]?.string.flatMap { resource in line["fate"]?.string.map { (resource, $0) } }
      })
  }

  func testDataOutlivesTheDeploymentAndIsAttachedAgain() throws {
    let site = try Site()
    let project = try site.write(VolumeCommandTests.project, to: "counter")
    usleep(200_000)  // A build does not believe its record of files that changed while it began.
    _ = try site.build(project)
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let place = project.description
    defer { for name in ["one", "two", "lost"] { _ = try? packc("destroy", name) } }

    try packc("deploy", place, "--name", "lost").expect(.done)
    try waitForEnd(packc, "lost")
    XCTAssertTrue(try packc("show", "lost").output.contains("/data (in memory"))
    let shown = try packc("show", "lost", "--json").json
    XCTAssertEqual(shown?["memory_volumes"]?.array?.count, 1)
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "show").problems(shown ?? .null), [])
    try packc("destroy", "lost").expect(.done)
    let wrong = try packc("deploy", place, "--name", "one", "--volume", "kept:/elsewhere").expect(.usage)
    XCTAssertTrue(wrong.errors.contains("/data"), wrong.errors)
    let kept = try packc("deploy", place, "--name", "one", "--volume", "kept:/data").expect(.done)
    XCTAssertFalse(kept.errors.contains("lies in memory"), kept.errors)
    try waitForEnd(packc, "one")
    XCTAssertEqual(try packc("logs", "one").output, "count 0\n")

    // It belongs to a deployment that does not run, too.
    let refused = try packc("volume", "destroy", "kept", "--yes").expect(.failed)
    XCTAssertTrue(refused.output.contains("belongs to the deployment one"), refused.output)
    // And perhaps to one whose record nobody can read.
    let record = packc.state / "state/packc/machines/one/machine.json"
    let bytes = try FileSystem.read(record)
    try FileSystem.writeAtomically(Array("{\"schema\": 99}".utf8), to: record)
    let unsure = try packc("volume", "destroy", "kept", "--yes").expect(.failed)
    XCTAssertTrue(unsure.output.contains("machines/one/machine.json"), unsure.output)
    try FileSystem.writeAtomically(bytes, to: record)
    let drift = try packc("deploy", place, "--name", "one", "--yes").expect(.drift)
    XCTAssertTrue(drift.errors.contains("kept:/data"), drift.errors)
    XCTAssertEqual(fates(try packc("destroy", "one", "--json").expect(.done))["volume kept"], "kept")
    XCTAssertEqual(try packc("volume", "list", "--json").json?["volumes"]?.array?.count, 1)

    try packc("deploy", place, "--name", "two", "--volume", "kept:/data").expect(.done)
    try waitForEnd(packc, "two")
    XCTAssertEqual(try packc("logs", "two").output, "count 1\n")
    let asked = try packc("destroy", "two", "--volumes").expect(.usage)
    XCTAssertTrue(asked.errors.contains("the volume kept"), asked.errors)
    XCTAssertEqual(
      fates(try packc("destroy", "two", "--volumes", "--yes", "--json").expect(.done))["volume kept"], "deleted")
    XCTAssertEqual(try packc("volume", "list", "--json").json?["volumes"]?.array?.count, 0)
  }
}
