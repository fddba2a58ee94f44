internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Where the time of a boot went.
final class BootReportTests: XCTestCase {
  private static let server = """
    #include <netinet/in.h>
    #include <sys/socket.h>
    #include <unistd.h>
    int main(void) {
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080)};
      int server = socket(AF_INET, SOCK_STREAM, 0);
      usleep(300000);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 8)) return 1;
      write(1, "listening\\n", 10);
      for (;;) pause();
    }
    """

  private func measure(
    _ workshop: Workshop, _ request: RunRequest
  ) throws -> (report: BootReport, outcome: RunOutcome, wall: Double) {
    let began = HostContext.monotonicClock()
    let runner = UnikernelRunner(workshop.context, reporter: workshop.reporter, output: -1, signals: .none)
    let (report, outcome) = try runner.measureBoot(request, since: began)
    return (report, outcome, Double(HostContext.monotonicClock() - began) / 1000)
  }

  func testThePhasesAddUpToWhatAPersonWaits() throws {
    let workshop = try Workshop()
    let image = try workshop.image(Self.server, .init(ballast: 8 << 20))
    for machine in Workshop.machines {
      // The same boot, seen from outside: the program's word is the end of it.
      let ends = try Pipe()
      let began = HostContext.monotonicClock()
      let (context, reporter) = (workshop.context, workshop.reporter)
      let run = try HostThread {
        try UnikernelRunner(context, reporter: reporter, output: ends.writing, signals: .none).measureBoot(
          RunRequest(image: image, machine: machine), since: began)
      }
      XCTAssertEqual(ends.read(), [0x6c])
      let seen = Double(HostContext.monotonicClock() - began) / 1000
      let (report, outcome) = try run.join()
      XCTAssertEqual(outcome.end, .interrupted(15), machine.rawValue)
      XCTAssertEqual(report.end, .listening("0.0.0.0:8080/tcp"))
      XCTAssertEqual(Double(report.total) / seen, 1, accuracy: 0.05, "\(machine): \(report.text)")
      let ids = report.phases.map(\.id)
      for id in [
        "packc", "qemu", "firmware", "unpack", "kernel-drivers", "kernel-initrd", "init-check", "init-exec", "program",
      ] {
        XCTAssertTrue(ids.contains(id), "\(machine): \(id) is not in\n\(report.text)")
      }
      XCTAssertEqual(ids.count, Set(ids).count, "\(ids)")
      let program = try XCTUnwrap(report.phases.last)
      XCTAssertGreaterThan(program.microseconds, 300_000)
      XCTAssertTrue(report.text.split(separator: "\n").allSatisfy { $0.count <= 80 }, report.text)
      XCTAssertEqual(report.json["total_us"]?.integer, report.total)
      print(report.text)
    }
  }

  func testProgramsThatDoNotListen() throws {
    let workshop = try Workshop()
    let (report, outcome, wall) = try measure(
      workshop, RunRequest(image: try workshop.image("int main(void) { return 3; }")))
    XCTAssertEqual(outcome.end, .exited(3))
    XCTAssertEqual(report.end, .ended)
    XCTAssertLessThanOrEqual(Double(report.total), wall)
    XCTAssertThrowsError(
      try measure(workshop, RunRequest(image: try workshop.image("int main;", .init(arguments: ["/app/none"]))))
    ) { XCTAssertEqual(($0 as? Failure)?.code, "not_started") }
  }

  func testTheProcessorsPlaceIsRead() {
    let rows: [(String, UInt64?, Bool)] = [
      (#"{"return": "\r\nCPU#0\r\nEAX=00000000 \r\nEIP=0000fff0 EFL=00000002 [-------]"}"#, 0xfff0, false),
      (#"{"return": "RAX=0 \r\nRIP=ffffffff81000123 RFL=00000002"}"#, 0xffff_ffff_8100_0123, true),
      (#"{"return": {}}"#, nil, false), ("RIP=", nil, false), ("RIP=zz", nil, false),
    ]
    for (line, address, is64Bit) in rows {
      let found = BootWatch.processor(Array(line.utf8)[...])
      XCTAssertEqual(found?.address, address, line)
      XCTAssertEqual(found?.is64Bit ?? false, is64Bit, line)
    }
  }

  func testTheChartIsDrawnWithoutAMachine() {
    let report = BootReport(
      machine: .init(
        kernel: "6.1.0-test", type: "microvm", accelerator: "tcg", memory: 256, cpus: 1, initrdBytes: 3 << 20),
      phases: [
        .init(id: "packc", name: "packc: the image is checked", microseconds: 41_500),
        .init(id: "qemu", name: "QEMU's own start", microseconds: 900_000),
        .init(id: "init", name: "init", microseconds: 40),
      ], end: .started)
    XCTAssertEqual(
      report.text,
      """
      0.94 s until the program started (it does not listen)
      Linux 6.1.0-test, microvm, tcg, 256 MiB, initrd 3 MiB

      packc: the image is checked            42 ms   4 %  █▍
      QEMU's own start                      900 ms  96 %  ████████████████████████████
      init                                  0.0 ms   0 %  ▏
      together                              942 ms 100 %

      """)
  }
}
