import Glibc
import PackCore
import TestSupport
import XCTest

/// `packc deploy` of projects that have to be built first: the build is a stage of the operation, in a process of its own.
final class DeployBuildTests: XCTestCase {
  /// Where Go may be.
  private static let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  private nonisolated(unsafe) static var site: Site?
  override class func tearDown() { site = nil }

  private struct Place {
    let packc: DetachedCall
    let project: HostPath
    let port: Int
    var deploy: [String] { ["deploy", project.description, "--publish", "\(port):8080"] }
  }

  /// A project of its own whose build first does `command`, and a state directory of its own.
  private func place(_ command: String = "true") throws -> Place {
    let site = try Self.site ?? Site()
    Self.site = site
    let project = try site.write(Projects.c, to: "project-\(UInt32.random(in: 0 ... .max))")
    let yaml = Projects.c["unik.yaml"]!.replacingOccurrences(
      of: "command: make", with: "command: [sh, -c, \"\(command); make\"]")
    try FileSystem.writeAtomically(Array(yaml.utf8), to: project / "unik.yaml")
    return Place(
      packc: DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache"), project: project,
      port: Int(try Ports.free()))
  }

  func testADirectoryThatIsNoProjectIsNeverADeployment() throws {
    let directory = try TemporaryDirectory("packc-e2e")
    try directory.write("nothing", to: "empty/notes.txt")
    let packc = DetachedCall(state: directory, cache: try (Self.site ?? Site()).home / "cache")
    let answer = try packc("deploy", "\(directory.path / "empty")", "--json").expect(ExitCode(rawValue: 20))
    XCTAssertTrue(answer.output.contains("error"), answer.output)
    XCTAssertEqual(try packc("list", "--json").expect(.done).json?["machines"], [])
  }

  /// Deployed before its first build, which calls it something else: every command that takes no name finds it.
  func testANameThatTheBuildFindsChangesNothing() throws {
    let site = try Self.site ?? Site()
    Self.site = site
    let project = try site.write(Projects.go, to: "first-place")
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache", path: Self.path)
    let here = ["--project", project.description]
    let deploy = ["deploy", "--publish", "\(try Ports.free()):8080", "--json"] + here
    defer { _ = try? packc("destroy", "first-place", "--yes") }
    XCTAssertEqual(try packc(deploy).expect(.done).json?["name"], "first-place")
    for _ in 0..<600 where try packc("show", "first-place", "--json").json?["state"] == "building" { usleep(100_000) }
    let built = try JSONParser.parse(try FileSystem.read(project / ".packc/build.json"))
    XCTAssertEqual(built["name"], "hello")
    let again = try packc(deploy).expect(.done).json
    XCTAssertEqual([again?["name"], again?["action"]], ["first-place", "unchanged"])
    XCTAssertEqual(try packc(["review", "--json"] + here).expect(.done).json?["name"], "first-place")
    XCTAssertTrue(try packc(["logs"] + here).expect(.done).errors.contains("logs of first-place"))
    let bundle = try packc(["bundle", "-o", "\(packc.state.path)/b.tar", "--json"] + here).expect(.done).json
    XCTAssertEqual(bundle?["name"], "first-place")
    XCTAssertEqual(try packc("list", "--json").json?["machines"]?.array?.count, 1)
    try packc("destroy", "first-place").expect(.done)
  }

  private func waitFor(
    _ place: Place, _ seconds: Double = 240, file: StaticString = #filePath, line: UInt = #line,
    _ holds: (JSONValue) -> Bool
  ) throws -> JSONValue? {
    let due = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    var last: JSONValue?
    while HostContext.monotonicClock() < due {
      last = try place.packc("show", "greeter", "--json").json
      if let last, holds(last) { return last }
      usleep(200_000)
    }
    XCTFail("it did not come: \(last.map(CanonicalJSON.string) ?? "nothing")", file: file, line: line)
    return nil
  }

