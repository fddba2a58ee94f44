import Glibc
import PackCore
import TestSupport
import XCTest

/// Deployments of a real project on real machines, by the command alone.
final class DeployTests: XCTestCase {
  private static let server = """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>
    static const char *get(const char *name, const char *other) {
      const char *value = getenv(name);
      return value ? value : other;
    }
    int main(void) {
      setvbuf(stdout, 0, _IOLBF, 0);
      printf("begins as %s\\n", get("GREETING", "first"));
      if (getenv("END")) return atoi(getenv("END"));
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(get("PORT", "8080")))};
      inet_pton(AF_INET, get("HOST", "0.0.0.0"), &at.sin_addr);
      int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
      setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 8)) return 1;
      for (;;) {
        char request[4096], answer[256];
        int client = accept(server, 0, 0);
        if (client < 0) continue;
        if (read(client, request, sizeof request) > 0) {
          int size = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\\r\\n\\r\\n%s", get("GREETING", "first"));
          if (write(client, answer, size) != size) perror("write");
        }
        close(client);
      }
    }

    """
  private static let files = [
    "server.c": server, "Makefile": "server: server.c\n\t$(CC) -O1 -o $@ $<\n",
    "unik.yaml":
      "version: 1\nname: greeter\nbuild: {command: make server}\nartifact: {path: server}\nrun: {ports: [8080/tcp]}\n",
  ]

