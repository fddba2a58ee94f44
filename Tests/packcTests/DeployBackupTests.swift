import Glibc
import PackCore
import TestSupport
import XCTest

/// Backups, bundles, and volumes and variables of deployments that are changed, on real machines.
final class DeployBackupTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
  }
  private nonisolated(unsafe) static var made: Fixture?
  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(VolumeCommandTests.project, to: "counter")
    _ = try site.build(project)
    let made = Fixture(site: site, project: project)
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  private func call() throws -> (packc: DetachedCall, project: String) {
    let fixture = try fixture()
    return (
      DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: fixture.site.home / "cache"),
      fixture.project.description
    )
  }

  private func wait(_ packc: DetachedCall, _ name: String, for text: String) throws {
    let deadline = HostContext.monotonicClock() + 60_000_000_000
    while HostContext.monotonicClock() < deadline {
      if try packc("logs", name).output.contains(text) { return }
      usleep(200_000)
    }
    XCTFail("\(name) did not say \(text): \(try packc("show", name).output)\(try packc("logs", name).output)")
  }

  private func waitForEnd(_ packc: DetachedCall, _ name: String) throws {
    let deadline = HostContext.monotonicClock() + 60_000_000_000
    while HostContext.monotonicClock() < deadline {
      if try packc("show", name, "--json").json?["state"] == "exited" { return }
      usleep(200_000)
    }
    XCTFail("\(name) did not end: \(try packc("show", name).output)")
  }

  /// The program counts its starts in its volume: what it says is what the volume has.
  func testBackupDestroyRestoreGivesTheSameData() throws {
    let (packc, project) = try call()
    defer { for name in ["one", "twin"] { _ = try? packc("destroy", name, "--volumes", "--yes") } }
    let file = (packc.state / "one.tar").description
    let publish = "\(try Ports.free()):8080"
    try packc(
      "deploy", project, "--name", "one", "--volume", "kept:/data", "--env", "WAIT=1", "--publish", publish
    ).expect(.done)
    try wait(packc, "one", for: "count 0")

    let refused = try packc("backup", "one", "-o", file).expect(.tryAgain)
    XCTAssertTrue(refused.errors.contains("--stop"), refused.errors)
    XCTAssertFalse(FileSystem.exists(HostPath(file)))
    let stopped = try packc("backup", "one", "-o", file, "--stop", "--json").expect(.done)
    XCTAssertEqual(stopped.json?["stopped"], true)
    XCTAssertEqual(stopped.json?["volumes"], ["kept"])
    try wait(packc, "one", for: "count 1")
    try packc("backup", "one", "-o", file).expect(.badInput)

    // Gone with all of its data, after another backup.
    let last = (packc.state / "last.tar").description
    let destroyed = try packc("destroy", "one", "--volumes", "--yes", "--backup=\(last)").expect(.done)
    XCTAssertTrue(destroyed.output.contains(last), destroyed.output)
    XCTAssertEqual(try packc("volume", "list", "--json").json?["volumes"]?.array?.count, 0)
    let restored = try packc("restore", last).expect(.done)
    XCTAssertTrue(restored.output.contains("packc start one"), restored.output)
    XCTAssertEqual(try packc("show", "one", "--json").json?["state"], "exited")
    try packc("start", "one").expect(.done)
    try wait(packc, "one", for: "count 2")
    // The first backup beside it.
    try packc("restore", file).expect(.badInput)
    try packc("restore", file, "--name", "twin", "--volume", "kept=kept-2").expect(.done)
    try packc("stop", "one").expect(.done)
    try packc("start", "twin").expect(.done)
    try wait(packc, "twin", for: "count 1")
  }

  func testAnUpgradeBacksUpTheVolumesFirst() throws {
    let (packc, project) = try call()
    defer { for name in ["one", "old"] { _ = try? packc("destroy", name, "--volumes", "--yes") } }
    let base = [
      "deploy", project, "--name", "one", "--volume", "kept:/data", "--env", "WAIT=1", "--yes", "--json", "--publish",
      "\(try Ports.free()):8080",
    ]
    XCTAssertNil(try packc(base).expect(.done).json?["backup"])
    try wait(packc, "one", for: "count 0")
    // No place for a backup: it runs again as it did.
    let place = packc.state / "state/packc/backups"
    try FileSystem.writeAtomically([], to: place)
    let refused = try packc(base + ["--env", "MORE=1"])
    XCTAssertEqual(refused.json?["error"]?["code"], "backup_failed", refused.output)
    XCTAssertTrue(refused.errors.contains("\(place)"), refused.errors)
    try wait(packc, "one", for: "count 0\ncount 1")
    XCTAssertEqual(try packc("show", "one", "--json").json?["release"], 1)
    try FileSystem.removeFile(place)
    let upgraded = try packc(base + ["--env", "MORE=1"]).expect(.done)
    let file = try XCTUnwrap(upgraded.json?["backup"]?.string)
    XCTAssertTrue(file.hasSuffix("/backups/one/before-release-2.tar"), file)
    try wait(packc, "one", for: "count 2")
    XCTAssertNil(try packc(base + ["--env", "MORE=2", "--no-backup"]).expect(.done).json?["backup"])
    try wait(packc, "one", for: "count 3")
    try packc("restore", file, "--name", "old", "--volume", "kept=old").expect(.done)
    try packc("stop", "one").expect(.done)
    try packc("start", "old").expect(.done)
    try wait(packc, "old", for: "count 2")
    let gone = try packc("destroy", "one", "--volumes", "--yes").expect(.done)
    XCTAssertTrue(gone.output.contains("earlier backups"), gone.output)
    XCTAssertFalse(FileSystem.exists(HostPath(file)))
  }

  func testVolumesAndVariablesOfADeploymentChange() throws {
    let (packc, project) = try call()
    defer { for name in ["one", "two"] { _ = try? packc("destroy", name, "--volumes", "--yes") } }
    let ports = try (0..<2).map { _ in "\(try Ports.free()):8080" }
    try packc("volume", "create", "a", "--size", "16Mi").expect(.done)
    try packc("deploy", project, "--name", "one", "--publish", ports[0]).expect(.done)
    try waitForEnd(packc, "one")
    // It does not run: from its next start on.
    try packc("volume", "attach", "b", "one:/data").expect(.badInput)
    try packc("volume", "attach", "a", "one:/elsewhere").expect(.usage)
    XCTAssertEqual(try packc("volume", "attach", "a", "one:/data", "--json").expect(.done).json?["action"], "changed")
    XCTAssertEqual(try packc("volume", "attach", "a", "one:/data", "--json").json?["action"], "unchanged")
    let set = try packc("env", "set", "one", "WAIT=1", "NAME=x").expect(.done)
    XCTAssertFalse(set.output.contains("=x"), "values may be secret")
    XCTAssertEqual(try packc("show", "one", "--json").json?["state"], "exited")
    try packc("start", "one").expect(.done)
    try wait(packc, "one", for: "count 0\ncount 0")
    XCTAssertEqual(
      try packc("env", "list", "one", "--json").json?["variables"],
      [["managed": true, "name": "NAME", "value": "x"], ["managed": true, "name": "WAIT", "value": "1"]])

    // It runs, and has the disk.
    try packc("deploy", project, "--name", "two", "--publish", ports[1]).expect(.done)
    try waitForEnd(packc, "two")
    let taken = try packc("volume", "attach", "a", "two:/data").expect(.tryAgain)
    XCTAssertTrue(taken.errors.contains("the deployment one"), taken.errors)
    // What `env set` has set outlives a deploy that says nothing of it.
    let again = try packc(
      "deploy", project, "--name", "one", "--volume", "a:/data", "--publish", ports[0], "--yes", "--json"
    ).expect(.done)
    XCTAssertEqual(again.json?["action"], "unchanged")
    try packc("env", "unset", "one", "NAME").expect(.drift)
    try packc("env", "unset", "one", "NAME", "--confirm").expect(.usage)
    try packc("env", "unset", "one", "NAME", "--confirm", "--yes").expect(.done)
    try wait(packc, "one", for: "count 1")
    try packc("volume", "detach", "b", "one", "--confirm", "--yes").expect(.usage)
    let drift = try packc("volume", "detach", "a", "one", "--yes").expect(.drift)
    XCTAssertTrue(drift.errors.contains("a:/data"), drift.errors)
    try packc("volume", "detach", "a", "one", "--confirm", "--yes").expect(.done)
    XCTAssertEqual(try packc("volume", "attach", "a", "two:/data", "--json").expect(.done).json?["action"], "changed")
    XCTAssertNil(try packc("volume", "show", "a", "--json").json?["in_use_by"]?.string)
    try packc("start", "two").expect(.done)
    try wait(packc, "two", for: "count 2")
  }

  /// A host with nothing of packc's but the program, and without any network but its own loopback.
  func testABundleInstallsAndAnswersWithoutNetwork() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    _ = try site.build(project)
    for name in ["a", "b"] {
      try site.packc("bundle", project.description, "-o", "\(site.directory.path)/\(name).bundle").run().expect(
        exit: .done)
    }
    let bundle = site.directory / "a.bundle"
    XCTAssertEqual(try FileSystem.read(bundle), try FileSystem.read(site.directory / "b.bundle"))
    // The same from another home and another directory, at another time.
    let other = try Site("other", in: TemporaryDirectory("packc-elsewhere"))
    let copy = try other.write(Projects.c, to: "a/b/shop")
    try other.packc("bundle", copy.description, "-o", "\(other.directory.path)/c.bundle").run().expect(exit: .done)
    XCTAssertEqual(try FileSystem.read(bundle), try FileSystem.read(other.directory / "c.bundle"))

    let port = try Ports.free()
    let script = #"""
      ip link set lo up
      ip route get 1.1.1.1 && exit 9
      "$1" deploy "$2" --name far --publish "$3:8080" --wait >&2 || exit 8
      curl -sf --max-time 20 "http://127.0.0.1:$3/"
      "$1" destroy far >&2 || exit 7
      """#
    let empty = try TemporaryDirectory("packc-empty")
    let result = try Tools.run(
      "unshare",
      ["-rn", "/bin/bash", "-c", script, "bash", PackcProcess.binary().description, "\(bundle)", "\(port)"],
      environment: [
        "HOME": "\(empty.path)", "XDG_STATE_HOME": "\(empty.path)/state", "XDG_CACHE_HOME": "\(empty.path)/cache",
        "XDG_CONFIG_HOME": "\(empty.path)/config",
      ], timeout: 240)
    XCTAssertTrue(result.succeeded, "\(result.end) \(result.errorText)")
    XCTAssertFalse(result.outputText.isEmpty)
    XCTAssertEqual(result.outputText, try local(site, project))

    // One byte in the kernel, and nothing starts.
    var bytes = try FileSystem.read(bundle)
    bytes[bytes.count / 2] ^= 1
    let bad = try site.directory.write(bytes, to: "bad.bundle")
    for command in ["deploy", "run"] {
      try site.packc(command, "\(bad)").run().expect(exit: command == "run" ? .runFailed : .badInput)
        .expect(standardErrorContains: "is damaged")
    }
  }

  /// What the same program answers when it was not bundled, and as a bundle in the foreground.
  private func local(_ site: Site, _ project: HostPath) throws -> String {
    let answers = try [project.description, "\(site.directory.path)/a.bundle"].map { place in
      let port = try Ports.free()
      let machine = try Background(site, ["run", place, "--publish", "\(port):8080"])
      defer { machine.signal(SIGTERM) }
      return try machine.answer(port: port)
    }
    XCTAssertEqual(answers[0], answers[1])
    return answers[0]
  }
}
