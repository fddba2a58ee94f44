internal import XCTest

@testable import PackCore

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
}
