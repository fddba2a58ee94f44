import Foundation
import PackCore
import TestSupport
import XCTest

/// `packc` with Unikraft's ELF loader: import and build with a file that only looks like one, everything else with the one
/// that PACKC_UNIKRAFT_KERNEL names, which has lwip and takes vfs.fstab, netdev.ip and env.vars.
final class UnikraftTests: XCTestCase {
  private static let staticPIE = ["Makefile": "server: server.c\n\t$(CC) -O1 -static-pie -o $@ $<\n"]

  private func importKernel(_ site: Site, _ file: HostPath) throws {
    let result = try site.packc("kernel", "import", "--type", "unikraft", "\(file)", "--name", "elfloader", "--json")
      .run()
      .expect(exit: .done)
    XCTAssertEqual(try result.json().value["format"], "unikraft")
    XCTAssertEqual(try result.json().value["default"], nil)
  }

  /// With a catalog of its own.
  private func site() throws -> Site {
    let site = try Site()
    try FileSystem.removeFile(site.cache / "kernels")
    return site
  }

  private func standIn(_ site: Site) throws -> HostPath {
    let file = site.directory / "elfloader"
    try FileSystem.writeAtomically(ELFKernels.unikraft(), to: file)
    return file
  }

  func testProgramsThatItCannotStartAreNamed() throws {
    let site = try site()
    try importKernel(site, try standIn(site))
    for (index, (command, words)) in [
      ("$(CC) -o $@ $<", "linked dynamically"), ("$(CC) -static -o $@ $<", "fixed address"),
    ].enumerated() {
      let project = try site.write(
        Projects.c.merging(["Makefile": "server: server.c\n\t\(command)\n"]) { $1 }, to: "refused \(index)")
      try site.packc("build", "\(project)", "--kernel", "elfloader").run().expect(exit: .badInput)
        .expect(standardErrorContains: words).expect(standardErrorContains: "-static-pie")
    }
  }

  func testTheImageIsBuiltAndSaysWhatItCannotDo() throws {
    let site = try site()
    try importKernel(site, try standIn(site))
    let project = try site.write(Projects.c.merging(Self.staticPIE) { $1 }, to: "project")
    let built = try site.build(project, "--kernel", "elfloader")
    XCTAssertEqual(
      built.json["unikernel"]?["cmdline"]?.string?.hasSuffix("\"PORT=8080\" \"PWD=/app\" ] -- /app/server"), true,
      "\(built.json["unikernel"] ?? .null)")
    XCTAssertNil(built.json["image"]?["machines"])
    let machine = try JSONParser.parse(FileSystem.read(project / ".packc/unikernel/machine.json"))
    XCTAssertEqual(machine["guest"], "unikraft")
    for (flags, words) in [
      (["--env", "A=1"], "run.env"), (["--machine", "microvm"], "microvm"), (["--debug"], "--debug"),
      (["--boot-report"], "boot report"), (["--cpus", "2"], "processor"),
      (["--publish", "[::1]:8080:8080"], "IPv6"),
    ] {
      try site.packc(["run", "\(project)"] + flags).run().expect(exit: .usage).expect(standardErrorContains: words)
    }
    for format in ["firecracker", "cloud-hypervisor"] {
      try site.packc(
        "image", "export", "--project", "\(project)", "--format", format, "--output", "\(site.directory / "out")"
      ).run().expect(exit: .badInput).expect(standardErrorContains: "Unikraft")
    }
  }

  // MARK: - With a real one

  private func realKernel() throws -> HostPath {
    guard let path = ProcessInfo.processInfo.environment["PACKC_UNIKRAFT_KERNEL"] else {
      throw XCTSkip("PACKC_UNIKRAFT_KERNEL names no kernel: building one takes Unikraft's sources")
    }
    return HostPath(path)
  }

  func testAStaticPIEServerAnswersAndIsEndedBySignal() throws {
    let site = try site()
    try importKernel(site, try realKernel())
    let project = try site.write(Projects.c.merging(Self.staticPIE) { $1 }, to: "project")
    _ = try site.build(project, "--kernel", "elfloader")
    let port = try Ports.free()
    let machine = try Background(site, ["run", "\(project)", "--publish", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from C\n")
    // The probe looks every now and then.
    let deadline = Date().addingTimeInterval(5)
    while !machine.output.contains("ready: http://127.0.0.1:\(port)"), Date() < deadline { usleep(50_000) }
    XCTAssertLessThan(Date(), deadline, machine.output)
    XCTAssertTrue(machine.output.contains("neither the program's end nor its exit code"), machine.output)
    machine.signal(15)
    XCTAssertEqual(try machine.end(within: 10), .exited(143))
    try Leftovers.assertNone(site)
  }

  /// Arguments, variables and directory as they are said in unik.yaml.
  func testTheProgramFindsWhatItWasGiven() throws {
    let site = try site()
    try importKernel(site, try realKernel())
    let source = """
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(int count, char **words) {
        char here[100];
        for (int i = 1; i < count; i++) printf("[%s]", words[i]);
        printf("[%s][%s][%s]\\n", getenv("SAYS"), getenv("PORT"), getcwd(here, sizeof here));
        fflush(stdout);
        return 3;
      }
      """
    let project = try site.write(
      Projects.c.merging(Self.staticPIE) { $1 }.merging([
        "server.c": source,
        "unik.yaml": """
        version: 1
        name: greeter
        build: {command: make}
        artifact: {path: server}
        run: {args: ['a b', 'q"\\c', --, '-x=[1]'], env: {SAYS: 'it''s "so"'}}

        """,
      ]) { $1 }, to: "project")
    _ = try site.build(project, "--kernel", "elfloader")
    let machine = try Background(site, ["run", "\(project)"])
    let deadline = Date().addingTimeInterval(60)
    while !machine.output.contains("[8080][/"), try machine.hasEnded() == nil, Date() < deadline { usleep(50_000) }
    machine.signal(2)
    XCTAssertEqual(try machine.end(within: 10), .exited(130))
    XCTAssertTrue(machine.output.contains("[a b][q\"\\c][--][-x=[1]][it's \"so\"][8080][/"), machine.output)
  }
}
