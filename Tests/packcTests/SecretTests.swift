import Glibc
import PackCore
import TestSupport
import XCTest

/// `packc secret` and `--secret`: from standard input to the program, and nowhere else on the way.
final class SecretTests: XCTestCase {
  /// Says the secret backwards, so that what it prints is not the secret, and waits.
  private static let project = [
    "app.c": """
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    int main(void) {
      const char *value = getenv("TOKEN");
      for (size_t n = value ? strlen(value) : 0; n > 0; n--) putchar(value[n - 1]);
      puts(" backwards");
      fflush(stdout);
      for (;;) pause();
    }
    """,
    "unik.yaml": """
    version: 1
    name: keeper
    build: {command: "cc -O1 -o app app.c"}
    artifact: {path: app}
    """,
  ]

  func testASecretReachesTheProgramAndNothingElseOfTheHost() throws {
    let site = try Site()
    let project = try site.write(Self.project, to: "keeper")
    // Its letters stand in no file: they are made here, and the test itself has them in memory alone.
    let planted = "s3cr3t-" + SealedBytes.randomBytes(12).map { String($0, radix: 16) }.joined(separator: "x")
    let started = site.directory / "started"
    try FileSystem.writeAtomically([], to: started)
    try site.packc("secret", "set", "API_TOKEN").input(Array("\(planted)\n".utf8)).run().expect(exit: .done)
      .expect(standardOutput: "kept API_TOKEN\n")
    try site.packc("secret", "list").run().expect(standardOutput: "API_TOKEN\n")
    _ = try site.build(project, "--debug")

    let machine = try Background(site, ["run", project.description, "--secret", "API_TOKEN=TOKEN", "--verbose"])
    let answer = String(planted.reversed()) + " backwards"
    let deadline = HostContext.monotonicClock() + 120_000_000_000
    while !machine.output.contains(answer), HostContext.monotonicClock() < deadline { usleep(50_000) }
    XCTAssertTrue(machine.output.contains(answer), machine.output)
    try assertNowhere(planted, site, "while it runs")
    machine.signal(SIGTERM)
    XCTAssertEqual(try machine.end(within: 30), .exited(143), machine.output)
    try assertNowhere(planted, site, "afterwards")
    try Leftovers.assertNone(site)

    try site.packc("secret", "remove", "API_TOKEN", "OTHER").run().expect(exit: .done)
      .expect(standardOutput: "API_TOKEN: removed\nOTHER: not found\n")
    try site.packc("run", project.description, "--secret", "API_TOKEN").run().expect(exit: .runFailed)
      .expect(standardErrorContains: "there is no secret \"API_TOKEN\"")
  }

  private func assertNowhere(_ value: String, _ site: Site, _ when: String) throws {
    XCTAssertEqual(try places(of: value, site), [], "the secret is found \(when)")
  }

