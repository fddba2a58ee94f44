import Glibc
import PackCore
import TestSupport
import XCTest

/// A machine for arm64 on this host: kernel by Debian's cross compiler (minutes, once for the shared catalog), a Go
/// program, packc's init, QEMU's `virt`.
final class CrossBootSlowTests: XCTestCase {
  func testAGoServerForArm64Answers() throws {
    guard Platform.host.architecture == .amd64 else { throw XCTSkip("arm64 is this host's own architecture") }
    let site = try Site()
    let kernel = try site.packc("kernel", "build", "--platform", "linux/arm64", "--json").run().expect(exit: .done)
      .json().value
    XCTAssertEqual(kernel["name"], "packc-6.1-arm64")
    XCTAssertEqual(kernel["architecture"], "arm64")
    let project = try site.write(Projects.go, to: "go-server")
    let built = try site.build(project, "--platform", "linux/arm64", "--kernel", kernel["digest"]?.string ?? "")
    let machine = try JSONParser.parse(FileSystem.read(project / ".packc/unikernel/machine.json"))
    XCTAssertEqual(machine["architecture"], "arm64")
    for machine in built.json["image"]?["machines"]?.array ?? [] {
      let ref = machine["ref"]?.string ?? ""
      let inspected = try site.packc("image", "inspect", ref, "--json").run().expect(exit: .done).json().value
      XCTAssertTrue(inspected["platform"]?.string?.hasSuffix("/arm64") ?? false, "\(ref): \(inspected)")
    }

    let port = try Ports.free()
    let running = try Background(site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try running.answer(port: port), "hello from Go\n", running.output)
    running.signal(SIGTERM)
    XCTAssertEqual(try running.end(within: 10), .exited(143), running.output)

    // Two processors, in no more memory than the image says that it needs; and the report of a boot.
    let least = machine["memory"]?["minimum_mib"]?.integer ?? 0
    let report = try site.packc(
      "run", "\(project)", "-p", "127.0.0.1:\(port):8080", "--cpus", "2", "--memory", "\(least)Mi", "--boot-report"
    ).run().expect(exit: .done)
    XCTAssertTrue(report.standardOutput.contains("virt, tcg"), report.standardOutput)
    try site.packc("run", "\(project)", "--machine", "q35").run().expect(exit: .usage)
      .expect(standardErrorContains: "arm64")
    try Leftovers.assertNone(site)
  }
}
