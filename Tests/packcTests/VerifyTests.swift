import PackCore
import TestSupport
import XCTest

/// Projects with a fault, and what `packc verify --json` says of them.
private enum Faulty {
  /// What a project's command leaves in a directory that becomes part of the image.
  static func project(_ command: String, _ more: [String: String] = [:]) -> [String: String] {
    [
      "unik.yaml": """
      version: 1
      name: faulty
      build:
        command: |
      \(command.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
      artifact: {path: out}

      """
    ].merging(more) { $1 }
  }

  static func verify(
    _ files: [String: String], _ flags: [String] = [], exit: ExitCode, file: StaticString = #filePath,
    line: UInt = #line
  ) throws -> (json: JSONValue, log: String) {
    let site = try Site()
    let project = try site.write(files, to: "project")
    let result = try site.packc(["verify", project.description, "--json", "--no-unikernel"] + flags)
      .run(file: file, line: line)
    result.expect(exit: exit, file: file, line: line)
    XCTAssertEqual(try site.workInProgress(), [], file: file, line: line)
    XCTAssertFalse(FileSystem.exists(project / ".packc"), file: file, line: line)
    XCTAssertFalse(FileSystem.exists(project / "packc.lock"), file: file, line: line)
    return (try result.json(file: file, line: line).value, result.standardError)
  }
}

/// `packc verify` on projects that are right, and on projects with one fault each.
final class VerifyTests: XCTestCase {
  private static let program = "printf 'int main(void){return 0;}' > main.c; cc -O1 -o out main.c"

  func testARightProjectIsIdentical() throws {
    // Debug information names the directory, and the build-id is a digest of it.
    let make = "CFLAGS = -O1\nserver: server.c\n\t$(CC) $(CFLAGS) -o $@ $<\n"
    let (answer, _) = try Faulty.verify(Projects.c.merging(["Makefile": make]) { $1 }, exit: .done)
    XCTAssertEqual(answer["needs_sandbox"], false)
    XCTAssertEqual(answer["identical"], true)
    XCTAssertEqual(answer["builds"], 2)
    XCTAssertEqual(answer["findings"], [])
    XCTAssertNotNil(answer["digest"]?.digest)
    let varied = Set(
      (answer["conditions"]?.array ?? []).filter { $0["varied"] == true }.compactMap { $0["name"]?.string })
    XCTAssertTrue(varied.isSuperset(of: ["path", "home", "user", "hostname", "locale", "timezone", "umask", "time"]))
  }

  func testOnlyWhatIsAskedForIsVaried() throws {
    let command =
      "printf 'const char mark[] = \"%s\"; int main(void){return mark[0] == 0;}' \"$(uname -n)\" > main.c\n"
      + "cc -O1 -o out main.c"
    let (answer, _) = try Faulty.verify(Faulty.project(command), ["--only", "locale,umask"], exit: .done)
    XCTAssertEqual(answer["conditions"]?.array?.compactMap { $0["name"]?.string }, ["locale", "umask"])
    let site = try Site()
    let project = try site.write(Projects.c, to: "project")
    try site.packc("verify", project.description, "--only", "pth").run().expect(exit: .usage)
      .expect(standardErrorContains: "did you mean path?")
  }

  /// Rust's compiler waits forever under libfaketime.
  func testAnotherClockDoesNotHoldRustUp() throws {
    let site = try Site()
    let project = try site.write(Projects.rust, to: "project")
    let answer = try site.packc("verify", project.description, "--only", "time", "--no-unikernel", "--json")
      .timeout(120).run().expect(exit: .done).json().value
    XCTAssertEqual(answer["identical"], true)
  }

  func testABuildThatFailsUnderAConditionIsAFinding() throws {
    let command = "test \"$(uname -n)\" = packc\n" + Self.program
    let (answer, _) = try Faulty.verify(Faulty.project(command), ["--strict"], exit: .notReproducible)
    XCTAssertEqual(answer["findings"]?.array?.compactMap { $0["cause"]?.string }, ["hostname"])
    XCTAssertTrue(answer["findings"]?.array?.first?["failure"]?.string?.contains("build") == true, "\(answer)")
  }

  func testAnImageIsRebuiltFromItsSource() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    _ = try site.build(project, "--compression", "zstd")
    func verify(_ exit: ExitCode) throws -> JSONValue {
      let result = try site.packc("verify", "greeter", "--source", project.description, "--json").run()
      result.expect(exit: exit)
      return try result.json().value
    }
    let yes = try verify(.done)
    XCTAssertEqual(yes["identical"], true)
    XCTAssertEqual(yes["digest"], yes["claimed"])
    let source = String(decoding: try FileSystem.read(project / "server.c"), as: UTF8.self)
    try site.write(["server.c": source.replacing("hello from C", with: "hello from D")], to: "shop")
    let no = try verify(.notReproducible)
    let finding = no["findings"]?.array?.first
    XCTAssertEqual(finding?["cause"], "inputs")
    XCTAssertEqual(finding?["differences"]?.array?.first?["bytes"]?["part"], ".rodata")
    try site.packc("verify", "--source", project.description).run().expect(exit: .usage)
  }

  func testWhyNamesStepPackageAndUser() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    _ = try site.build(project, "--no-unikernel")
    func why(_ path: String) throws -> JSONValue {
      let result = try site.packc("why", path, project.description, "--json").run()
      result.expect(exit: .done)
      return try result.json().value
    }
    let program = try why("/app/server")
    XCTAssertEqual(program["step"], "build")
    XCTAssertEqual(program["layer"], "application")
    XCTAssertEqual(program["owner"]?["kind"], "project")
    let libc = try why("/lib/x86_64-linux-gnu/libc.so.6")
    XCTAssertEqual(libc["owner"]?["name"], "libc6")
    XCTAssertEqual(libc["layer"], "runtime")
    XCTAssertTrue(libc["needed_by"]?.array?.contains("/app/server") == true, "\(libc)")
    XCTAssertEqual(try why("/etc/passwd")["owner"]?["kind"], "packc")
    try site.packc("why", "/usr/bin/server", project.description).run().expect(exit: .badInput)
      .expect(standardErrorContains: "did you mean /app/server?")
  }
}