  /// In command lines and environments of every process, in every file of the site (state, caches, image, logs), in what
  /// was written to /tmp, /var/tmp and /dev/shm meanwhile, and behind each descriptor of the site's processes.
  private static let search = #"""
    import glob, os, stat, sys
    site = sys.argv[1]
    value = sys.argv[2][::-1].encode() if len(sys.argv) > 2 else sys.stdin.buffer.read()
    began = os.stat(site + "/started").st_mtime
    def look(path):
        try:
            if stat.S_ISREG(os.stat(path).st_mode) and value in open(path, "rb").read(): print(path)
        except OSError: pass
    ours = []
    for process in glob.glob("/proc/[0-9]*"):
        if process == "/proc/%d" % os.getpid(): continue
        look(process + "/cmdline")
        look(process + "/environ")
        try:
            if site.encode() in open(process + "/cmdline", "rb").read(): ours.append(process)
        except OSError: pass
    for place, all in [(site, True), ("/tmp", False), ("/var/tmp", False), ("/dev/shm", False)]:
        for directory, _, names in os.walk(place):
            for name in names:
                path = os.path.join(directory, name)
                try:
                    if all or os.stat(path).st_mtime >= began: look(path)
                except OSError: pass
    for process in ours:
        for descriptor in glob.glob(process + "/fd/*"): look(descriptor)
    """#
  private func places(of value: String, _ site: Site) throws -> [String] {
    // The value comes by standard input: on a command line it would be found.
    let result = try ProcessRunner().run(
      Command(
        ["python3", "-c", Self.search, site.directory.path.description], environment: ["PATH": "/usr/bin:/bin"],
        input: .bytes(Array(value.utf8)), timeout: 120))
    XCTAssertTrue(result.succeeded, result.errorText)
    return result.outputText.split(separator: "\n").map(String.init)
  }

  /// A deployment with a secret, its backup, its bundle and what is restored of it.
  func testNothingThatADeploymentKeepsHasTheSecret() throws {
    let site = try Site()
    let project = try site.write(Self.project, to: "keeper")
    let planted = "s3cr3t-" + SealedBytes.randomBytes(12).map { String($0, radix: 16) }.joined(separator: "x")
    try FileSystem.writeAtomically([], to: site.directory / "started")
    _ = try site.build(project)
    let packc = DetachedCall(state: site.directory, cache: site.home / "cache")
    defer { for name in ["keeper", "again"] { _ = try? packc("destroy", name) } }
    let file = try site.directory.write(planted, to: "value")
    try packc("secret", "set", "API_TOKEN", "--file", file.description).expect(.done)
    try FileSystem.removeFile(file)
    try packc(
      "deploy", project.description, "--secret", "API_TOKEN=TOKEN", "--publish", "\(try Ports.free()):8080"
    ).expect(.done)
    let answer = String(planted.reversed()) + " backwards"
    func wait(_ name: String) throws {
      for _ in 0..<1200 where try !packc("logs", name).output.contains(answer) { usleep(100_000) }
      XCTAssertTrue(try packc("logs", name).output.contains(answer))
    }
    /// In a way that leaves the supervisor alone; the value goes backwards on the command line.
    func assertNowhere(_ when: String) throws {
      let python = try Tools.require("python3").description
      let found = try packc.run([python, "-c", Self.search, "\(site.directory.path)", String(planted.reversed())])
      XCTAssertEqual(found.expect(.done).output, "", "the secret is found \(when)")
    }
    try wait("keeper")
    let place = site.directory.path
    try packc("backup", "keeper", "-o", "\(place)/keeper.tar").expect(.done)
    try packc("bundle", "keeper", "-o", "\(place)/keeper.bundle").expect(.done)
    let listed = try packc("env", "list", "keeper").expect(.done)
    XCTAssertTrue(listed.output.contains("(the secret API_TOKEN)"), listed.output)
    try assertNowhere("while a deployment runs")
    try packc("destroy", "keeper", "--backup=\(place)/last.tar").expect(.done)
    try packc("restore", "\(place)/last.tar", "--name", "again").expect(.done)
    try packc("start", "again").expect(.done)
    try wait("again")
    try assertNowhere("after a restore")
  }

  /// The search finds what is there: in a file, on a command line, in an environment, behind a descriptor.
  func testTheSearchFindsWhatIsPlanted() throws {
    let site = try Site()
    try FileSystem.writeAtomically([], to: site.directory / "started")
    let needle = "n33dle-" + SealedBytes.randomBytes(8).map { String($0) }.joined()
    let file = try site.directory.write("a \(needle) b", to: "home/state/file")
    XCTAssertEqual(Set(try places(of: needle, site)), [file.description])
    try FileSystem.removeFile(file)
    var child = try RunningProcess.start(
      Command(
        [
          "/bin/bash", "-c", "exec 5>$0.gone; echo $NEEDLE >&5; rm $0.gone; sleep 60; : $1", "\(site.directory / "x")",
          needle,
        ],
        environment: ["PATH": "/usr/bin:/bin", "NEEDLE": needle], standardOutput: .discard, standardError: .discard))
    usleep(500_000)
    let found = try places(of: needle, site).map { String($0.drop { $0 != "p" }.split(separator: "/").last ?? "") }
    XCTAssertEqual(Set(found), ["cmdline", "environ", "5"])
    child.signal(SIGKILL)
    while try child.reapIfEnded() == nil { usleep(10_000) }
  }

  func testTheValueComesFromStandardInputOrAFile() throws {
    let site = try Site()
    let file = try site.directory.write("line one\nline two\n", to: "value")
    try site.packc("secret", "set", "A", "--file", file.description, "--json").run().expect(exit: .done)
    try site.packc("secret", "set", "A").input(Array("x".utf8)).run().expect(standardOutput: "A has a new value\n")
    for input in [[], [0x0a], [0x41, 0, 0x42], [UInt8](repeating: 0x41, count: 70_000)] as [[UInt8]] {
      try site.packc("secret", "set", "B").input(input).run().expect(exit: .usage)
    }
    // An argument is no value.
    try site.packc("secret", "set", "B", "value").run().expect(exit: .usage)
    let list = try site.packc("secret", "list", "--json").run().json().value
    XCTAssertEqual(list, ["secrets": [["name": "A"]]])
  }
}
