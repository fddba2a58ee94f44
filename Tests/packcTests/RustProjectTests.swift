import Glibc
import PackCore
import TestSupport
import XCTest

/// A Rust workspace with a vendored package and no unik.yaml: the server is found, built offline, run.
final class RustProjectTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  /// Cargo may be rustup's, in a home that other tests do not look into.
  static func requireCargo() throws {
    guard try HostContext.current().findTool("cargo") != nil else {
      throw XCTSkip("cargo is not in PATH; `make deps` installs it")
    }
  }

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    try Self.requireCargo()
    let site = try Site()
    let project = try site.write(Projects.rust, to: "rust workspace")
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  func testEveryDecisionNamesTheFileThatMadeIt() throws {
    let built = try fixture().built
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    XCTAssertEqual(built.json["pack"]?["name"], "rust")
    let decisions = [
      ("program", "server/src/main.rs (the only binary that listens"), ("packages", ".cargo/config.toml"),
      ("port", "server/src/main.rs"), ("data", "server/src/main.rs"),
    ]
    for (what, source) in decisions {
      let found = built.decision(what)?["source"]?.string ?? "none"
      XCTAssertTrue(found.hasPrefix(source), "\(what) ← \(found)")
    }
    try Listings.assertNoShell(built)
  }

  func testAMachineAnswersAndPodmanDoesToo() throws {
    let fixture = try fixture()
    let port = try Ports.free()
    let machine = try Background(fixture.site, ["run", "\(fixture.project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from Rust\n")
    machine.signal(SIGTERM)
    XCTAssertEqual(try machine.end(within: 3), .exited(143), machine.output)
    XCTAssertEqual(try Podman.answer(fixture.built, fixture.site, port: Ports.free()), "hello from Rust\n")
    try Leftovers.assertNone(fixture.site)
  }

  func testAnotherProgramIsOneFlagAway() throws {
    try Self.requireCargo()
    let site = try Site()
    let project = try site.write(Projects.rust, to: "rust")
    let built = try site.build(project, "--app", "client", "--no-unikernel")
    XCTAssertEqual(built.decision("program")?["value"], "client")
  }

  func testAChangeCompilesTheProjectOnlyAndComesToTheSameAsFromNothing() throws {
    try Self.requireCargo()
    let site = try Site()
    let project = try site.write(Projects.rust, to: "rust")
    let first = try site.build(project)
    let main = (Projects.rust["server/src/main.rs"] ?? "").replacing("{} {name}", with: "{}, {name}")
    try site.write(["server/src/main.rs": main], to: "rust")
    let second = try site.build(project)
    XCTAssertEqual(second.statuses, ["dependencies": "reused", "build": "ran"])
    XCTAssertNotEqual(second.diffIDs["application"], first.diffIDs["application"])
    XCTAssertFalse(second.log.contains("Compiling greet"), second.log)
    let whole = try site.build(project, "--no-cache")
    XCTAssertTrue(whole.log.contains("Compiling greet"), whole.log)
    XCTAssertEqual(whole.image, second.image)
  }

  func testABrokenManifestIsNamedWithItsLine() throws {
    let site = try Site()
    var files = Projects.rust
    files["server/Cargo.toml"] = "[package]\nname = server\n"
    let project = try site.write(files, to: "broken")
    try site.packc("build", "\(project)").run().expect(exit: .packFailed)
      .expect(standardErrorContains: "server/Cargo.toml:2:8").expect(standardErrorContains: "no value")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }
}
