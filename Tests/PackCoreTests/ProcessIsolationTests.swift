internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

/// The state that a child begins with, the end that is forced on it, and that nothing outlives it.
final class ProcessIsolationTests: XCTestCase {
  private func run(_ argv: [String], _ change: (inout Command) -> Void = { _ in }) throws -> CommandResult {
    var command = Command(argv, environment: ["PATH": "/usr/bin:/bin"], timeout: 60)
    change(&command)
    return try ProcessRunner().run(command)
  }
  private func shell(_ script: String, _ change: (inout Command) -> Void = { _ in }) throws -> CommandResult {
    try run(["/bin/sh", "-c", script], change)
  }

  /// proc(5): SigBlk and SigIgn are masks in hexadecimal; bit n-1 is signal n.
  private func signalMask(_ name: String, in status: String) throws -> UInt64 {
    let line = try XCTUnwrap(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return try XCTUnwrap(UInt64(line.dropFirst(name.count + 1).trimmed, radix: 16))
  }

  func testSignalsAreUnblockedAndDefault() throws {
    let statuses = try HostThread {
      // As bad as a parent can leave it: everything blocked in this thread, some signals ignored in the process.
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_BLOCK, &all, nil)
      let before = [SIGPIPE, SIGUSR1, SIGHUP].map { ($0, signal($0, SIG_IGN)) }
      defer { for (number, handler) in before { signal(number, handler) } }
      return try ProcessRunner().run(Command(["/bin/cat", "/proc/self/status"])).outputText
    }.join()
    XCTAssertEqual(try signalMask("SigBlk", in: statuses), 0)
    // Signals 32 and 33 are glibc's own (cancellation, setuid); its posix_spawn leaves them ignored on purpose.
    XCTAssertEqual(try signalMask("SigIgn", in: statuses) & ~(3 << 31), 0)
    XCTAssertEqual(try signalMask("SigCgt", in: statuses), 0)
  }

  func testOnlyTheStandardDescriptorsAreOpen() throws {
    // Left open without close-on-exec, as a careless library would.
    let leaks = (0..<5).map { _ in open("/dev/null", O_RDONLY) }
    defer { for leak in leaks { close(leak) } }
    XCTAssertTrue(leaks.allSatisfy { $0 >= 0 })
    // 3 is the directory that ls reads.
    XCTAssertEqual(try run(["/bin/ls", "/proc/self/fd"]).outputText, "0\n1\n2\n3\n")
  }

  func testTheChildLeadsAGroupUnlessToldNotTo() throws {
    let script = "cut -d' ' -f5 /proc/self/stat; echo $$"
    let own = try shell(script).outputText.split(separator: "\n")
    XCTAssertEqual(own.first, own.last)
    let ours = try shell(script) { $0.ownGroup = false }.outputText.split(separator: "\n")
    XCTAssertEqual(ours.first.map(String.init), "\(getpgrp())")
  }

  func testTimeoutTerminates() throws {
    let result = try shell("trap 'echo bye; exit 9' TERM; while :; do sleep 0.05; done") { $0.timeout = 0.3 }
    XCTAssertTrue(result.timedOut)
    XCTAssertFalse(result.succeeded)
    XCTAssertEqual(result.end, .exited(9))
    XCTAssertEqual(result.outputText, "bye\n", "what it says on its way out is kept")
    XCTAssertLessThan(result.seconds, 5)
  }

  func testWhoIgnoresTheTimeoutIsKilledAfterTheGracePeriod() throws {
    let result = try shell("trap '' TERM; echo ready; while :; do sleep 0.05; done") {
      $0.timeout = 0.3
      $0.grace = 0.4
    }
    XCTAssertEqual(result.end, .signalled(SIGKILL))
    XCTAssertTrue(result.timedOut)
    XCTAssertEqual(result.outputText, "ready\n")
    XCTAssertGreaterThan(result.seconds, 0.65)
    XCTAssertLessThan(result.seconds, 5)
  }

  func testTheTimeoutReachesTheWholeGroup() throws {
    let result = try shell("sleep 60 & sleep 60") { $0.timeout = 0.2 }
    XCTAssertEqual(result.end, .signalled(SIGTERM))
    XCTAssertLessThan(result.seconds, 5)
  }

  func testAnyNumberIsATimeLimit() throws {
    for limit in [1e30, .infinity, 1e-300] {
      XCTAssertEqual(try shell("exit 0") { $0.timeout = limit == 1e-300 ? nil : limit }.end, .exited(0))
    }
    for limit in [0, -1, -Double.infinity, .nan] {
      let result = try run(["sleep", "60"]) {
        $0.timeout = limit
        $0.grace = limit
      }
      XCTAssertTrue(result.timedOut, "\(limit)")
    }
  }

  func testAGrandchildThatHoldsThePipeDoesNotHideTheEnd() throws {
    let result = try shell("sleep 60 & echo started; exit 4")
    XCTAssertEqual(result.end, .exited(4))
    XCTAssertEqual(result.outputText, "started\n")
    XCTAssertLessThan(result.seconds, 5)
  }

  func testNothingSurvivesInTheGroup() throws {
    let result = try shell("sleep 61 & echo $!")
    XCTAssertTrue(try Self.isGone(result.outputText), result.outputText)
  }

  func testADaemonDoesNotSurvive() throws {
    // setsid(1) in a subshell that ends: another session, another group, nobody's child but the subreaper's.
    let result = try shell("(setsid sh -c 'echo $$; trap \"\" TERM HUP; exec sleep 62' &) ; sleep 0.3; exit 5")
    XCTAssertEqual(result.end, .exited(5))
    XCTAssertTrue(try Self.isGone(result.outputText), result.outputText)
    XCTAssertLessThan(result.seconds, 5)
  }

  func testADaemonsChildrenDoNotSurvive() throws {
    let result = try shell("(setsid sh -c 'sh -c \"echo \\$\\$; exec setsid sleep 63\" & wait' &) ; sleep 0.3")
    XCTAssertTrue(try Self.isGone(result.outputText), result.outputText)
  }

  /// A command that ends must not take the children of another one, still running, for strays.
  func testOtherCommandsAreLeftAlone() throws {
    let long = try HostThread {
      try ProcessRunner().run(
        Command(["/bin/sh", "-c", "sleep 1 & wait; echo done"], environment: ["PATH": "/usr/bin:/bin"]))
    }
    for _ in 0..<30 { _ = try shell("true") }
    XCTAssertEqual(try long.join().outputText, "done\n")
  }

  /// Waits a little: a killed process stays visible until init has reaped it.
  private static func isGone(_ text: String) throws -> Bool {
    let pid = try XCTUnwrap(pid_t(text.trimmed), "no pid in \(text.debugDescription)")
    for _ in 0..<100 {
      if kill(pid, 0) != 0 { return errno == ESRCH }
      usleep(20_000)
    }
    return false
  }
}

extension StringProtocol {
  fileprivate var trimmed: String { String(split(whereSeparator: \.isWhitespace).joined(separator: " ")) }
}