  private struct Fixture {
    let site: Site
    let project: HostPath
  }
  private nonisolated(unsafe) static var made: Fixture?
  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Self.files, to: "project")
    // A build does not believe its record of files that changed while it began.
    usleep(200_000)
    let made = Fixture(site: site, project: project)
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  /// A state directory of its own.
  private func call() throws -> (packc: DetachedCall, project: String, port: Int) {
    let fixture = try fixture()
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: fixture.site.home / "cache")
    // In the same environment, so that deployments find it built.
    try packc("build", fixture.project.description).expect(.done)
    return (packc, fixture.project.description, Int.random(in: 21_000..<29_000))
  }

  private func get(_ port: Int) -> String? { PlainRequest.get(port) }

  /// Of the deployment in this state directory, by /proc alone: everything whose environment has its mark.
  private func processes(_ packc: DetachedCall, _ name: String) throws -> [ProcessIdentity] {
    let file = packc.state / "state/packc/machines/\(name)/machine.json"
    guard let id = (try? JSONParser.parse(FileSystem.read(file)))?["id"]?.string else { return [] }
    return MarkedProcesses.find("PACKC_MACHINE", id)
  }

  private func state(_ packc: DetachedCall, _ name: String) throws -> String? {
    try packc("show", name, "--json").json?["state"]?.string
  }

  func testFromDeployToDestroy() throws {
    let (packc, project, port) = try call()
    let publish = "\(port):8080"
    let first = try packc("deploy", project, "--publish", publish, "--wait", "--json").expect(.done)
    XCTAssertEqual(first.json?["action"], "created")
    XCTAssertEqual(first.json?["deployment"]?["state"], "running")
    for dimension in ["build", "machine", "process", "address"] {
      XCTAssertEqual(first.json?["deployment"]?["readiness"]?[dimension]?["result"], "pass", dimension)
    }
    XCTAssertEqual(get(port), "first")
    XCTAssertEqual(try processes(packc, "greeter").count, 2, "a supervisor and its machine")
    XCTAssertEqual(try packc("logs", "greeter").expect(.done).output, "begins as first\n")
    XCTAssertEqual(try packc("exists", "greeter").output, "true\n")

    let again = try packc("deploy", project, "--publish", publish, "--json").expect(.done)
    XCTAssertEqual(again.json?["action"], "unchanged")

    let meter = try packc("status", "--json").json?["machines"]?.array?.first?["metering"]
    XCTAssertGreaterThan(meter?["memory_bytes"]?.integer ?? 0, 10 << 20)
    XCTAssertGreaterThan(meter?["cpu_ms"]?.integer ?? 0, 0)
    XCTAssertGreaterThan(meter?["ready_ms"]?.integer ?? 0, 0)

    try packc("restart", "greeter", "--wait").expect(.done)
    XCTAssertEqual(get(port), "first")

    let refused = try packc("deploy", project, "--publish", publish, "--env", "GREETING=second").expect(.usage)
    XCTAssertTrue(refused.errors.contains("--yes"), refused.errors)
    XCTAssertFalse(refused.errors.contains("second"), "values may be secret")
    try packc("deploy", project, "--publish", publish, "--env", "GREETING=second", "--yes", "--wait").expect(.done)
    XCTAssertEqual(get(port), "second")
    let drift = try packc("deploy", project, "--publish", publish, "--yes").expect(.drift)
    XCTAssertTrue(drift.errors.contains("GREETING"), drift.errors)
    XCTAssertEqual(get(port), "second")

    try packc("rollback", "greeter", "--wait").expect(.done)
    XCTAssertEqual(get(port), "first")
    XCTAssertEqual(
      try packc("release", "list", "greeter", "--json").json?["releases"]?.array?.map { $0["number"]?.integer },
      [1, 2, 3])

    try packc("stop", "greeter").expect(.done)
    XCTAssertEqual(try processes(packc, "greeter"), [])
    XCTAssertEqual(try state(packc, "greeter"), "exited")
    XCTAssertNil(get(port))
    try packc("start", "greeter", "--wait").expect(.done)
    XCTAssertEqual(get(port), "first")

    let destroyed = try packc("destroy", "greeter", "--json").expect(.done)
    let fates = destroyed.json?["destroyed"]?.array?.first?["resources"]?.array?.map {
      "\($0["resource"]?.string ?? "") \($0["fate"]?.string ?? "")"
    }
    XCTAssertEqual(fates, ["machine deleted", "ports deleted", "logs deleted", "release records deleted"])
    for _ in 0..<2 {
      let second = try packc("destroy", "greeter", "--json").expect(.done)
      XCTAssertEqual(
        Set(second.json?["destroyed"]?.array?.first?["resources"]?.array?.map { $0["fate"]?.string } ?? []),
        ["not found"])
    }
    XCTAssertNil(get(port))
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
    XCTAssertEqual(try packc.state.names(in: "state/packc/releases"), [])
    XCTAssertEqual(try packc("exists", "greeter").expect(.done).output, "false\n")
  }

  func testAReleaseThatDoesNotBecomeReadyGivesWay() throws {
    let (packc, project, port) = try call()
    let deploy = ["deploy", project, "--publish", "\(port):8080", "--yes", "--wait"]
    try packc(deploy).expect(.done)
    let failed = try packc(deploy + ["--env", "END=3"]).expect(.failed)
    XCTAssertTrue(failed.errors.contains("release 1 is started again"), failed.errors)
    for _ in 0..<100 where get(port) == nil { usleep(100_000) }
    XCTAssertEqual(get(port), "first")
    XCTAssertEqual(try state(packc, "greeter"), "running")
    // As long as nothing else is deployed, that is what there is to know.
    let shown = try packc("show", "greeter", "--json").json
    XCTAssertEqual(shown?["fell_back"]?["from"], 2)
    XCTAssertEqual(shown?["fell_back"]?["to"], 1)
    XCTAssertEqual(shown?["fell_back"]?["reason"], "the program ended: exit code 3")
    XCTAssertEqual(shown?["next"], shown?["fell_back"]?["next"])
    XCTAssertEqual(try SchemaCheck("commands.schema.json", definition: "show").problems(shown ?? .null), [])
    for command in ["show", "status"] {
      let text = try packc(command, "greeter").output
      XCTAssertTrue(text.contains("did not become ready, and release 1 was started again: the program ended"), text)
    }
    try packc("destroy", "greeter").expect(.done)
  }

  func testHowAProgramEndedIsWhatItsMachineReported() throws {
    let (packc, project, port) = try call()
    let deploy = ["deploy", project, "--publish", "\(port):8080", "--wait", "--env", "END=3"]
    let ended = try packc(deploy + ["--name", "ended"]).expect(.failed)
    XCTAssertTrue(ended.errors.contains("exit code 3"), ended.errors)
    XCTAssertEqual(
      try packc("show", "ended", "--json").json?["exit"], ["how": "exited", "code": 3])
    XCTAssertEqual(try processes(packc, "ended"), [])
    try packc("destroy", "ended").expect(.done)
  }

  func testAPortThatLeadsPastTheProgramIsNamed() throws {
    let (packc, project, port) = try call()
    let answer = try packc("deploy", project, "--publish", "\(port):8000", "--wait=8").expect(.timedOut)
    XCTAssertTrue(answer.errors.contains("listens on 0.0.0.0:8080/tcp, and 127.0.0.1:\(port):8000/tcp"), answer.errors)
    XCTAssertTrue(answer.errors.contains("deploy again with -p \(port):8080"), answer.errors)
    try packc("destroy", "greeter").expect(.done)
  }

  func testAServerThatNobodyReachesIsNamed() throws {
    let (packc, project, port) = try call()
    let began = HostContext.monotonicClock()
    let answer = try packc(
      "deploy", project, "--publish", "\(port):8080", "--wait", "--env", "HOST=127.0.0.1", "--json"
    ).expect(.failed)
    XCTAssertTrue(answer.errors.contains("127.0.0.1:8080/tcp only"), answer.errors)
    XCTAssertTrue(answer.errors.contains("0.0.0.0"), answer.errors)
    let started = answer.json?["deployment"]?["metering"]?["start_ms"]?.integer ?? 0
    let total = Double(HostContext.monotonicClock() - began) / 1e9
    XCTAssertLessThan(total - Double(started) / 1000, 3, "after the program's start")
    XCTAssertEqual(answer.json?["deployment"]?["readiness"]?["process"]?["result"], "pass")
    try packc("destroy", "greeter").expect(.done)
  }

  func testAKilledSupervisorIsNotCalledStopped() throws {
    let (packc, project, port) = try call()
    try packc("deploy", project, "--publish", "\(port):8080", "--wait").expect(.done)
    let all = try processes(packc, "greeter")
    XCTAssertEqual(all.count, 2)
    let identity = try JSONParser.parse(
      FileSystem.read(packc.state / "state/packc/machines/greeter/supervisor.pid"))["pid"]?.integer
    let supervisor = try XCTUnwrap(all.first { Int64($0.pid) == identity })
    XCTAssertTrue(try supervisor.signal(SIGKILL))
    let told = try XCTUnwrap(try state(packc, "greeter"))
    XCTAssertTrue(["broken", "failed"].contains(told), told)
    try packc("start", "greeter", "--wait").expect(.done)
    XCTAssertEqual(get(port), "first")
    // The machine itself: the supervisor sees it, and says so.
    let machine = try XCTUnwrap(
      try processes(packc, "greeter").first {
        (try? FileSystem.linkTarget(HostPath("/proc/\($0.pid)/exe")))
          .map { String(decoding: $0, as: UTF8.self).contains("qemu") } ?? false
      })
    XCTAssertTrue(try machine.signal(SIGKILL))
    for _ in 0..<100 where try state(packc, "greeter") == "running" { usleep(50_000) }
    XCTAssertEqual(try state(packc, "greeter"), "failed")
    XCTAssertEqual(try packc("show", "greeter", "--json").json?["exit"], ["how": "crashed"])
    try packc("destroy", "greeter").expect(.done)
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
  }

  func testTakenPortsAndUnknownNamesSayWhatToDo() throws {
    let (packc, project, port) = try call()
    try packc("deploy", project, "--publish", "\(port):8080").expect(.done)
    let taken = try packc("deploy", project, "--name", "other", "--publish", "\(port):8080").expect(.failed)
    XCTAssertTrue(taken.errors.contains("belongs to the deployment greeter"), taken.errors)
    XCTAssertEqual(try packc("exists", "other").output, "false\n")
    let unknown = try packc("stop", "greter").expect(.failed)
    XCTAssertTrue(unknown.errors.contains("did you mean greeter?"), unknown.errors)
    XCTAssertEqual(
      try packc("deploy", project, "--name", "other", "--publish", "\(port + 1):8080", "--dry-run", "--json").expect(
        .done
      )
      .json?["dry_run"], true)
    XCTAssertEqual(try packc("exists", "other").output, "false\n")
    try packc("destroy", "greeter", "other").expect(.done)
  }
}