/// Every kind of fault, and the same question to somebody else's program.
final class VerifySlowTests: XCTestCase {
  /// Each kind by a command that lets it into the program, and the cause that has to be named.
  func testEachPlantedFaultIsFoundAndNamed() throws {
    let constant = { (value: String) in
      "printf 'const char mark[] = \"%s\"; int main(void){return mark[0] == 0;}' \"\(value)\" > main.c; "
        + "cc -O1 -o out main.c"
    }
    let rows: [(fault: String, command: String, cause: String, proven: Bool)] = [
      ("time", constant("$(date +%s)"), "time", false),
      ("path", constant("$PWD"), "path", true),
      ("order", constant("$(echo $(ls -U data))"), "order", true),
      ("locale", constant("$LC_ALL"), "locale", true),
      ("umask", constant("$(umask)"), "umask", true),
      ("hostname", constant("$(uname -n)"), "hostname", true),
      ("cpus", constant("$(nproc)"), "cpus", true),
      ("random", constant("$(head -c 8 /dev/urandom | od -An -tx8)"), "random", false),
      (
        "build-id", "printf 'int main(void){return 0;}' > main.c; cc -O1 -Wl,--build-id=uuid -o out main.c", "build-id",
        false
      ),
      ("user", constant("$(id -u)"), "user", true),
    ]
    let names = Dictionary(uniqueKeysWithValues: (0..<24).map { ("data/file-\($0)", "\($0)\n") })
    let allowed = AllowedProcessors.now().count
    for row in rows where row.fault != "cpus" || allowed > 1 {
      let (answer, log) = try Faulty.verify(Faulty.project(row.command, names), ["--strict"], exit: .notReproducible)
      let findings = answer["findings"]?.array ?? []
      XCTAssertEqual(findings.map { $0["cause"]?.string }, [row.cause], "\(row.fault): \(answer) \(log)")
      XCTAssertEqual(findings.first?["proven"]?.bool, row.proven, row.fault)
      XCTAssertNotEqual(findings.first?["fix"]?.string ?? "", "", row.fault)
      let first = findings.first?["differences"]?.array?.first
      XCTAssertEqual(first?["place"]?.array?.last, "/app/out", "\(row.fault): \(answer)")
      XCTAssertNotEqual(first?["bytes"]?["before"], first?["bytes"]?["after"], row.fault)
      XCTAssertNotNil(first?["bytes"]?["part"]?.string, "\(row.fault): \(answer)")
    }
  }

  /// What the sandbox holds does not differ between two hosts that have it.
  func testWhatTheSandboxHoldsCannotGetIn() throws {
    let command =
      "printf 'const char mark[] = \"%s\"; int main(void){return mark[0] == 0;}' "
      + "\"$(uname -n) $PWD $HOME $(id -u) $USER $LC_ALL $TZ\" > main.c; cc -O1 -o out main.c"
    let (answer, _) = try Faulty.verify(Faulty.project(command), ["--sandboxed"], exit: .done)
    XCTAssertEqual(answer["identical"], true)
    let (other, _) = try Faulty.verify(Faulty.project(command), exit: .done)
    XCTAssertEqual(other["needs_sandbox"], true)
    let findings = other["findings"]?.array ?? []
    XCTAssertEqual(
      Set(findings.compactMap { $0["cause"]?.string }), ["hostname", "path", "home", "user", "locale", "timezone"])
    XCTAssertTrue(findings.allSatisfy { $0["held_by_sandbox"] == true }, "\(other)")
  }

  func testDiffoscopeFindsNothingWherePackcSaysIdentical() throws {
    let diffoscope = try Tools.require("diffoscope")
    for (name, files) in [("c", Projects.c), ("go", Projects.go)] {
      let site = try Site()
      let project = try site.write(files, to: name)
      try site.packc("verify", project.description, "--quiet").run().expect(exit: .done)
      let place = try TemporaryDirectory("packc-e2e")
      let pair = try SameBytesTests.twice(files, in: place)
      defer { withExtendedLifetime(place) {} }
      for part in ["image", "unikernel"] {
        let sides = [pair.0, pair.1].map { ($0.layout.parent / part).description }
        let result = try ProcessRunner().run(
          Command(
            [diffoscope.description, "--exclude-directory-metadata", "yes"] + sides,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"], timeout: 600))
        XCTAssertEqual(result.outputText, "", "\(name), \(part)")
        XCTAssertTrue(result.succeeded, "\(name), \(part): \(result.errorText)")
      }
    }
  }
}
