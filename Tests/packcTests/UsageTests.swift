import PackCore
import TestSupport
import XCTest

/// What the command line itself refuses, and the shape of every error.
final class UsageTests: XCTestCase {
  func testUnknownCommandsAndFlagsHaveASuggestion() throws {
    let rows: [(arguments: [String], says: String)] = [
      (["biuld"], "did you mean `packc build`?"), (["kernal", "list"], "did you mean `packc kernel`?"),
      (["build", "--relaese"], "did you mean --release?"), (["plan", "--jsn"], "did you mean --json?"),
      (["run", "--publsh", "80:80"], "did you mean --publish?"),
      (["help", "bild"], "did you mean `packc help build`?"),
      (["build", "--progress", "plan"], "did you mean plain?"),
    ]
    for row in rows {
      try PackcProcess(arguments: row.arguments).run().expect(exit: .usage).expect(standardErrorContains: row.says)
        .expect(standardOutput: "")
    }
  }

  func testWrongUsageSaysWhatIsExpected() throws {
    let rows: [(arguments: [String], says: String)] = [
      ([], "usage"), (["build", "one", "two"], "two"), (["build", "--release", "--debug"], "exclude each other"),
      (["build", "--no-oci", "--no-unikernel"], "leave nothing to build"), (["build", "--timeout"], "SECONDS"),
      (["build", "--timeout", "soon"], "--timeout"), (["build", "--platform", "linux/riscv64"], "linux/arm64"),
      (["build", "--compression", "lzma"], "gzip"), (["run", "--oci", "--memory", "1Gi"], "--memory"),
      (["run", "--memory", "much"], "--memory"), (["kernel"], "import, list"), (["deploy", "--wait", "5"], "--wait=5"),
      (["restart"], "packc list"),
    ]
    let project = try TemporaryDirectory("packc-e2e")
    try project.write("version: 1\nartifact: {path: x}\n", to: "unik.yaml")
    try project.write("x", to: "x", mode: 0o755)
    try project.makeDirectory(".packc")
    for row in rows {
      let result = try PackcProcess(arguments: row.arguments).in(project.path).run()
      result.expect(exit: .usage)
      XCTAssertTrue(
        (result.standardError + result.standardOutput).contains(row.says),
        "\(row.arguments): no \"\(row.says)\" in\n\(result.standardError)\(result.standardOutput)")
    }
  }

  func testWithJSONAnErrorIsOneDocument() throws {
    let rows: [(arguments: [String], exit: ExitCode, code: String)] = [
      (["build", "/nonexistent/project", "--json"], .badInput, "no_project"),
      (["--json", "biuld"], .usage, "wrong_usage"), (["build", "-o", "json", "--nonsense"], .usage, "wrong_usage"),
      (["plan", "--json"], .nothingDetected, "nothing_detected"), (["run", "--json"], .runFailed, "not_built"),
    ]
    let empty = try TemporaryDirectory("packc-e2e")
    for row in rows {
      let result = try PackcProcess(arguments: row.arguments).in(empty.path).run().expect(exit: row.exit)
      let document = try result.json().value
      // Beside the error only what every pack said, where packs were asked.
      let keys = row.code == "nothing_detected" ? ["considered", "error"] : ["error"]
      XCTAssertEqual(document.object?.keys.sorted(), keys, "\(row.arguments)")
      XCTAssertEqual(document["error"]?["code"]?.string, row.code, "\(row.arguments)")
      XCTAssertFalse(document["error"]?["message"]?.string?.isEmpty ?? true)
      XCTAssertNotNil(document["error"]?["hint"]?.string, "no next step: \(row.arguments)")
      XCTAssertNotNil(document["error"]?["exit"]?.integer)
    }
  }

  /// Of `image export`, `-o` is the file.
  func testALetterOfACommandsOwnIsNotTheGlobalOne() throws {
    let help = try PackcProcess("image", "export", "--help").run().expect(exit: .done).standardOutput
    XCTAssertEqual(help.split(separator: "\n").filter { $0.contains("-o, ") }.count, 1, help)
    XCTAssertTrue(help.contains("-o, --output PATH"), help)
    XCTAssertTrue(help.contains("    --output-format json|text"), help)
    try PackcProcess("image", "list", "--help").run().expect(standardOutputContains: "-o, --output-format")
    let empty = try TemporaryDirectory("packc-e2e")
    for arguments in [["image", "export", "-o", "json", "--nonsense"], ["image", "export", "x", "-o", "json"]] {
      let result = try PackcProcess(arguments: arguments).in(empty.path).run()
      XCTAssertNotEqual(result.result.end, .exited(0))
      result.expect(standardOutput: "")
    }
    try PackcProcess("image", "list", "-o", "json", "--nonsense").run().expect(exit: .usage)
      .expect(standardOutputContains: "wrong_usage")
  }

  func testHelpShowsEveryCommandAndEachItsFlags() throws {
    let overview = try PackcProcess("help").run().expect(exit: .done).standardOutput
    for name in ["build", "run", "plan", "lock", "check", "kernel import", "kernel list", "version"] {
      XCTAssertTrue(overview.contains("  \(name) "), name)
      let words = name.split(separator: " ").map(String.init)
      try PackcProcess(arguments: words + ["--help"]).run().expect(exit: .done)
        .expect(standardOutputContains: "usage: packc \(name)").expect(standardOutputContains: "--json")
    }
    try PackcProcess("version").run().expect(exit: .done).expect(standardOutputContains: "packc ")
    XCTAssertNotNil(try PackcProcess("version", "--json").run().json().value["version"]?.string)
  }

  func testCheckNamesWhatIsThereAndWhatIsMissing() throws {
    let found = try PackcProcess("check", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(found["complete"], true)
    XCTAssertFalse(found["tools"]?.array?.isEmpty ?? true)
    try PackcProcess("check").environment(["PATH": "/nonexistent"]).run().expect(exit: .toolchain)
      .expect(standardOutputContains: "missing").expect(standardOutputContains: "apt-get install")
  }
}
