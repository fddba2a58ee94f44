internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Machines with a server in them: ports, readiness, and the end by a signal.
final class ServerTests: XCTestCase {
  /// A one-page HTTP server; ADDRESS and PORT say where.
  private static let server = """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>
    static void end(int number) { write(1, "bye\\n", 4); _exit(0); }
    int main(void) {
      signal(SIGTERM, getenv("STUBBORN") ? SIG_IGN : end);
      struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
      struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = four.sin_port};
      int family = inet_pton(AF_INET, getenv("ADDRESS"), &four.sin_addr) == 1 ? AF_INET : AF_INET6;
      inet_pton(AF_INET6, getenv("ADDRESS"), &six.sin6_addr);
      int server = socket(family, SOCK_STREAM, 0), one = 1;
      setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (bind(server, family == AF_INET ? (void *)&four : (void *)&six, family == AF_INET ? sizeof four : sizeof six)
        || listen(server, 8)) return 1;
      for (;;) {
        char request[4096];
        int client = accept(server, 0, 0);
        if (client < 0 || read(client, request, sizeof request) <= 0) continue;
        const char *answer = "HTTP/1.0 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n";
        write(client, answer, strlen(answer));
        close(client);
      }
    }
    """

  private func freePort() throws -> UInt16 {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let file = Descriptor(owning: raw)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return try withUnsafeMutablePointer(to: &place) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard bind(file.raw, $0, length) == 0, getsockname(file.raw, $0, &length) == 0 else {
          throw Failure.system("find a port", errno: errno)
        }
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
  }

