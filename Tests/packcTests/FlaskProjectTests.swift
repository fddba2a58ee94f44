import Glibc
import PackCore
import TestSupport
import XCTest

/// A Flask project with an ordinary requirements.txt: the lock is made and then held; every way to run it answers.
final class FlaskProjectTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Projects.flask, to: "notes")
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  /// A project of its own with the lock of the built one; its steps are in the cache.
  private func copy(_ name: String, lock: (String) -> String? = { $0 }) throws -> (site: Site, project: HostPath) {
    let fixture = try fixture()
    let project = try fixture.site.write(Projects.flask, to: name)
    let text = String(decoding: try FileSystem.read(fixture.project / "packc.lock"), as: UTF8.self)
    if let text = lock(text) { try fixture.site.write(["packc.lock": text], to: name) }
    return (fixture.site, project)
  }

  func testAnswersAsAMachine() throws {
    let fixture = try fixture()
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(fixture.built.json), [])
    XCTAssertEqual(fixture.built.layers.compactMap { $0["role"]?.string }, ["runtime", "dependencies", "application"])
    let port = try Ports.free()
    let machine = try Background(fixture.site, ["run", "\(fixture.project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from Flask\n")
    machine.signal(SIGINT)
    XCTAssertEqual(try machine.end(within: 3), .exited(130), machine.output)
    try Leftovers.assertNone(fixture.site)
  }

  /// On the host's network, so on a port that is free: the server's own port is the first one of unik.yaml.
  func testAnswersInContainers() throws {
    let (site, project) = try copy("container")
    let port = try Ports.free()
    try site.write(["unik.yaml": "version: 1\nrun: {ports: [\(port)/tcp]}\n"], to: "container")
    let built = try site.build(project, "--no-unikernel")
    let container = try Background(site, ["run", "\(project)", "--oci"])
    XCTAssertEqual(try container.answer(port: port), "hello from Flask\n")
    container.signal(SIGINT)
    XCTAssertEqual(try container.end(within: 3), .exited(130), container.output)
    XCTAssertEqual(try Podman.answer(built, site, port: port), "hello from Flask\n")
    try Leftovers.assertNone(site)
  }

  func testHoldsNoShellAndNoPackageManagerAndOtherToolsReadIt() throws {
    let built = try fixture().built
    try Listings.assertNoShell(built)
    let inspected = try JSONParser.parse(
      Array(try Tools.output("skopeo", ["inspect", built.ref]).utf8), name: "skopeo")
    XCTAssertEqual(inspected["Digest"]?.string, built.image)
  }

  func testTheLockHoldsAfterTheFirstBuild() throws {
    let fixture = try fixture()
    let before = try FileSystem.read(fixture.project / "packc.lock")
    let locked = try fixture.site.build(fixture.project, "--locked")
    XCTAssertEqual(locked.image, fixture.built.image)
    XCTAssertEqual(locked.initrd, fixture.built.initrd)
    XCTAssertEqual(try FileSystem.read(fixture.project / "packc.lock"), before)
    try fixture.site.packc("lock", "\(fixture.project)", "--locked").run().expect(exit: .done)
  }

  func testWithoutALockLockedFails() throws {
    let (site, project) = try copy("no lock") { _ in nil }
    try site.packc("build", "\(project)", "--locked").run().expect(exit: .lock)
      .expect(standardErrorContains: "packc.lock").expect(standardErrorContains: "packc lock")
    XCTAssertFalse(FileSystem.exists(project / "packc.lock"))
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }

  func testALockedAndCachedProjectNeedsNoNetwork() throws {
    let (site, project) = try copy("cut off")
    let cut = try site.withoutNetwork(["build", "\(project)", "--locked", "--json"])
    XCTAssertEqual(cut.end, .exited(0), cut.errorText)
    XCTAssertEqual(
      try JSONParser.parse(cut.output, name: "answer")["image"]?["digest"]?.string, try fixture().built.image)
  }

  func testAChangedRequirementIsNamed() throws {
    let (site, project) = try copy("changed")
    try site.write(["requirements.txt": "flask>=3,<4\nitsdangerous\n"], to: "changed")
    try site.packc("build", "\(project)", "--locked").run().expect(exit: .lock)
      .expect(standardErrorContains: "requirements.txt changed").expect(standardErrorContains: "packc lock")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
    // The command that the error names makes it hold again.
    try site.packc("lock", "\(project)").run().expect(exit: .done)
    _ = try site.build(project, "--locked", "--no-unikernel")
  }

  func testEveryEditedPinIsNamed() throws {
    let fixture = try fixture()
    let lock = try JSONParser.parse(try FileSystem.read(fixture.project / "packc.lock"), name: "packc.lock")
    let pins = [
      ("pack python", lock["packs"]?["python"]?["digest"]),
      ("toolchain python", lock["toolchains"]?["python"]?["digest"]), ("kernel", lock["kernel"]?["digest"]),
      ("guest init", lock["guest_init"]?["digest"]),
    ]
    for (index, (name, digest)) in pins.enumerated() {
      let digest = try XCTUnwrap(digest?.string, name)
      // Another digest of the right form.
      let other = "sha256:" + String(repeating: String(index), count: 64)
      let (site, project) = try copy("pin \(index)") { $0.replacing(digest, with: other) }
      let refused = try site.packc("build", "\(project)", "--locked").run().expect(exit: .lock)
      refused.expect(standardErrorContains: "\(name): locked").expect(standardErrorContains: other)
        .expect(standardErrorContains: digest)
      XCTAssertFalse(FileSystem.exists(project / ".packc"), name)
    }
  }

  func testAnEditedHashOfAPackageIsNotInstalled() throws {
    let fixture = try fixture()
    let lock = try JSONParser.parse(try FileSystem.read(fixture.project / "packc.lock"), name: "packc.lock")
    let packages = lock["packages"]?["pypi"]?["packages"]?.array
    let flask = try XCTUnwrap(packages?.first { $0["name"]?.string?.lowercased() == "flask" })
    let hash = try XCTUnwrap(flask["sha256"]?.array?.first?.string)
    let hashes = flask["sha256"]?.array?.compactMap(\.string) ?? []
    let (site, project) = try copy("hash") { text in
      hashes.reduce(text) { $0.replacing($1, with: String(repeating: "0", count: 64)) }
    }
    let refused = try site.packc("build", "\(project)", "--locked").run()
    XCTAssertEqual(refused.result.end, .exited(ExitCode.lock.rawValue), "\(hash) was not checked")
    refused.expect(standardErrorContains: "not as packc wrote it")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }

  func testABrokenLockIsNotAMissingOne() throws {
    let (site, project) = try copy("broken") { String($0.prefix(100)) }
    for flags in [[], ["--locked"]] {
      try site.packc(["build", "\(project)"] + flags).run().expect(exit: .lock)
        .expect(standardErrorContains: "packc.lock").expect(standardErrorContains: "next: ")
    }
  }

  func testAChangeOfTheProgramRewritesOnlyTheApplication() throws {
    let fixture = try fixture()
    let (site, project) = try copy("changing")
    _ = try site.build(project, "--no-unikernel")
    let app = (Projects.flask["app.py"] ?? "").replacing("hello from", with: "greetings from")
    try site.write(["app.py": app], to: "changing")
    let second = try site.build(project)
    for role in ["runtime", "dependencies"] { XCTAssertEqual(second.diffIDs[role], fixture.built.diffIDs[role], role) }
    XCTAssertNotEqual(second.diffIDs["application"], fixture.built.diffIDs["application"])
    XCTAssertEqual(second.statuses["install"], "reused")
  }
}
