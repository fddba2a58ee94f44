internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

/// A signal stays with the process that got it, so each of these is a child that the test starts and interrupts.
final class InterruptionTests: XCTestCase {
  private static let name = "InterruptionTests/testASignalEndsTheCommandAndThrows"

  func testASignalEndsTheCommandAndThrows() throws {
    if let script = TestChild["SCRIPT"] { Self.runUntilInterrupted(script) }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let (result, lines) = try interrupt(with: number, script: "echo READY $$; exec sleep 64")
      XCTAssertEqual(result.end, .exited(128 + number), "\(lines)")
      XCTAssertTrue(lines.contains("code interrupted"), "\(lines)")
      XCTAssertTrue(lines.contains("again interrupted"), "nothing is started after a signal: \(lines)")
      XCTAssertLessThan(result.seconds, 4)
      try assertGone(lines)
    }
  }

  func testAChildThatIgnoresTheSignalIsKilled() throws {
    let (result, lines) = try interrupt(
      with: SIGINT, script: "trap '' TERM INT; echo READY $$; while :; do sleep 0.05; done")
    XCTAssertEqual(result.end, .exited(128 + SIGINT), "\(lines)")
    XCTAssertLessThan(result.seconds, 4, "the grace period is half a second here")
    try assertGone(lines)
  }

  func testHangupIgnoredFromTheStartStaysIgnored() throws {
    if TestChild["NOHUP"] != nil { Self.surviveHangup() }
    let result = try TestChild.run("InterruptionTests/testHangupIgnoredFromTheStartStaysIgnored", ["NOHUP": "1"])
    XCTAssertEqual(result.end, .exited(6), result.outputText + result.errorText)
  }

  private func interrupt(with number: Int32, script: String) throws -> (CommandResult, [String]) {
    var lines: [String] = []
    var helper: pid_t?
    let result = try ProcessRunner().run(TestChild.command(Self.name, ["SCRIPT": script])) { _, line in
      lines.append(line)
      if line.hasPrefix("pid ") { helper = pid_t(line.dropFirst(4)) }
      if line.hasPrefix("READY "), let helper { kill(helper, number) }
    }
    return (result, lines)
  }

  private func assertGone(_ lines: [String], file: StaticString = #filePath, line: UInt = #line) throws {
    let ready = try XCTUnwrap(lines.first { $0.hasPrefix("READY ") }, "\(lines)", file: file, line: line)
    let pid = try XCTUnwrap(pid_t(ready.dropFirst(6)), file: file, line: line)
    XCTAssertNotEqual(kill(pid, 0), 0, "the command outlived the interrupt", file: file, line: line)
  }

  private static func say(_ text: String) {
    print(text)
    fflush(nil)
  }

  private static func runUntilInterrupted(_ script: String) -> Never {
    Interruption.install()
    say("pid \(getpid())")
    let command = Command(["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"], timeout: 30, grace: 0.5)
    do {
      // On a thread of its own: the kernel hands the signal to the main thread, so that here nothing but the bell ends
      // the wait.
      try HostThread { _ = try ProcessRunner().run(command) { _, line in say(line) } }.join()
      exit(0)
    } catch let failure as Failure {
      say("code \(failure.code)")
      do { try ProcessRunner().run(Command(["/bin/true"])) } catch let second as Failure {
        say("again \(second.code)")
      } catch { exit(1) }
      exit(failure.exit.rawValue)
    } catch { exit(1) }
  }

  private static func surviveHangup() -> Never {
    signal(SIGHUP, SIG_IGN)
    Interruption.install()
    kill(getpid(), SIGHUP)
    exit(Interruption.signal == nil ? 6 : 1)
  }
}