  private func start(
    _ workshop: Workshop, _ request: RunRequest, _ signals: SignalSource
  ) throws -> HostThread<(RunOutcome, String)> {
    let file = workshop.directory / "output"
    let (context, reporter) = (workshop.context, workshop.reporter)
    return try HostThread {
      let output = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC)
      let runner = UnikernelRunner(context, reporter: reporter, output: output.raw, signals: signals)
      let outcome = try runner.run(request)
      return (outcome, String(decoding: try FileSystem.read(file), as: UTF8.self))
    }
  }

  private func wait(for workshop: Workshop, _ condition: (Workshop) -> Bool) {
    for _ in 0..<600 where !condition(workshop) { usleep(50_000) }
    XCTAssertTrue(condition(workshop), "notes \(workshop.notes), warnings \(workshop.warnings)")
  }

  private func fetch(_ port: UInt16, at address: String = "127.0.0.1") throws -> String {
    try ProcessRunner().run(
      Command(["curl", "-s", "--max-time", "20", "http://\(address):\(port)/"], environment: ["PATH": "/usr/bin"])
    ).outputText
  }

  private func machines(_ name: String = "qemu") throws -> Int {
    try ProcessRunner().run(
      Command(["pgrep", "-c", "-P", String(getpid()), name], environment: ["PATH": "/usr/bin:/bin"])
    ).outputText.split(separator: "\n").first.flatMap { Int($0) } ?? 0
  }

  private func isTimeOver(_ since: UInt64, _ seconds: Double) -> Bool {
    Double(HostContext.monotonicClock() - since) / 1e9 > seconds
  }

  func testAnswersThroughAPublishedPortAndStopsWithinThreeSeconds() throws {
    for machine in Workshop.machines {
      let workshop = try Workshop()
      let port = try freePort()
      let image = try workshop.image(
        Self.server, .init(environment: ["ADDRESS": "0.0.0.0", "PORT": "80"], ports: [GuestPort(number: 80)]))
      let (signals, ring) = try SignalSource.pipe()
      let run = try start(
        workshop,
        RunRequest(
          image: image, publish: [PublishedPort(hostPort: port, guest: GuestPort(number: 80))], machine: machine),
        signals)
      wait(for: workshop) { $0.notes.contains("ready: http://127.0.0.1:\(port)") }
      XCTAssertEqual(try fetch(port), "hello\n", machine.rawValue)
      XCTAssertEqual(try machines(), 1)
      let stopped = HostContext.monotonicClock()
      ring()
      let (outcome, output) = try run.join()
      XCTAssertFalse(isTimeOver(stopped, 3))
      XCTAssertEqual(outcome.end, .interrupted(SIGINT))
      XCTAssertEqual(outcome.exitCode.rawValue, 130)
      XCTAssertEqual(output, "bye\n", "the program was not asked to end")
      XCTAssertEqual(try machines(), 0)
    }
  }

  func testAStubbornProgramIsKilledAndASecondSignalDoesNotWait() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      Self.server, .init(environment: ["ADDRESS": "0.0.0.0", "PORT": "8080", "STUBBORN": "1"]))
    for rings in [1, 2] {
      let (signals, ring) = try SignalSource.pipe()
      workshop.events.withLock { $0 = [] }
      let run = try start(workshop, RunRequest(image: image), signals)
      wait(for: workshop) { $0.notes.contains { $0.contains("0.0.0.0:8080/tcp, which is not published") } }
      let stopped = HostContext.monotonicClock()
      ring()
      if rings == 2 {
        usleep(100_000)
        ring()
      }
      let (outcome, _) = try run.join()
      XCTAssertFalse(isTimeOver(stopped, rings == 2 ? 1 : 3))
      XCTAssertEqual(outcome.exitCode.rawValue, 130)
      XCTAssertEqual(try machines(), 0)
    }
  }

  func testASignalDuringTheBootEndsItAtOnce() throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 0; }")
    let (signals, ring) = try SignalSource.pipe()
    ring()
    let started = HostContext.monotonicClock()
    let (outcome, _) = try workshop.run(RunRequest(image: image, accelerator: .tcg), signals: signals)
    XCTAssertEqual(outcome.end, .interrupted(SIGINT))
    XCTAssertFalse(isTimeOver(started, 3))
    XCTAssertEqual(try machines(), 0)
  }

  func testAServerOnLoopbackOnlyIsToldSo() throws {
    let workshop = try Workshop()
    let port = try freePort()
    let image = try workshop.image(
      Self.server, .init(environment: ["ADDRESS": "127.0.0.1", "PORT": "8080"], ports: [GuestPort(number: 8080)]))
    let (signals, ring) = try SignalSource.pipe()
    let run = try start(
      workshop,
      RunRequest(image: image, publish: [PublishedPort(hostPort: port, guest: GuestPort(number: 8080))]), signals)
    wait(for: workshop) { $0.warnings.contains { $0.text.contains("127.0.0.1:8080/tcp only") } }
    XCTAssertTrue(workshop.warnings.contains { $0.hint?.contains("0.0.0.0") ?? false })
    XCTAssertFalse(workshop.notes.contains { $0.hasPrefix("ready") })
    ring()
    _ = try run.join()
  }

  /// By passt, which leaves with the machine.
  func testAnswersOverIPv6() throws {
    let workshop = try Workshop()
    let (six, four) = (try freePort(), try freePort())
    let image = try workshop.image(
      Self.server, .init(environment: ["ADDRESS": "::", "PORT": "80"], ports: [GuestPort(number: 80)]))
    let (signals, ring) = try SignalSource.pipe()
    let publish = try ["[::1]:\(six):80", "\(four):80"].map { try PublishedPort(parsing: $0) }
    let run = try start(workshop, RunRequest(image: image, publish: publish), signals)
    wait(for: workshop) { $0.notes.contains("ready: http://[::1]:\(six)") }
    XCTAssertEqual(try fetch(six, at: "[::1]"), "hello\n")
    XCTAssertEqual(try fetch(four), "hello\n")
    XCTAssertEqual(try machines("passt"), 1)
    ring()
    let (outcome, output) = try run.join()
    XCTAssertEqual(outcome.exitCode.rawValue, 130)
    XCTAssertEqual(output, "bye\n")
    XCTAssertEqual(try machines("passt"), 0)
    XCTAssertThrowsError(try PasstNetwork.check([publish[0], try PublishedPort(parsing: "\(six):80")]))
  }

  func testAServerOfTheOtherFamilyIsToldSo() throws {
    let workshop = try Workshop()
    let port = try freePort()
    let image = try workshop.image(
      Self.server, .init(environment: ["ADDRESS": "0.0.0.0", "PORT": "80"], ports: [GuestPort(number: 80)]))
    let (signals, ring) = try SignalSource.pipe()
    let run = try start(
      workshop, RunRequest(image: image, publish: [try PublishedPort(parsing: "[::1]:\(port):80")]), signals)
    wait(for: workshop) { $0.warnings.contains { $0.text.contains("0.0.0.0:80/tcp only") } }
    XCTAssertTrue(workshop.warnings.contains { $0.hint?.contains("[::]") ?? false })
    ring()
    _ = try run.join()
  }

  func testATakenPortIsNamedBeforeTheBoot() throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 0; }")
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let taken = Descriptor(owning: raw)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = try withUnsafeMutablePointer(to: &place) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard bind(taken.raw, $0, length) == 0, listen(taken.raw, 1) == 0,
          getsockname(taken.raw, $0, &length) == 0
        else { throw Failure.system("take a port", errno: errno) }
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    let started = HostContext.monotonicClock()
    let failure = try workshop.failure(
      RunRequest(image: image, publish: [try PublishedPort(parsing: "\(port):8080")], accelerator: .tcg))
    XCTAssertEqual(failure.code, "port_taken")
    XCTAssertTrue(failure.message.contains(String(port)))
    XCTAssertEqual(failure.exit, .runFailed)
    XCTAssertFalse(isTimeOver(started, 1))
  }
}
