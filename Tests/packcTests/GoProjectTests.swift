import Glibc
import PackCore
import TestSupport
import XCTest

/// A Go HTTP server without a unik.yaml: found, built, run; what a second build does and does not do again.
final class GoProjectTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Projects.go, to: "go-server")
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  func testEveryDecisionNamesTheFileThatMadeIt() throws {
    let built = try fixture().built
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    XCTAssertEqual(built.json["pack"]?["name"], "go")
    for (what, source) in [("pack", "go.mod"), ("program", "main.go"), ("go", "go.mod:3"), ("port", "main.go")] {
      let found = built.decision(what)?["source"]?.string ?? "none"
      XCTAssertTrue(found.hasPrefix(source), "\(what) ← \(found)")
    }
    try Listings.assertNoShell(built)
  }

  func testThePlanHasItsKeys() throws {
    let fixture = try fixture()
    let plan = try fixture.site.packc("plan", "\(fixture.project)", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("plan.schema.json").problems(plan), [])
    XCTAssertTrue(plan["steps"]?.array?.last?["argv"]?.array?.contains("-trimpath") ?? false)
    try fixture.site.packc("plan", "\(fixture.project)").run().expect(exit: .done)
      .expect(standardOutputContains: "-trimpath")
  }

  func testAMachineAnswersAndPodmanDoesToo() throws {
    let fixture = try fixture()
    let port = try Ports.free()
    let machine = try Background(fixture.site, ["run", "\(fixture.project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from Go\n")
    machine.signal(SIGTERM)
    XCTAssertEqual(try machine.end(within: 3), .exited(143), machine.output)
    XCTAssertEqual(try Podman.answer(fixture.built, fixture.site, port: Ports.free()), "hello from Go\n")
    try Leftovers.assertNone(fixture.site)
  }

  func testABuildWithoutAChangeRunsNothingAndChangesNothing() throws {
    let site = try Site()
    let project = try site.write(Projects.go, to: "go-server")
    // A file that was written a moment before the build could change again without a new time stamp.
    usleep(200_000)
    let first = try site.build(project)
    let before = try Stamps(project)
    let second = try site.build(project)
    XCTAssertEqual(try Stamps(project), before, "a build without a change wrote something")
    XCTAssertEqual(Set(second.statuses.values), ["reused"])
    XCTAssertEqual(second.image, first.image)
    XCTAssertEqual(second.initrd, first.initrd)
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(second.json), [])
    // The same file written anew; and the lock that the first build wrote is no input of a step.
    try site.write(["main.go": Projects.go["main.go"] ?? ""], to: "go-server")
    XCTAssertEqual(try site.build(project).statuses, ["build": "reused"])
    // Without the cache it is built again and comes to the same.
    let forced = try site.build(project, "--no-cache")
    XCTAssertEqual(Set(forced.statuses.values), ["ran"])
    XCTAssertEqual(forced.image, first.image)
    XCTAssertEqual(forced.initrd, first.initrd)
  }

  func testAChangeOfOneFileRewritesOnlyTheApplication() throws {
    let site = try Site()
    let project = try site.write(Projects.go, to: "go-server")
    let first = try site.build(project)
    let main = (Projects.go["main.go"] ?? "").replacing("hello from Go", with: "hello again")
    try site.write(["main.go": main], to: "go-server")
    let second = try site.build(project)
    XCTAssertEqual(second.statuses, ["build": "ran"])
    XCTAssertEqual(second.diffIDs["runtime"], first.diffIDs["runtime"])
    XCTAssertNotEqual(second.diffIDs["application"], first.diffIDs["application"])
    XCTAssertNotEqual(second.initrd, first.initrd)
    XCTAssertTrue(second.log.contains("main.go"), "the reason names the file:\n\(second.log)")
  }

  func testTwoProgramsAreListedAndAppSettlesIt() throws {
    let site = try Site()
    let project = try site.write(
      [
        "go.mod": "module example.com/two\n\ngo 1.22\n", "cmd/alpha/main.go": Projects.goPrint("alpha"),
        "cmd/beta/main.go": Projects.goPrint("beta"),
      ], to: "two")
    let refused = try site.packc("build", "\(project)").run().expect(exit: .severalCandidates)
    for name in ["cmd/alpha", "cmd/beta", "--app", "unik.yaml"] { refused.expect(standardErrorContains: name) }
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
    let built = try site.build(project, "--app", "cmd/beta", "--no-unikernel")
    XCTAssertEqual(built.decision("program")?["value"], "./cmd/beta")
    // As the error says: the line in unik.yaml does it too.
    try site.write(["unik.yaml": "version: 1\noptions: {app: cmd/alpha}\n"], to: "two")
    let settled = try site.build(project, "--no-unikernel")
    XCTAssertEqual(settled.decision("program")?["value"], "./cmd/alpha")
  }

  func testANewerGoThanTheHostHasIsSaid() throws {
    let site = try Site()
    var files = Projects.go
    files["go.mod"] = "module example.com/hello\n\ngo 1.999\n"
    let project = try site.write(files, to: "newer")
    try site.packc("build", "\(project)").run().expect(exit: .toolchain)
      .expect(standardErrorContains: "go.mod:3").expect(standardErrorContains: "1.999")
      .expect(standardErrorContains: "next: ")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }

  func testWithoutGoInThePathTheErrorSaysHowToGetIt() throws {
    let site = try Site()
    let project = try site.write(Projects.go, to: "go-server")
    let bin = try site.directory.makeDirectory("bin")
    for tool in ["sh", "bwrap", "true", "env"] {
      let path = try Tools.require(tool)
      try FileSystem.createLink(bin / HostPath(tool), to: path.bytes)
    }
    site.environment["PATH"] = "\(bin)"
    try site.packc("build", "\(project)").run().expect(exit: .toolchain).expect(standardErrorContains: "go")
      .expect(standardErrorContains: "next: ").expect(standardErrorContains: "https://go.dev/dl")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
    try Leftovers.assertNone(site)
  }
}

/// Every file below a directory with what a write changes.
struct Stamps: Equatable {
  private let lines: [String]

  init(_ directory: HostPath) throws {
    lines = try DirectoryWalk.sortedByPath(directory).map { entry in
      let status = entry.status
      return "\(entry.path) \(status.kind) \(status.mode) \(status.size) \(status.inode) \(status.changed)"
    }
  }
}
