internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

final class RequestTests: XCTestCase {
  func testPublishedPortsParse() throws {
    let rows: [(String, PublishedPort)] = [
      ("8080:80", PublishedPort(hostPort: 8080, guest: GuestPort(number: 80))),
      (
        "0.0.0.0:53:5353/udp",
        PublishedPort(
          address: "0.0.0.0", hostPort: 53, guest: GuestPort(number: 5353, transport: .udp))
      ),
      (
        "127.0.0.2:1:65535/tcp",
        PublishedPort(
          address: "127.0.0.2", hostPort: 1, guest: GuestPort(number: 65535))
      ),
      ("[::1]:8080:80", PublishedPort(address: "::1", hostPort: 8080, guest: GuestPort(number: 80))),
    ]
    for (text, port) in rows { XCTAssertEqual(try PublishedPort(parsing: text), port, text) }
    for text in [
      "", "80", ":80", "80:", "0:80", "80:0", "65536:80", "a:b", "1:2:3:4", "host:80:80", "80:80/sctp", "80:80/",
      "[::1]:80", "[::1]80:80", "::1:80:80", "[127.0.0.1]:80:80", "[::1,x]:80:80", "[]:80:80", "[::1]:1:2:3",
      "127.0.0.1,x:80:80", "256.0.0.1:80:80", "+80:80", " 80:80", "80:80/tcp/udp",
    ] {
      XCTAssertThrowsError(try PublishedPort(parsing: text), text) { error in
        XCTAssertEqual((error as? Failure)?.code, "bad_publish", text)
        XCTAssertEqual((error as? Failure)?.exit, .usage)
      }
    }
    XCTAssertEqual(try PublishedPort(parsing: "0.0.0.0:8080:80").url, "http://127.0.0.1:8080")
    XCTAssertEqual(try PublishedPort(parsing: "[::]:8080:80").url, "http://[::1]:8080")
    XCTAssertEqual(try PublishedPort(parsing: "[fd00::2]:8080:80").url, "http://[fd00::2]:8080")
  }

  func testVariablesParse() throws {
    XCTAssertEqual(try RunRequest.variable(parsing: "A=b=c").key, "A")
    XCTAssertEqual(try RunRequest.variable(parsing: "A=b=c").value, "b=c")
    XCTAssertEqual(try RunRequest.variable(parsing: "A=").value, "")
    for text in ["", "A", "=x", "A=\0"] { XCTAssertThrowsError(try RunRequest.variable(parsing: text), text) }
  }

  func testExitCodes() {
    XCTAssertEqual(RunOutcome(end: .exited(7)).exitCode.rawValue, 7)
    XCTAssertEqual(RunOutcome(end: .signalled(6)).exitCode.rawValue, 134)
    XCTAssertEqual(RunOutcome(end: .interrupted(2)).exitCode.rawValue, 130)
    XCTAssertTrue(RunOutcome(end: .signalled(9), memoryKills: 1).ranOutOfMemory)
    XCTAssertFalse(RunOutcome(end: .exited(0), memoryKills: 1).ranOutOfMemory)
  }

  func testFilesThatAreNotTheImagesAreNotBooted() throws {
    let workshop = try Workshop()
    XCTAssertThrowsError(try workshop.run(RunRequest(image: workshop.directory))) {
      XCTAssertEqual(($0 as? Failure)?.code, "no_unikernel")
    }
    let image = try workshop.image("int main(void) { return 0; }")
    XCTAssertThrowsError(try workshop.run(RunRequest(image: image, memory: 16))) {
      XCTAssertEqual(($0 as? Failure)?.code, "too_little_memory")
      XCTAssertEqual(($0 as? Failure)?.exit, .runFailed)
    }
    for name in ["kernel", "initrd", "cmdline"] {
      let kept = try FileSystem.read(image / name)
      var bytes = kept
      bytes[bytes.count / 2] ^= 1
      try FileSystem.writeAtomically(bytes, to: image / name)
      XCTAssertThrowsError(try workshop.run(RunRequest(image: image)), name) { error in
        XCTAssertEqual((error as? Failure)?.code, "unikernel_changed", name)
        XCTAssertTrue((error as? Failure)?.message.contains("/\(name) ") ?? false)
      }
      try FileSystem.writeAtomically(kept, to: image / name)
    }
    var context = workshop.context
    context.environment["PATH"] = "/nonexistent"
    XCTAssertThrowsError(
      try UnikernelRunner(context, reporter: .silent, output: -1, signals: .none).run(RunRequest(image: image))
    ) { XCTAssertEqual(($0 as? Failure)?.code, "tool_missing") }
  }

  func testAMachineThatTheKernelHasNoDriversForIsRefused() throws {
    let file = MachineDescription.File(name: "x", digest: Digest(of: []), size: 0)
    let image = UnikernelImage(
      directory: "/nowhere",
      machine: MachineDescription(
        kernel: file, initrd: file, cmdline: file, kernelManifest: Digest(of: []), release: "6.12-tiny", mode: .release,
        memory: .init(initrdSize: 0, kernelSize: 0), cpus: 1, network: .qemuUser, ports: [], qemuMachines: [.microvm]))
    let runner = UnikernelRunner(try HostContext.current(), reporter: .silent)
    let request = RunRequest(image: "/nowhere", machine: .q35, accelerator: .tcg)
    XCTAssertThrowsError(try runner.command(request, image, [])) { error in
      let failure = error as? Failure
      XCTAssertEqual(failure?.code, "other_machine")
      XCTAssertEqual(failure?.message, "the image's kernel 6.12-tiny has no drivers for q35")
      XCTAssertTrue(failure?.hint?.contains("--need acpi,pci") ?? false)
    }
  }

  func testTheTimestampRateIsSteady() throws {
    let rates = try (0..<3).map { _ in try XCTUnwrap(TimestampCounter.measureRate()) }
    let (low, high) = (try XCTUnwrap(rates.min()), try XCTUnwrap(rates.max()))
    XCTAssertGreaterThan(low, 100_000)
    XCTAssertLessThan(Double(high - low) / Double(low), 0.005)
  }
}
