import Glibc
import PackCore
import TestSupport
import XCTest

/// One port before several replicas: haproxy, looked after by packc.
final class DeployBalanceTests: XCTestCase {
  /// Answers with what is different in each machine.
  private static let server = """
    #include <arpa/inet.h>
    #include <fcntl.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <sys/socket.h>
    #include <unistd.h>
    int main(void) {
      char id[64] = {0}, answer[256], request[4096];
      int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
      if (file < 0 || read(file, id, 36) != 36) return 2;
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080)};
      int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
      setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 64)) return 1;
      for (;;) {
        int client = accept(server, 0, 0);
        if (client < 0) continue;
        if (read(client, request, sizeof request) > 0) {
          int size = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\\r\\nContent-Length: 36\\r\\n\\r\\n%s", id);
          if (write(client, answer, size) != size) perror("write");
        }
        close(client);
      }
    }

    """

  private func answer(_ port: Int) -> String? { PlainRequest.get(port) }

  /// How many replicas are behind a port, by their own answers.
  private func replicas(_ port: Int, _ wanted: Int, within seconds: Double = 30) throws -> Int {
    let due = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    var seen: Set<String> = []
    while seen.count < wanted, HostContext.monotonicClock() < due {
      if let found = answer(port), found.utf8.count == 36 { seen.insert(found) }
    }
    return seen.count
  }

  private func process(_ packc: DetachedCall, _ file: String, _ key: String? = nil) throws -> ProcessIdentity {
    let json = try JSONParser.parse(FileSystem.read(packc.state / "state/packc/machines" / HostPath(file)))
    return try ProcessIdentity(json: JSONReader(key.map { try XCTUnwrap(json[$0]) } ?? json))
  }

  private func balancer(_ packc: DetachedCall) throws -> String? {
    try packc("show", "web", "--json").json?["balancer"]?["state"]?.string
  }

  func testThreeReplicasAnswerBehindOnePort() throws {
    let site = try Site()
    var files = Projects.c
    files["server.c"] = Self.server
    let project = try site.write(files, to: "project")
    _ = try site.build(project)
    var packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let front = Int(try Ports.free())
    // The replicas' ports follow this one.
    let port = Int.random(in: 21_000..<29_000)
    try packc(
      "deploy", project.description, "--name", "web", "--publish", "\(port):8080", "--health", "http:/", "--wait=240"
    ).expect(.done)

    // Without haproxy each has its own port, and that is said.
    let tools = packc.state / "tools"
    try FileSystem.createDirectory(tools)
    for tool in ["qemu-system-x86_64", "passt", "setpriv"] where FileSystem.exists("/usr/bin" / HostPath(tool)) {
      try FileSystem.createLink(tools / HostPath(tool), to: Array("/usr/bin/\(tool)".utf8))
    }
    let path = packc.path
    packc.path = tools.description
    let without = try packc("scale", "web", "2", "--balance", "\(front)", "--json").expect(.done)
    XCTAssertEqual(without.json?["balancer"]?["action"], "missing")
    XCTAssertTrue(without.errors.contains("apt-get install haproxy"), without.errors)
    XCTAssertNil(answer(front))
    packc.path = path

    let scaled = try packc("scale", "web", "3", "--balance", "\(front)", "--json").expect(.done)
    XCTAssertEqual(scaled.json?["balancer"]?["action"], "created")
    XCTAssertEqual(scaled.json?["balancer"]?["address"]?.string, "http://127.0.0.1:\(front)")
    XCTAssertEqual(try replicas(front, 3), 3)
    XCTAssertEqual(try balancer(packc), "running")
    let taken = try packc(
      "deploy", project.description, "--name", "other", "--publish", "\(front):8080"
    ).expect(.failed)
    XCTAssertTrue(taken.errors.contains("belongs to the deployment web"), taken.errors)

    // haproxy is killed: another one takes its place.
    let first = try process(packc, "web/balancer.json", "haproxy")
    XCTAssertTrue(try first.signal(SIGKILL))
    XCTAssertTrue(first.waitForEnd(seconds: 5))
    XCTAssertEqual(try replicas(front, 3), 3)
    let second = try process(packc, "web/balancer.json", "haproxy")
    XCTAssertNotEqual(first, second)
    XCTAssertEqual(try balancer(packc), "running")

    // The process beside it is killed: nothing is left, and that is told.
    XCTAssertTrue(try process(packc, "web/balancer.pid").signal(SIGKILL))
    XCTAssertTrue(second.waitForEnd(seconds: 5))
    let told = try packc("show", "web", "--json").json?["balancer"]
    XCTAssertTrue(["failed", "broken"].contains(told?["state"]?.string ?? ""), "\(told as Any)")
    XCTAssertTrue(told?["next"]?.string?.contains("packc scale web 3") ?? false)
    XCTAssertEqual(try packc("scale", "web", "3", "--json").expect(.done).json?["balancer"]?["action"], "started")
    XCTAssertEqual(try replicas(front, 3), 3)

    // A replica that ends is left out, and one that is taken away without a new haproxy.
    try packc("stop", "web-3").expect(.done)
    sleep(4)
    for _ in 0..<8 { XCTAssertNotNil(answer(front)) }
    let third = try process(packc, "web/balancer.json", "haproxy")
    XCTAssertEqual(try packc("scale", "web", "2", "--json").expect(.done).json?["balancer"]?["action"], "changed")
    XCTAssertEqual(try replicas(front, 2), 2)
    XCTAssertTrue(third.isAlive)
    XCTAssertTrue(try packc("status").output.contains("leads to web, web-2: running"))

    let destroyed = try packc("destroy", "web", "--json").expect(.done)
    XCTAssertTrue(destroyed.output.contains("\"balancer\""), destroyed.output)
    XCTAssertFalse(third.isAlive)
    XCTAssertNil(answer(front))
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
  }
}
