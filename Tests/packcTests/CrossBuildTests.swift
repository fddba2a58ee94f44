import PackCore
import TestSupport
import XCTest

/// Images for another architecture than the host's. A machine of that architecture is booted in
/// `CrossBootSlowTests`, since its kernel takes minutes to build.
final class CrossBuildTests: XCTestCase {
  static let other = Platform(architecture: Platform.host.architecture == .amd64 ? .arm64 : .amd64)
  private static let go = [
    "go.mod": "module example.com/other\n\ngo 1.22\n", "main.go": "package main\n\nfunc main() { println(\"here\") }\n",
  ]

  func testAGoProgramIsBuiltForAnotherArchitecture() throws {
    let site = try Site()
    let project = try site.write(Self.go, to: "other")
    let built = try site.build(project, "--platform", "\(Self.other)", "--no-unikernel")
    let inspected = try site.packc("image", "inspect", built.ref, "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(inspected["platform"]?.string, "\(Self.other)")
    let root = site.directory / "root"
    try site.packc("image", "export", built.ref, "--format", "rootfs", "--output", "\(root)").run().expect(exit: .done)
    let head = try FileSystem.read(root / "app/other", limit: 64 << 20).prefix(20)
    XCTAssertEqual(Array(head.suffix(2)), Self.other.architecture == .arm64 ? [183, 0] : [62, 0], "e_machine")
    let lock = try FileSystem.read(project / "packc.lock")
    XCTAssertTrue(String(decoding: lock, as: UTF8.self).contains("\"\(Self.other)\""))

    // The host's own build leaves that lock alone, and says so.
    let own = try site.build(project, "--no-unikernel")
    XCTAssertTrue(own.log.contains("packc.lock is for \(Self.other)"), own.log)
    XCTAssertEqual(try FileSystem.read(project / "packc.lock"), lock)
    XCTAssertNotEqual(own.image, built.image)
    try site.packc("build", "\(project)", "--no-unikernel", "--locked").run().expect(exit: .lock)
      .expect(standardErrorContains: "platform: locked \(Self.other)")
    // And once more, from another directory: the same bytes.
    let elsewhere = try site.write(Self.go, to: "quite/another/other")
    let again = try site.build(elsewhere, "--platform", "\(Self.other)", "--no-unikernel", "--no-cache")
    XCTAssertEqual(again.image, built.image)
  }

  func testWhatTakesThingsFromTheHostIsRefused() throws {
    let site = try Site()
    let python = try site.write(
      ["requirements.txt": "", "main.py": "if __name__ == \"__main__\":\n    print(1)\n"], to: "python")
    try site.packc("build", "\(python)", "--platform", "\(Self.other)").run()
      .expect(standardErrorContains: "cannot build for \(Self.other)")
      .expect(standardErrorContains: "on a machine of that architecture")
    // A program that the project's own command leaves is looked at.
    let unik = try site.write(
      ["unik.yaml": "version: 1\nbuild: {command: [cp, /bin/true, program]}\nartifact: {path: program}\n"], to: "unik")
    try site.packc("build", "\(unik)", "--platform", "\(Self.other)", "--no-unikernel").run().expect(exit: .badInput)
      .expect(standardErrorContains: "the image is for \(Self.other)")
  }
}
