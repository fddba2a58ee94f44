internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Declared egress in a real machine: two places of this host, of which only the declared one is reached.
final class EgressTests: XCTestCase {
  /// Connects to each of PLACES and prints how that went; then answers one who comes to PORT.
  private static let program = """
    #include <arpa/inet.h>
    #include <errno.h>
    #include <netdb.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <time.h>
    #include <unistd.h>
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
        time_t began = time(0);
        int code = connect(fd, found->ai_addr, found->ai_addrlen) ? errno : 0;
        printf("%s:%s %s%s\\n", place, port + 1, code == EHOSTUNREACH ? "refused" : code ? strerror(code) : "reached",
          time(0) - began > 5 ? " late" : "");
        close(fd);
      }
      if (!getenv("PORT")) return 0;
      fflush(stdout);
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
      int server = socket(AF_INET, SOCK_STREAM, 0);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 8)) return 1;
      char request[4096];
      int client = accept(server, 0, 0);
      read(client, request, sizeof request);
      const char *answer = "HTTP/1.0 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n";
      write(client, answer, strlen(answer));
      close(client);
      return 0;
    }
    """

  /// A socket that takes connections at an address of this host, and its port.
  private struct Listener: ~Copyable {
    let file: Descriptor
    let port: UInt16

    init(_ address: String) throws {
      file = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      inet_pton(AF_INET, address, &place.sin_addr)
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let raw = file.raw
      port = try withUnsafeMutablePointer(to: &place) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          guard bind(raw, $0, length) == 0, listen(raw, 16) == 0, getsockname(raw, $0, &length) == 0 else {
            throw Failure.system("listen on \(address)", errno: errno)
          }
        }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
  }

  /// A name server at an address of this host that knows that address for every name.
  private final class NameServer {
    private let isOver = Locked(false)
    private let thread: HostThread<Void>

    /// Nil where only root may take port 53.
    init?(_ address: String) throws {
      let file = Descriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      place.sin_port = UInt16(53).bigEndian
      inet_pton(AF_INET, address, &place.sin_addr)
      let raw = file.raw
      let isBound = withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      guard isBound else {
        guard errno == EACCES else { throw Failure.system("listen on \(address):53", errno: errno) }
        return nil
      }
      var patience = timeval(tv_sec: 0, tv_usec: 100_000)
      setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      let bytes = withUnsafeBytes(of: place.sin_addr) { Array($0) }
      let owned = fcntl(raw, F_DUPFD_CLOEXEC, 0)
      thread = try HostThread { [isOver] in
        let file = Descriptor(owning: owned)
        while !isOver.withLock({ $0 }) { Self.answer(file.raw, bytes) }
      }
    }
    deinit {
      isOver.withLock { $0 = true }
      try? thread.join()
    }

