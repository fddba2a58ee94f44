import Glibc
import PackCore
import TestSupport
import XCTest

/// `packc volume …` and `packc run --volume NAME:/path`: data that outlives machines, and goes by its name only.
final class VolumeCommandTests: XCTestCase {
  /// Counts in /data, says so, and waits when it is told to.
  static let project = [
    "app.c": """
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>
    int main(void) {
      int count = 0;
      FILE *file = fopen("/data/count", "r");
      if (file) { if (fscanf(file, "%d", &count) != 1) return 1; fclose(file); }
      file = fopen("/data/count", "w");
      if (!file) return 2;
      fprintf(file, "%d\\n", count + 1);
      fclose(file);
      printf("count %d\\n", count);
      fflush(stdout);
      sync();
      if (getenv("WAIT")) for (;;) pause();
      return 0;
    }
    """,
    "unik.yaml": """
    version: 1
    name: counter
    build: {command: "cc -O1 -o app app.c"}
    artifact: {path: app}
    run: {volumes: [{name: data, size: 16Mi, mount: /data}]}
    """,
  ]

  func testDataOutlivesItsMachinesAndGoesByItsNameOnly() throws {
    let site = try Site()
    let project = try site.write(Self.project, to: "counter").description
    _ = try site.build(HostPath(project))
    try site.packc("volume", "create", "kept", "--size", "16Mi").run().expect(standardOutput: "made kept, 16Mi\n")
    for count in 0..<2 {
      try site.packc("run", project, "--volume", "kept:/data").run().expect(exit: .done)
        .expect(standardOutput: "count \(count)\n")
    }
    // Another one, made on the way.
    try site.packc("run", project, "--volume", "other:/data").run().expect(standardOutput: "count 0\n")
      .expect(standardErrorContains: "made the volume other")
    try site.packc("run", project, "--volume", "kept:/elsewhere").run().expect(exit: .usage)
      .expect(standardErrorContains: "it has /data")

    // Who has it is named, to a second machine, to `destroy` and to `show`; also when packc was killed and QEMU not yet.
    let machine = try Background(site, ["run", project, "--volume", "kept:/data", "--env", "WAIT=1"])
    let deadline = HostContext.monotonicClock() + 120_000_000_000
    while !machine.output.contains("count 2"), HostContext.monotonicClock() < deadline { usleep(50_000) }
    XCTAssertTrue(machine.output.contains("count 2"), machine.output)
    try site.packc("run", project, "--volume", "kept:/data").run().expect(exit: .runFailed)
      .expect(standardErrorContains: "the volume kept is in use by packc run (process ")
    try site.packc("volume", "destroy", "kept", "--yes").run().expect(exit: .failed)
      .expect(standardOutputContains: "kept: failed (the volume kept is in use by packc run (process ")
    try site.packc("volume", "show", "kept").run().expect(standardOutputContains: "by packc run (process ")
    machine.signal(SIGKILL)
    _ = try machine.end(within: 10)
    try Leftovers.assertNone(site, within: 10)
    try site.packc("run", project, "--volume", "kept:/data").run().expect(exit: .done)
      .expect(standardOutput: "count 3\n")

    try site.packc("volume", "destroy", "kept").run().expect(exit: .usage).expect(standardErrorContains: "--yes")
    XCTAssertEqual(
      try site.packc("volume", "list", "--json").run().json().value["volumes"]?.array?.compactMap {
        $0["name"]?.string
      },
      ["kept", "other"])
    try site.packc("volume", "destroy", "kept", "none", "--yes").run().expect(exit: .done)
      .expect(standardOutput: "kept: deleted\nnone: not found\n")
    try site.packc("volume", "destroy", "kept", "--yes").run().expect(exit: .done)
      .expect(standardOutput: "kept: not found\n")
    let left = try DirectoryWalk.names(in: site.home / "state/packc/volumes").map {
      String(decoding: $0, as: UTF8.self)
    }
    XCTAssertEqual(left, ["other"])
  }

  func testWhatCannotBeMadeIsRefused() throws {
    let site = try Site()
    try site.packc("volume", "create", "data", "--size", "8Mi").run().expect(exit: .done)
    let rows: [(rest: [String], exit: ExitCode, says: String)] = [
      (["create", "data"], .badInput, "there is a volume data already"),
      (["create", "Data"], .usage, "not the name of"),
      (["create", "../x"], .usage, "not the name of"), (["create", "small", "--size", "1Mi"], .usage, "2Mi to 16Ti"),
      (["create", "huge", "--size", "17Ti"], .usage, "2Mi to 16Ti"),
      (["create", "x", "--size", "much"], .usage, "10Gi"),
      (["show", "date"], .badInput, "did you mean data?"), (["show", "-x"], .usage, "-x"),
    ]
    for row in rows {
      try site.packc(["volume"] + row.rest).run().expect(exit: row.exit).expect(standardErrorContains: row.says)
    }
    let disk = site.home / "state/packc/volumes/data/disk"
    let status = try XCTUnwrap(try FileSystem.status(disk))
    XCTAssertEqual(status.size, 8 << 20)
    XCTAssertEqual(status.mode, 0o600)
    let check = try ProcessRunner().run(
      Command(["/usr/sbin/fsck.ext4", "-fn", disk.description], environment: ["PATH": "/usr/bin:/bin"]))
    XCTAssertTrue(check.succeeded, check.outputText)
  }

  /// On a file system of two megabytes: an error that names the volume's file, and nothing left behind.
  func testAFullDiskIsSaidAndLeavesNothing() throws {
    let site = try Site()
    let script = """
      mount -t tmpfs -o size=2m none "$XDG_STATE_HOME" && head -c 2000000 /dev/zero > "$XDG_STATE_HOME/ballast"
      "$PACKC" volume create data --size 1Gi; code=$?
      ls -A "$XDG_STATE_HOME/packc/volumes"
      exit $code
      """
    try FileSystem.createDirectory(site.home / "state")
    let machine = try Background(
      site, [], shell: "exec unshare -rm /bin/sh -c '\(script.split(separator: "\n").joined(separator: "; "))'")
    let end = try XCTUnwrap(machine.end(within: 60))
    XCTAssertEqual(end, .exited(1), machine.output)
    XCTAssertTrue(
      machine.output.contains("error: the volume data could not be made in \(site.home)/state/packc/volumes"),
      machine.output)
    XCTAssertTrue(machine.output.contains("No space left"), machine.output)
    XCTAssertFalse(
      machine.output.split(separator: "\n").contains { $0.hasPrefix(".new") || $0 == "data" }, machine.output)
  }

  func testOneOfManyMakersWins() throws {
    let site = try Site()
    let makers = try (0..<6).map { _ in
      try Background(site, ["volume", "create", "data", "--size", "4Mi"])
    }
    let ends = try makers.map { try $0.end(within: 60) }
    XCTAssertEqual(ends.filter { $0 == .exited(0) }.count, 1, "\(ends) \(makers.map(\.output))")
    XCTAssertEqual(ends.filter { $0 == .exited(65) }.count, 5, "\(ends) \(makers.map(\.output))")
    let left = try DirectoryWalk.names(in: site.home / "state/packc/volumes").map {
      String(decoding: $0, as: UTF8.self)
    }
    XCTAssertEqual(left, ["data"])
  }
}