  func testADeployThatBuildsReturnsAtOnceAndAnUpgradeLeavesWhatRuns() throws {
    let place = try place("sleep 8")
    let packc = place.packc
    let begun = try packc(place.deploy + ["--json"]).expect(.done)
    XCTAssertEqual(begun.json?["action"], "building")
    XCTAssertLessThan(begun.seconds, 6, "it waited for the build")
    let operation = try XCTUnwrap(begun.json?["operation"]?.string)
    let shown = try packc("show", "greeter", "--json").expect(.done).json
    XCTAssertEqual(shown?["state"], "building")
    XCTAssertEqual(shown?["build"]?["operation"]?.string, operation)
    XCTAssertEqual(shown?["readiness"]?["build"]?["result"], "waiting")
    XCTAssertEqual(shown?["ports"]?.array?.count, 1)
    XCTAssertTrue(try packc("logs").expect(.done).errors.contains("of its build, which goes on"))
    // The port is spoken for.
    let taken = try packc("deploy", place.project.description, "--name", "other", "--publish", "\(place.port):8080")
      .expect(.failed)
    XCTAssertTrue(taken.errors.contains("belongs to the deployment greeter"), taken.errors)
    XCTAssertEqual(try packc("exists", "other").output, "false\n")
    _ = try packc("start", "greeter").expect(.tryAgain)

    let running = try waitFor(place) { $0["state"] == "running" }
    XCTAssertEqual(running?["readiness"]?["build"]?["result"], "pass")
    XCTAssertNil(running?["build"])
    let operations = try packc("status", "--json").json?["operations"]?.array ?? []
    XCTAssertEqual(
      operations.filter { $0["id"]?.string == operation }.compactMap { $0["action"]?.string }, ["building", "created"])
    XCTAssertTrue(try packc("logs", "greeter", "--build").expect(.done).output.contains("make"))

    // What can be decided before the build is decided then.
    _ = try packc(place.deploy + ["--env", "A=1"]).expect(.usage)
    try FileSystem.writeAtomically(Array("int main(void) { oh no }\n".utf8), to: place.project / "server.c")
    let unasked = try packc(place.deploy).expect(.usage)
    XCTAssertTrue(unasked.errors.contains("--yes"), unasked.errors)
    let moved = try packc("deploy", place.project.description, "--publish", "1:8080", "--yes").expect(.drift)
    XCTAssertTrue(moved.errors.contains("is not published any more"), moved.errors)
    XCTAssertEqual(try packc(place.deploy + ["--yes", "--json"]).expect(.done).json?["action"], "building")
    let failed = try waitFor(place) { $0["build"]?["state"] == "failed" }
    XCTAssertEqual(failed?["build"]?["error"]?["exit"], 40)
    XCTAssertEqual(failed?["state"], "running", "the old release goes on")
    XCTAssertTrue(try packc("status").output.contains("its next release was not built"))
    try packc("destroy", "greeter").expect(.done)
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
  }

  func testWaitingShowsTheBuildAndSaysWhyItFailed() throws {
    let place = try place("echo made-of-words; exit 1")
    let failed = try place.packc(place.deploy + ["--wait", "--json"]).expect(.stepFailed)
    XCTAssertTrue(failed.errors.contains("made-of-words"), failed.errors)
    XCTAssertTrue(failed.errors.contains("  build: fail"), failed.errors)
    XCTAssertEqual(failed.json?["deployment"]?["state"], "failed")
    XCTAssertEqual(failed.json?["deployment"]?["build"]?["error"]?["code"], failed.json?["error"]?["code"])
    XCTAssertTrue(try place.packc("logs", "greeter").output.contains("made-of-words"))
    XCTAssertEqual(
      try place.packc("logs", "greeter", "--tail", "1").output.split(separator: "\n").count, 1)
    XCTAssertTrue(try place.packc("show", "greeter").output.contains("exit code"))
    // The same, mended.
    try FileSystem.writeAtomically(Array(Projects.c["unik.yaml"]!.utf8), to: place.project / "unik.yaml")
    let ready = try place.packc(place.deploy + ["--wait=240", "--json"]).expect(.done)
    XCTAssertEqual(ready.json?["action"], "created")
    XCTAssertEqual(PlainRequest.get(place.port), "hello from C\n")
    try place.packc("destroy", "greeter").expect(.done)
  }

