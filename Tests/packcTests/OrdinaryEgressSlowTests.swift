import PackCore
import TestSupport
import XCTest

/// Declared egress for an ordinary user's program: by the name that a name server of this test knows. (The tests of the
/// runner have the same as root, and more of it.)
final class OrdinaryEgressSlowTests: XCTestCase {
  private static let program = """
    #include <netdb.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    int main(void) {
      char *places = strdup(getenv("PLACES"));
      for (char *place = strtok(places, " "); place; place = strtok(0, " ")) {
        char *port = strchr(place, ':');
        *port = 0;
        struct addrinfo *found = 0, wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
        if (getaddrinfo(place, port + 1, &wanted, &found)) {
          printf("%s unknown\\n", place);
          continue;
        }
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        printf("%s %s\\n", place, connect(fd, found->ai_addr, found->ai_addrlen) ? "refused" : "reached");
      }
      return 0;
    }

    """

  /// Listens at two ports of this host's address, is a name server there that knows it by every name, and runs a command
  /// for which it is the name server. `OWN` stands for the address.
  private static let host = """
    import socket, subprocess, sys, threading
    resolv, ports, command = sys.argv[1], sys.argv[2:4], sys.argv[4:]
    way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    way.connect(("198.51.100.1", 9))
    own = way.getsockname()[0]
    listeners = [socket.create_server((own, int(port))) for port in ports]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((own, 53))
    def serve():
        while True:
            asked, place = server.recvfrom(512)
            known = asked[-4:] == bytes([0, 1, 0, 1])
            record = bytes([192, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]) + socket.inet_aton(own) if known else b""
            head = asked[:2] + bytes([0x81, 0x80, 0, 1, 0, int(known), 0, 0, 0, 0])
            server.sendto(head + asked[12:] + record, place)
    threading.Thread(target=serve, daemon=True).start()
    open(resolv, "w").write("nameserver " + own + "\\n")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    ended = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, resolv] + [word.replace("OWN", own) for word in command],
        stdout=subprocess.PIPE)
    sys.stdout.write(ended.stdout.decode().replace(own, "OWN"))
    sys.exit(ended.returncode)
    """

  func testADeclaredNameIsReachedAndNothingElse() throws {
    guard Tools.isRoot else { throw XCTSkip("only root may be a name server at port 53") }
    let ordinary = try Ordinary()
    let (open, closed) = (try Ports.free(), try Ports.free())
    let yaml = """
      version: 1
      build: {command: "musl-gcc -static -O1 -o caller main.c"}
      artifact: {path: caller}
      contract: {egress: ["declared.example:\(open)"]}

      """
    let project = try ordinary.site.write(["main.c": Self.program, "unik.yaml": yaml], to: "caller")
    try ordinary.own(project)
    let built = try ordinary.run(["build", "\(project)"])
    XCTAssertTrue(built.succeeded, built.errorText)
    let places = "OWN:\(open) declared.example:\(open) declared.example:\(closed) elsewhere.example:80"
    var command = try ordinary.command(["run", "\(project)", "--env", "PLACES=\(places)"])
    command.argv =
      ["python3", "-c", Self.host, "\(ordinary.site.directory.path)/resolv.conf", "\(open)", "\(closed)"] + command.argv
    command.timeout = 120
    let run = try ProcessRunner().run(command)
    XCTAssertEqual(
      run.outputText, "OWN refused\ndeclared.example reached\ndeclared.example refused\nelsewhere.example unknown\n",
      run.errorText)
    XCTAssertTrue(run.succeeded, run.errorText)
    try Leftovers.assertNone(ordinary.site)
  }
}
