internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Programs that do what no program should: packc tells the truth about each, and the machine is gone afterwards.
final class BadProgramTests: XCTestCase {
  private func outcome(
    _ source: String, _ options: Workshop.Options = .init(), memory: Int? = nil
  ) throws -> (outcome: RunOutcome, output: String, warnings: [String]) {
    let workshop = try Workshop()
    let (outcome, output) = try workshop.run(
      RunRequest(image: try workshop.image(source, options), memory: memory))
    return (outcome, output, workshop.warnings.map(\.text))
  }

  func testDiesAtOnce() throws {
    let (died, output, warnings) = try outcome("int main(void) { __builtin_trap(); }")
    XCTAssertEqual(died.end, .signalled(4))
    XCTAssertEqual(output, "")
    XCTAssertEqual(warnings, [])
  }

  /// Every process that it may have is there, and it sees the limit instead of being killed for want of memory.
  func testForksUntilNothingIsLeft() throws {
    let (ended, output, warnings) = try outcome(
      """
      #include <errno.h>
      #include <stdio.h>
      #include <unistd.h>
      int main(void) {
        int children = 0;
        for (;;) {
          pid_t child = fork();
          if (child == 0) { pause(); _exit(0); }
          if (child < 0) break;
          children++;
        }
        printf("children=%d errno=%d\\n", children, errno);
        fflush(stdout);
        sleep(2);
        return 42;
      }
      """, memory: 128)
    XCTAssertEqual(ended.end, .exited(42))
    XCTAssertEqual(ended.memoryKills, 0)
    XCTAssertTrue(output.hasSuffix("errno=11\n"), output)
    let children = output.split { $0 == "=" || $0 == " " }.dropFirst().first.flatMap { Int($0) } ?? 0
    XCTAssertTrue((200...512).contains(children), output)
    XCTAssertTrue(warnings.contains { $0.contains("processes and threads") }, "\(warnings)")
  }

  /// A real bomb has no end of its own; a signal ends it as any other program.
  func testABombEndsWithCtrlC() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <unistd.h>
      int main(void) { write(1, "x", 1); for (;;) fork(); }
      """)
    let (signals, ring) = try SignalSource.pipe()
    let (context, reporter) = (workshop.context, workshop.reporter)
    let ends = try Pipe()
    let run = try HostThread {
      try UnikernelRunner(context, reporter: reporter, output: ends.writing, signals: signals).run(
        RunRequest(image: image))
    }
    XCTAssertEqual(ends.read(), [0x78])
    ring()
    let started = HostContext.monotonicClock()
    XCTAssertEqual(try run.join().end, .interrupted(2))
    XCTAssertLessThan(Double(HostContext.monotonicClock() - started) / 1e9, 3.5)
  }

  func testFillsItsPlaceToWrite() throws {
    let (ended, output, warnings) = try outcome(
      """
      #include <errno.h>
      #include <fcntl.h>
      #include <stdio.h>
      #include <unistd.h>
      static char block[1 << 20];
      int main(void) {
        int fd = open("/tmp/full", O_WRONLY | O_CREAT, 0600), megabytes = 0;
        while (write(fd, block, sizeof block) > 0) megabytes++;
        printf("errno=%d\\n", errno);
        return megabytes > 20 && megabytes < 128 ? 3 : 4;
      }
      """)
    XCTAssertEqual(ended.end, .exited(3))
    XCTAssertEqual(ended.memoryKills, 0)
    XCTAssertEqual(output, "errno=28\n")
    XCTAssertTrue(warnings.contains { $0.contains("/tmp is full") }, "\(warnings)")
  }

  func testCallsRebootAndKillsWhatItCan() throws {
    let (ended, output, _) = try outcome(
      """
      #include <errno.h>
      #include <signal.h>
      #include <stdio.h>
      #include <sys/reboot.h>
      int main(void) {
        int refused = reboot(RB_AUTOBOOT) && errno == EPERM && reboot(RB_POWER_OFF) && errno == EPERM;
        kill(1, SIGKILL);
        kill(1, SIGINT);
        printf("refused=%d\\n", refused);
        fflush(stdout);
        kill(-1, SIGKILL);
        return 5;
      }
      """)
    XCTAssertEqual(output, "refused=1\n")
    XCTAssertEqual(ended.end, .exited(5))
  }

  /// The output is stopped, the line is slow; what was written before still comes, and so does the report.
  func testSpoilsItsTerminal() throws {
    let (ended, output, warnings) = try outcome(
      """
      #include <stdio.h>
      #include <termios.h>
      #include <unistd.h>
      int main(void) {
        struct termios settings;
        tcgetattr(1, &settings);
        cfsetspeed(&settings, B50);
        settings.c_oflag |= OPOST | ONLCR;
        tcsetattr(1, TCSANOW, &settings);
        for (int i = 0; i < 50; i++) puts("a line that nobody will see in time");
        fflush(stdout);
        tcflow(1, TCOOFF);
        return 6;
      }
      """)
    XCTAssertEqual(ended.end, .exited(6))
    XCTAssertEqual(output.split(whereSeparator: \.isNewline).count, 50)
    XCTAssertEqual(warnings, [])
  }

  /// Everything goes through unchanged.
  func testFloodsTheConsole() throws { try Flood.run(megabytes: 16) }
}

/// What takes minutes.
final class BadProgramSlowTests: XCTestCase {
  func testFloodsTheConsoleForMinutes() throws { try Flood.run(megabytes: 1024) }
}

/// A program that writes as fast as it can.
private enum Flood {
  static func run(megabytes: Int) throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>
      static char block[1 << 20];
      int main(void) {
        memset(block, 'x', sizeof block);
        for (int i = atoi(getenv("MEGABYTES")); i > 0; i--)
          for (size_t done = 0; done < sizeof block;) {
            long count = write(1, block + done, sizeof block - done);
            if (count <= 0) return 1;
            done += count;
          }
        return 7;
      }
      """, .init(environment: ["MEGABYTES": String(megabytes)]))
    let count = Locked(0)
    let ends = try Pipe()
    let reader = try HostThread {
      while true {
        let bytes = ends.read(1 << 16)
        if bytes.isEmpty { return }
        count.withLock { $0 += bytes.count { $0 == 0x78 } }
      }
    }
    let outcome = try UnikernelRunner(
      workshop.context, reporter: workshop.reporter, output: ends.writing, signals: .none
    ).run(RunRequest(image: image))
    ends.closeWriting()
    try reader.join()
    XCTAssertEqual(outcome.end, .exited(7))
    XCTAssertEqual(count.withLock { $0 }, megabytes << 20)
  }
}
