import Glibc
import PackCore
import TestSupport
import XCTest

/// A C project with a Makefile and a unik.yaml of five lines: from source to an answer, by every way to start it.
final class CProjectTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Projects.c, to: "c project")
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  func testLeavesTheFilesOfTheDesign() throws {
    let fixture = try fixture()
    let output = fixture.project / ".packc"
    let files = [
      ".gitignore", "image/oci-layout", "image/index.json", "unikernel/kernel", "unikernel/initrd",
      "unikernel/cmdline", "unikernel/machine.json", "contract.json", "build.json",
    ]
    for name in files { XCTAssertTrue(FileSystem.exists(output / HostPath(name)), name) }
    XCTAssertTrue(FileSystem.exists(fixture.project / "packc.lock"))
    XCTAssertFalse(FileSystem.exists(fixture.project / "server"), "the build ran in the project itself")
    XCTAssertEqual(
      try FileSystem.digest(of: output / "unikernel/initrd").description, fixture.built.initrd)
    XCTAssertEqual(try fixture.site.workInProgress(), [])
  }

  func testTheAnswerHasTheKeysOfItsSchema() throws {
    let fixture = try fixture()
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(fixture.built.json), [])
    XCTAssertEqual(fixture.built.json["name"], "greeter")
    XCTAssertEqual(fixture.built.layers.compactMap { $0["role"]?.string }, ["runtime", "application"])
    XCTAssertEqual(fixture.built.statuses, ["build": "ran"])
  }

  func testThePlanHasItsKeysAndWritesNothing() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    let plan = try site.packc("plan", "\(project)", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("plan.schema.json").problems(plan), [])
    XCTAssertEqual(plan["entrypoint"], ["/app/server"])
    let names = try DirectoryWalk.names(in: project).map { String(decoding: $0, as: UTF8.self) }
    XCTAssertEqual(names, ["Makefile", "server.c", "unik.yaml"])
    let detected = try site.packc("plan", "\(project)", "--detect-only", "--json").run().expect(exit: .done).json()
    XCTAssertEqual(detected.value["pack"]?["name"], "unik")
  }

  func testOtherToolsReadTheImage() throws {
    let built = try fixture().built
    let inspected = try JSONParser.parse(
      Array(try Tools.output("skopeo", ["inspect", built.ref]).utf8), name: "skopeo")
    XCTAssertEqual(inspected["Digest"]?.string, built.image)
    XCTAssertEqual(inspected["Layers"]?.array, built.layers.compactMap { $0["digest"] })
    XCTAssertEqual(inspected["Labels"]?["dev.packc.initrd.digest"]?.string, built.initrd)
    let bundle = try TemporaryDirectory("packc-e2e-umoci")
    let reference = String(built.ref.dropFirst("oci:".count))
    _ = try Tools.output(
      "umoci", ["unpack"] + (Tools.isRoot ? [] : ["--rootless"]) + ["--image", reference, "\(bundle.path)/bundle"])
    XCTAssertTrue(FileSystem.isExecutableFile(bundle / "bundle/rootfs/app/server"))
    for layer in built.layers {
      XCTAssertFalse(try Tools.output("bsdtar", ["-tvf", "\(built.blob(layer))"]).isEmpty)
    }
  }

  func testHoldsNoShellAndNoPackageManager() throws {
    let built = try fixture().built
    try Listings.assertNoShell(built)
    let names = try Listings.names(built)
    XCTAssertTrue(names.contains("app/server"))
    XCTAssertTrue(names.contains { $0.hasSuffix("/libc.so.6") })
    XCTAssertFalse(names.contains { $0.hasSuffix("server.c") })
  }

  func testAMachineAnswersAndEndsBySIGINTWithinThreeSeconds() throws {
    let fixture = try fixture()
    let port = try Ports.free()
    let machine = try Background(fixture.site, ["run", "\(fixture.project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from C\n")
    machine.signal(SIGINT)
    XCTAssertEqual(try machine.end(within: 3), .exited(130), machine.output)
    try Leftovers.assertNone(fixture.site)
  }

  func testTheProgramsExitCodeComesBackFromMachineAndContainer() throws {
    let fixture = try fixture()
    for (end, code) in [("0", Int32(0)), ("7", 7), ("abort", 134)] {
      for way in [["-p", "127.0.0.1:\(try Ports.free()):8080"], ["--oci"]] {
        let result = try fixture.site.packc(["run", "\(fixture.project)", "--env", "END=\(end)"] + way).run()
        XCTAssertEqual(result.result.end, .exited(code), "\(end) \(way): \(result.standardError)")
      }
    }
    try Leftovers.assertNone(fixture.site)
    XCTAssertEqual(try fixture.site.workInProgress(), [])
  }

  func testTheBootReportIsTheResult() throws {
    let fixture = try fixture()
    let arguments = [
      "run", "\(fixture.project)", "--boot-report", "-p", "127.0.0.1:\(try Ports.free()):8080",
    ]
    let report = try fixture.site.packc(arguments + ["--json"]).run().expect(exit: .done).json().value
    XCTAssertEqual(report["until"]?["what"], "listening")
    let phases = try XCTUnwrap(report["phases"]?.array).compactMap { $0["us"]?.integer }
    XCTAssertEqual(phases.reduce(0, +), report["total_us"]?.integer)
    let text = try fixture.site.packc(arguments).run().expect(exit: .done).standardOutput
    XCTAssertTrue(text.contains("the kernel unpacks itself"), text)
    XCTAssertTrue(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, text)
    try Leftovers.assertNone(fixture.site)
  }

  func testAContainerAnswersAndEndsBySIGINT() throws {
    let fixture = try fixture()
    let port = try Ports.free()
    let container = try Background(fixture.site, ["run", "\(fixture.project)", "--oci", "-e", "PORT=\(port)"])
    XCTAssertEqual(try container.answer(port: port), "hello from C\n")
    container.signal(SIGINT)
    XCTAssertEqual(try container.end(within: 3), .exited(130), container.output)
    try Leftovers.assertNone(fixture.site)
    XCTAssertEqual(try fixture.site.workInProgress(), [])
  }

  func testPodmanAnswers() throws {
    let fixture = try fixture()
    XCTAssertEqual(try Podman.answer(fixture.built, fixture.site, port: Ports.free()), "hello from C\n")
  }

  func testDebugKeepsSymbolsAndReleaseDoesNot() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    for (flags, isDebug) in [(["--debug"], true), (["--release"], false)] {
      let answer = try site.packc(["build", "\(project)", "--json", "--no-unikernel"] + flags).run().expect(exit: .done)
      let built = BuildAnswer(json: try answer.json().value, log: answer.standardError)
      XCTAssertEqual(built.json["mode"], isDebug ? "debug" : "release")
      let layer = try XCTUnwrap(built.layers.last)
      let place = try TemporaryDirectory("packc-e2e-layer")
      _ = try Tools.output("bsdtar", ["-xf", "\(built.blob(layer))", "-C", "\(place.path)", "app/server"])
      let sections = try Tools.output("readelf", ["-SW", "\(place / "app/server")"])
      for section in [".symtab", ".debug_info"] { XCTAssertEqual(sections.contains(section), isDebug, section) }
      XCTAssertEqual(
        FileSystem.exists(project / "packc.lock"), !isDebug, "a debug build leaves the lock alone")
    }
  }

  func testFlagsThatChooseWhatIsWritten() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    let output = site.directory / "elsewhere"
    let image = try site.build(
      project, "--no-unikernel", "--output", "\(output)", "--tag", "shop:v2", "--compression", "zstd:3")
    XCTAssertEqual(image.json["unikernel"], .null)
    XCTAssertEqual(image.layout, output / "image")
    XCTAssertTrue(image.ref.hasSuffix(":shop:v2"), image.ref)
    XCTAssertFalse(FileSystem.exists(output / "unikernel"))
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
    for layer in image.layers {
      XCTAssertTrue(try FileSystem.read(image.blob(layer)).starts(with: [0x28, 0xb5, 0x2f, 0xfd]))
      XCTAssertFalse(try Tools.output("bsdtar", ["-tvf", "\(image.blob(layer))"]).isEmpty)
    }
    let machine = try site.build(project, "--no-oci")
    XCTAssertEqual(machine.json["image"], .null)
    XCTAssertFalse(FileSystem.exists(project / ".packc/image"))
    XCTAssertTrue(FileSystem.exists(project / ".packc/unikernel/initrd"))
    // Compression is about the blobs: what is in them is the same.
    let gzip = try site.build(project, "--no-unikernel")
    XCTAssertEqual(gzip.diffIDs, image.diffIDs)
    XCTAssertFalse(FileSystem.exists(project / ".packc/unikernel"), "the old machine would not belong to this image")
  }
}