    /// The question comes back with one address; questions for anything but that (A) with none.
    private static func answer(_ file: Int32, _ address: [UInt8]) {
      var message = [UInt8](repeating: 0, count: 512)
      var from = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &from) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { from in
          let count = recvfrom(file, &message, message.count, 0, from, &length)
          // Twelve bytes of header, a name of one byte at least, type and class.
          guard count >= 17 else { return }
          let isA = message[count - 4..<count] == [0, 1, 0, 1]
          let record: [UInt8] = isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4] + address : []
          let head = message[..<2] + [0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]
          let reply = Array(head + message[12..<count] + record)
          _ = sendto(file, reply, reply.count, 0, from, length)
        }
      }
    }
  }

  /// The address by which this host leaves; no packet is sent.
  private func ownAddress() throws -> String {
    let file = Descriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = UInt16(9).bigEndian
    inet_pton(AF_INET, "198.51.100.1", &place.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let raw = file.raw
    try withUnsafeMutablePointer(to: &place) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard connect(raw, $0, length) == 0, getsockname(raw, $0, &length) == 0 else {
          throw XCTSkip("this host has no IPv4 route, and passt needs one")
        }
      }
    }
    return IPAddress(bytes: withUnsafeBytes(of: place.sin_addr) { Array($0) }).description
  }

  /// 10.0.2.2, the machine's gateway, is this host's 127.0.0.1; the other is its address in its own network.
  func testOnlyTheDeclaredOfTwoPlacesIsReached() throws {
    let own = try ownAddress()
    let near = try Listener("127.0.0.1")
    let far = try Listener(own)
    let (first, second) = ("10.0.2.2:\(near.port)", "\(own):\(far.port)")
    let rows: [(egress: [String]?, first: String, second: String)] = [
      ([first], "reached", "refused"), ([second], "refused", "reached"), ([], "refused", "refused"),
      ([first, second], "reached", "reached"), (nil, "reached", "reached"),
    ]
    for row in rows {
      let workshop = try Workshop()
      let image = try workshop.image(
        Self.program, .init(environment: ["PLACES": "\(first) \(second)"], egress: row.egress))
      let (outcome, output) = try workshop.run(RunRequest(image: image))
      XCTAssertEqual(outcome.end, .exited(0))
      XCTAssertEqual(output, "\(first) \(row.first)\n\(second) \(row.second)\n", "\(row.egress ?? ["anywhere"])")
      let refused = [(first, row.first), (second, row.second)].filter { $0.1 == "refused" }.map(\.0)
      XCTAssertEqual(
        workshop.warnings.map(\.text),
        refused.map { "the program may not reach \($0)/tcp: contract.egress does not declare it" })
    }
  }

  /// Another port of the declared address is not it, a declared name opens its address and no other name is asked for, and
  /// who comes in by a published port is answered although nothing may go out.
  func testPortsAndNamesCountAndPublishedPortsAnswer() throws {
    let own = try ownAddress()
    let open = try Listener(own)
    let closed = try Listener(own)
    let named = try Listener(own)
    let names = try NameServer(own)
    let workshop = try Workshop()
    let port = try Listener("127.0.0.1").port
    var places = "\(own):\(open.port) \(own):\(closed.port) 198.51.100.1:80 elsewhere.example:80"
    var expected =
      "\(own):\(open.port) reached\n\(own):\(closed.port) refused\n198.51.100.1:80 refused\nelsewhere.example unknown\n"
    if names != nil {
      places += " \(own):\(named.port) declared.example:\(named.port) declared.example:\(closed.port)"
      expected += "\(own):\(named.port) refused\ndeclared.example:\(named.port) reached\n"
      expected += "declared.example:\(closed.port) refused\n"
    }
    let image = try workshop.image(
      Self.program,
      .init(
        environment: ["PLACES": places, "PORT": "80"], ports: [GuestPort(number: 80)],
        egress: ["\(own):\(open.port)", "declared.example:\(named.port)"]))
    // passt asks the name server of this test instead of the host's.
    let tools = workshop.directory / "tools"
    try FileSystem.createDirectory(tools)
    try FileSystem.writeAtomically(Array("nameserver \(own)\n".utf8), to: workshop.directory / "resolv.conf")
    if names != nil {
      let script = """
        #!/bin/sh
        exec unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec /usr/bin/passt "$@"' \
          \(workshop.directory)/resolv.conf "$@"

        """
      try FileSystem.writeAtomically(Array(script.utf8), to: tools / "passt", mode: 0o755)
    }
    var workplace = workshop.context
    workplace.environment["PATH"] = "\(tools):\(workplace.environment["PATH"] ?? "/usr/bin:/bin")"
    let (context, reporter, file) = (workplace, workshop.reporter, workshop.directory / "output")
    let run = try HostThread { () -> RunOutcome in
      let output = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC)
      return try UnikernelRunner(context, reporter: reporter, output: output.raw, signals: .none).run(
        RunRequest(image: image, publish: [PublishedPort(hostPort: port, guest: GuestPort(number: 80))]))
    }
    for _ in 0..<1200 where !workshop.notes.contains("ready: http://127.0.0.1:\(port)") { usleep(50_000) }
    let answer = try ProcessRunner().run(
      Command(["curl", "-s", "--max-time", "20", "http://127.0.0.1:\(port)/"], environment: ["PATH": "/usr/bin"]))
    XCTAssertEqual(answer.outputText, "hello\n", "\(workshop.notes) \(workshop.warnings)")
    XCTAssertEqual(try run.join().end, .exited(0))
    XCTAssertEqual(String(decoding: try FileSystem.read(file), as: UTF8.self), expected)
    XCTAssertTrue(workshop.warnings.contains { $0.text.contains("the name elsewhere.example") }, "\(workshop.warnings)")
    if names == nil { throw XCTSkip("a name was not tried: only root may be a name server at port 53") }
  }

  /// Never without the filter that was declared.
  func testWithoutPasstADeclaredMachineDoesNotRun() throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 0; }", .init(egress: []))
    var context = workshop.context
    let tools = workshop.directory / "tools"
    try FileSystem.createDirectory(tools)
    try FileSystem.createLink(tools / "qemu-system-x86_64", to: Array("/usr/bin/qemu-system-x86_64".utf8))
    context.environment["PATH"] = tools.description
    XCTAssertThrowsError(
      try UnikernelRunner(context, reporter: .silent, output: 2, signals: .none).run(RunRequest(image: image))
    ) { error in
      XCTAssertEqual((error as? Failure)?.code, "tool_missing")
      XCTAssertTrue((error as? Failure)?.message.contains("passt") ?? false, "\(error)")
    }
  }
}
