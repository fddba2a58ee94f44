import Glibc
import PackCore
import TestSupport
import XCTest

/// Packs that are not packc's own, from `packc pack new` and from examples/packs: real builds that answer.
final class PackAuthoringTests: XCTestCase {
  static let examples = Repository.root / "examples/packs"

  /// A copy of a pack's sample, as people would have it.
  static func sample(_ site: Site, _ source: HostPath, _ name: String) throws -> HostPath {
    for entry in try DirectoryWalk.sortedByPath(source) where entry.status.kind == .file {
      let target = site.directory / name / HostPath(bytes: entry.path.bytes)
      try FileSystem.createDirectory(target.parent)
      try FileSystem.copyFile(source / entry.path, to: target, mode: 0o644)
    }
    return site.directory / name
  }

  static func machineAnswer(_ site: Site, _ project: HostPath) throws -> String {
    let port = try Ports.free()
    let machine = try Background(site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    let answer = try machine.answer(port: port)
    machine.signal(SIGTERM)
    XCTAssertEqual(try machine.end(within: 5), .exited(143), machine.output)
    return answer
  }

  func testANewPackBuildsItsSample() throws {
    let site = try Site()
    let made = try site.packc("pack", "new", "demo", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(made["path"]?.string, "\(site.directory.path)/packs.d/50-demo")
    try site.packc("pack", "new", "demo").run().expect(exit: .badInput).expect(standardErrorContains: "already there")
    try site.packc("pack", "new", "Demo").run().expect(exit: .usage).expect(standardErrorContains: "lower-case")
    try site.packc("pack", "new", "x", "--language", "pyton").run().expect(exit: .usage)
      .expect(standardErrorContains: "did you mean python")
    let project = try Self.sample(site, site.directory / "packs.d/50-demo/test/hello", "hello")
    let built = try site.build(project, "--packs", "packs.d")
    XCTAssertEqual(built.json["pack"]?["name"], "demo")
    XCTAssertEqual(built.decision("program")?["source"], "demo.conf:5")
    try Listings.assertNoShell(built)
    XCTAssertEqual(try Self.machineAnswer(site, project), "hello, world\n")
  }

  func testThePHPPackBuildsAServer() throws {
    _ = try Tools.require("php")
    let site = try Site()
    let project = try Self.sample(site, Self.examples / "40-php/test/guestbook", "guestbook")
    let built = try site.build(project, "--packs", "\(Self.examples)")
    XCTAssertEqual(built.json["pack"]?["name"], "php")
    XCTAssertEqual(try Self.machineAnswer(site, project), "Hello, world, from PHP 8\n")
    // A syntax error ends the build with its place.
    try site.write(["src/broken.php": "<?php\n\nfunction {\n"], to: "guestbook")
    try site.packc("build", "\(project)", "--packs", "\(Self.examples)").run().expect(exit: .stepFailed)
      .expect(standardErrorContains: "src/broken.php:3")
  }
}

/// Zig compiles its own library first, which takes its time.
final class ZigPackSlowTests: XCTestCase {
  func testTheZigPackBuildsAServer() throws {
    _ = try Tools.require("zig")
    let site = try Site()
    let project = try PackAuthoringTests.sample(site, PackAuthoringTests.examples / "40-zig/test/greeter", "greeter")
    let built = try site.build(project, "--packs", "\(PackAuthoringTests.examples)")
    XCTAssertEqual(built.json["pack"]?["name"], "zig")
    try Listings.assertNoShell(built)
    XCTAssertEqual(try PackAuthoringTests.machineAnswer(site, project), "hello from Zig!\n")
  }
}