  func testAnEndedOrKilledBuildIsToldAsItIs() throws {
    let number = Int.random(in: 100_000...900_000)
    let place = try place("sleep \(number)")
    func sleepers() throws -> Int {
      try DirectoryWalk.names(in: "/proc").filter { name in
        let bytes = (try? FileSystem.head("/proc" / HostPath(bytes: name) / "cmdline", count: 200)) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).hasPrefix("sleep\0\(number)")
      }.count
    }
    func begin() throws {
      try place.packc(place.deploy + ["--json"]).expect(.done)
      for _ in 0..<600 where try sleepers() == 0 { usleep(100_000) }
      XCTAssertEqual(try sleepers(), 1, "the build has begun")
    }
    let interrupted = try place.packc(place.deploy + ["--wait"], interruptAfter: 2)
    XCTAssertEqual(interrupted.exit, 128 + SIGINT, interrupted.errors)
    XCTAssertTrue(interrupted.errors.contains("goes on"), interrupted.errors)
    XCTAssertEqual(try place.packc("show", "greeter", "--json").json?["state"], "building")

    // A later one takes its place.
    try begin()
    let file = place.packc.state / "state/packc/machines/greeter/build.pid"
    let builder = try ProcessIdentity(json: JSONReader(JSONParser.parse(FileSystem.read(file))))
    XCTAssertTrue(try builder.signal(SIGKILL))
    XCTAssertTrue(builder.waitForEnd(seconds: 5))
    let killed = try place.packc("show", "greeter", "--json").json
    XCTAssertEqual(killed?["state"], "failed")
    XCTAssertEqual(killed?["build"]?["error"]?["code"], "build_killed")
    XCTAssertTrue(killed?["next"]?.string?.contains("packc deploy") ?? false)
    for _ in 0..<50 where try sleepers() > 0 { usleep(100_000) }
    XCTAssertEqual(try sleepers(), 0, "its steps ended with it")

    try begin()
    try place.packc("stop", "greeter").expect(.done)
    XCTAssertEqual(try sleepers(), 0)
    XCTAssertEqual(try place.packc("show", "greeter", "--json").json?["build"]?["error"]?["code"], "build_stopped")
    try begin()
    let destroyed = try place.packc("destroy", "greeter", "--json").expect(.done)
    XCTAssertEqual(destroyed.json?["destroyed"]?.array?[0]["resources"]?.array?[0]["resource"], "build")
    XCTAssertEqual(try sleepers(), 0)
    XCTAssertFalse(builder.isAlive)
    XCTAssertEqual(try place.packc.state.names(in: "state/packc/machines"), [])
  }

  func testWhatNeedsNoBuildIsRefusedAtOnce() throws {
    let place = try place("sleep 1000")
    let rows: [(flags: [String], exit: ExitCode, words: String)] = [
      (["--publish", "nonsense"], .usage, "publish"), (["--restart", "sometimes"], .usage, "restart"),
      (["--secret", "NONE"], .failed, "NONE"), (["--wait", "--no-wait"], .usage, "exclude"),
    ]
    for row in rows {
      let refused = try place.packc(["deploy", place.project.description] + row.flags)
      XCTAssertNotEqual(refused.exit, 0, "\(row.flags)")
      XCTAssertTrue(refused.errors.contains(row.words), refused.errors)
    }
    let missing = try place.packc("deploy", "\(place.project)/none").expect(.badInput)
    XCTAssertTrue(missing.errors.contains("none"), missing.errors)
    try FileSystem.writeAtomically(Array("version: 1\nnaem: x\n".utf8), to: place.project / "unik.yaml")
    XCTAssertTrue(try place.packc(place.deploy).errors.contains("unik.yaml:2"))
    XCTAssertEqual(try place.packc("list", "--json").json?["machines"], [])
  }
}
