internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// What bounds a program, and what is left of one that crashed.
final class ConfinementTests: XCTestCase {
  /// The calls that this program makes, and one that its facts do not name.
  func testACallOutsideOfTheClosedSetEndsTheProgram() throws {
    let source = """
      #include <fcntl.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      int main(void) {
        if (prctl(PR_GET_SECCOMP) != (getenv("FILTER") ? 2 : 0)) return 20;
        write(1, "before\\n", 7);
        if (getenv("STEP")) syscall(SYS_getcpu, 0, 0, 0);
        return 8;
      }
      """
    // What musl's start and those lines need: brk, ioctl, arch_prctl, set_tid_address, prctl.
    let calls: Set<UInt32> = [12, 16, 157, 158, 218]
    let rows: [(Set<UInt32>?, [String: String], RunOutcome.End)] = [
      (calls, ["FILTER": "1"], .exited(8)), (calls, ["FILTER": "1", "STEP": "1"], .signalled(31)),
      (nil, ["STEP": "1"], .exited(8)),
    ]
    for (calls, environment, end) in rows {
      let workshop = try Workshop()
      let (outcome, output) = try workshop.run(
        RunRequest(image: try workshop.image(source, .init(environment: environment, systemCalls: calls))))
      XCTAssertEqual(outcome.end, end, "\(environment)")
      XCTAssertEqual(output, "before\n", "\(environment)")
    }
  }

  func testADebugProgramLeavesItsCore() throws {
    let source = """
      #include <stdlib.h>
      #include <string.h>
      static char hole[64 << 20];
      int main(void) { memset(hole + (32 << 20), 'm', 4096); abort(); }
      """
    for (mode, isThere) in [(BuildMode.debug, true), (.release, false)] {
      let workshop = try Workshop()
      let core = workshop.directory / "core"
      let (outcome, _) = try workshop.run(
        RunRequest(image: try workshop.image(source, .init(mode: mode))).with { $0.core = core })
      XCTAssertEqual(outcome.end, .signalled(6))
      XCTAssertEqual(FileSystem.exists(core), isThere, mode.rawValue)
      XCTAssertEqual(workshop.notes.contains { $0.contains("core dump") }, isThere)
      guard isThere else { continue }
      let read = try ProcessRunner().run(
        Command(["readelf", "-hln", core.description], environment: ["PATH": "/usr/bin:/bin"], keep: 1 << 20))
      XCTAssertTrue(read.succeeded, read.errorText)
      XCTAssertTrue(read.outputText.contains("CORE (Core file)"), read.outputText)
      XCTAssertTrue(read.outputText.contains("NT_PRSTATUS"))
      XCTAssertFalse(read.errorText.contains("past end"), read.errorText)
      let bytes = try FileSystem.read(core, limit: 1 << 30)
      XCTAssertNotNil(bytes.firstRange(of: [UInt8](repeating: 0x6d, count: 4096)))
    }
  }

  func testTheTimeZoneIsThePrograms() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdio.h>
      #include <sys/time.h>
      #include <time.h>
      int main(void) {
        struct timeval now;
        gettimeofday(&now, 0);
        char text[64];
        strftime(text, sizeof text, "%z", localtime(&now.tv_sec));
        printf("%ld %s\\n", now.tv_sec, text);
        return 0;
      }
      """)
    for (zone, shown) in [(nil, "+0000"), ("JST-9", "+0900")] as [(String?, String)] {
      let before = HostContext.realTime()
      let (_, output) = try workshop.run(RunRequest(image: image, environment: zone.map { ["TZ": $0] } ?? [:]))
      let parts = output.split(whereSeparator: \.isWhitespace)
      XCTAssertEqual(parts.last.map(String.init), shown)
      let seconds = try XCTUnwrap(parts.first.flatMap { Int64($0) })
      XCTAssertTrue((before - 1...HostContext.realTime() + 1).contains(seconds), output)
    }
  }
}

extension HostContext {
  fileprivate static func realTime() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }
}
