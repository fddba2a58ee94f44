internal import Glibc
internal import XCTest

@testable import PackCore
@testable import Runner

/// The guest's init outside of a machine.
final class GuestInitTests: XCTestCase {
  private func run(_ arguments: [String]) throws -> CommandResult {
    try ProcessRunner().run(
      Command([try Workshop.guestInit().description] + arguments, environment: ["PATH": "/usr/bin:/bin", "A": "b"]))
  }

  func testSaysThatItIsNotProcessOne() throws {
    for arguments in [[], ["container"], ["sh", "-c", "true"]] {
      let result = try run(arguments)
      XCTAssertEqual(result.end, .exited(64))
      XCTAssertTrue(result.errorText.contains("must be process 1"), result.errorText)
      XCTAssertEqual(result.output, [])
    }
  }

  func testStartsTheProgramOfAContainerAndEndsAsItEnds() throws {
    let rows: [([String], Int32)] = [
      (["sh", "-c", "test $A = b && exit 7"], 7), (["sh", "-c", "kill -ABRT $$"], 134), (["true"], 0),
      (["/nonexistent/program"], 127), (["/etc"], 126),
      // An orphan that ends later than the program does not hold it up.
      (["sh", "-c", "sleep 5 & exit 3"], 3),
      // A signal to the init is the program's.
      (["sh", "-c", "trap 'exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.05; done"], 9),
    ]
    let started = HostContext.monotonicClock()
    for (arguments, code) in rows {
      XCTAssertEqual(try run(["container"] + arguments).end, .exited(code), "\(arguments)")
    }
    XCTAssertLessThan(HostContext.monotonicClock() - started, 4_000_000_000)
  }

  /// Whoever was to stop the container is gone: the program ends, also one that does not listen to SIGTERM.
  func testEndsTheProgramWhenPackcIsGone() throws {
    for (script, code) in [("exec sleep 60", Int32(143)), ("trap '' TERM; while :; do sleep 0.05; done", 137)] {
      let pair = try SocketPair()
      var process = try RunningProcess.start(
        Command(
          [try Workshop.guestInit().description, "container", "sh", "-c", script],
          environment: ["PATH": "/usr/bin:/bin"], descriptors: [(pair.theirs.raw, 3)]))
      let report = pair.takeOurs()
      var first = pollfd(fd: report.raw, events: Int16(POLLIN), revents: 0)
      XCTAssertEqual(poll(&first, 1, 5000), 1, "it did not report its start")
      usleep(200_000)
      XCTAssertNil(try process.reapIfEnded(), script)
      close(report)
      var end = pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0)
      XCTAssertEqual(poll(&end, 1, 10_000), 1, "it goes on: \(script)")
      XCTAssertEqual(try process.reapIfEnded(), .exited(code), script)
    }
  }

  private func close(_ descriptor: consuming Descriptor) {}
}
