internal import Glibc
internal import XCTest

@testable import PackCore
@testable import Runner

/// Real containers, by Debian's runc.
final class ContainerTests: XCTestCase {
  private func root(_ workshop: Workshop, _ source: String) throws -> HostPath {
    let program = try workshop.compile(source)
    let root = workshop.directory / "root"
    try FileSystem.createDirectory(root / "app")
    try FileSystem.copyFile(program, to: root / "app/program", mode: 0o755)
    try FileSystem.writeAtomically(Array("text".utf8), to: root / "app/text", mode: 0o755)
    return root
  }

  private func run(
    _ workshop: Workshop, _ request: ContainerRequest, _ signals: SignalSource = .none
  ) throws -> RunOutcome {
    var context = workshop.context
    // So that what is left over can be seen.
    context.environment["XDG_RUNTIME_DIR"] = "\(workshop.directory)/run"
    try FileSystem.createDirectory(workshop.directory / "run", mode: 0o700)
    let outcome = Result { try ContainerRunner(context, signals: signals).run(request) }
    XCTAssertEqual(try DirectoryWalk.names(in: workshop.directory / "run").count, 0, "something was left behind")
    return try outcome.get()
  }

  func testCodesSignalsAndThePromisedSurroundings() throws {
    let workshop = try Workshop()
    let root = try root(
      workshop,
      """
      #include <errno.h>
      #include <fcntl.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/prctl.h>
      #include <unistd.h>
      int main(int count, char **arguments) {
        if (!strcmp(arguments[1], "abort")) abort();
        if (strcmp(arguments[1], "look")) return atoi(arguments[1]);
        if (open("/new", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EROFS) return 20;
        if (open("/tmp/new", O_WRONLY | O_CREAT, 0600) < 0) return 21;
        if (open("/data/new", O_WRONLY | O_CREAT, 0600) < 0) return 22;
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 23;
        if (!getenv("A") || strcmp(getenv("A"), "b")) return 24;
        if (getuid() != (uid_t)atoi(getenv("WANTED"))) return 25;
        char text[64];
        if (strcmp(getcwd(text, sizeof text), "/app")) return 26;
        if (access("/etc/resolv.conf", R_OK)) return 27;
        return 0;
      }
      """)
    func request(_ argument: String) throws -> ContainerRequest {
      ContainerRequest(
        root: root, initFile: try Workshop.guestInit(), arguments: ["/app/program", argument],
        environment: ["A": "b", "WANTED": geteuid() == 0 ? "65532" : "0"],
        directory: RootPath(literal: "app"), writable: [RootPath(literal: "data")])
    }
    XCTAssertEqual(try run(workshop, request("look")).end, .exited(0))
    XCTAssertEqual(try run(workshop, request("7")).end, .exited(7))
    XCTAssertEqual(try run(workshop, request("abort")).exitCode.rawValue, 134)
  }

  func testAProgramThatCannotBeExecuted() throws {
    let workshop = try Workshop()
    let root = try root(workshop, "int main(void) { return 0; }")
    for name in ["/app/missing", "missing", "/app", "/app/text"] {
      XCTAssertThrowsError(
        try run(
          workshop,
          ContainerRequest(
            root: root, initFile: try Workshop.guestInit(), arguments: [name], environment: ["PATH": "/bin"])), name
      ) { error in
        XCTAssertEqual((error as? Failure)?.code, "not_started", "\(name): \(error)")
        XCTAssertEqual((error as? Failure)?.exit, .notStarted, name)
      }
    }
    XCTAssertThrowsError(
      try run(
        workshop,
        ContainerRequest(
          root: "/nonexistent/root", initFile: try Workshop.guestInit(), arguments: ["/x"], environment: [:]))
    ) { XCTAssertEqual(($0 as? Failure)?.exit, .runFailed) }
  }

  func testAnInterruptEndsItWithinThreeSeconds() throws {
    let workshop = try Workshop()
    let root = try root(
      workshop, "#include <unistd.h>\nint main(void) { for (;;) pause(); }")
    for rings in [1, 2] {
      let (signals, ring) = try SignalSource.pipe()
      let started = HostContext.monotonicClock()
      let ringer = try HostThread {
        usleep(700_000)
        for _ in 0..<rings { ring() }
      }
      let outcome = try run(
        workshop,
        ContainerRequest(root: root, initFile: try Workshop.guestInit(), arguments: ["/app/program"], environment: [:]),
        signals)
      _ = try ringer.join()
      XCTAssertEqual(outcome.exitCode.rawValue, 130)
      XCTAssertLessThan(Double(HostContext.monotonicClock() - started) / 1e9, 3.7)
    }
  }
}
