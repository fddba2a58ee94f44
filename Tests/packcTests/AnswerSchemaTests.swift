import Foundation
import PackCore
import TestSupport
import XCTest

@testable import packc

/// What `--json` prints, and the documents of docs/schema: every command has one, and real answers keep to it, by a
/// validator that is not packc's (Python's jsonschema).
final class AnswerSchemaTests: XCTestCase {
  func testEveryCommandHasASchema() throws {
    for command in Commands.shown where !["help", "logs"].contains(command.name) {
      let schema = try XCTUnwrap(AnswerSchema.of(command.name))
      XCTAssertNoThrow(try SchemaCheck(schema.file, definition: schema.definition), "\(command.name): \(schema.text)")
    }
  }

  /// Only those that are used, and each by some command.
  func testNoAnswerIsDescribedInVain() throws {
    let used = Set(Commands.shown.compactMap { AnswerSchema.of($0.name) }.map(\.text))
    let parts: Set<String> = ["deployment", "digest", "error", "failure", "pin", "readiness-check", "release"]
    let document = try JSONParser.parse(try FileSystem.read(Repository.root / "docs/schema/commands.schema.json"))
    for name in (document["$defs"]?.object ?? [:]).keys.sorted() where !parts.contains(name) {
      XCTAssertTrue(used.contains("docs/schema/commands.schema.json (\(name))"), "nothing answers \(name)")
    }
  }

  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    schema = json.load(open(sys.argv[1]))
    Draft202012Validator.check_schema(schema)
    if len(sys.argv) > 2: schema = {"$defs": schema["$defs"], "$ref": "#/$defs/" + sys.argv[2]}
    for error in Draft202012Validator(schema).iter_errors(json.load(sys.stdin)):
        print("/".join(str(part) for part in error.absolute_path), error.message)
    """

  private func problems(_ answer: [UInt8], _ file: String, _ definition: String?) throws -> String {
    let schema = Repository.root / "docs/schema" / HostPath(file)
    let result = try ProcessRunner().run(
      Command(
        ["python3", "-c", Self.validator, schema.description] + (definition.map { [$0] } ?? []),
        environment: ["PATH": "/usr/bin:/bin"], input: .bytes(answer), timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return result.outputText
  }

  func testAnswersKeepToTheirSchemas() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    // A wrong answer is noticed.
    XCTAssertNotEqual(try problems(Array("{\"versoin\": 1}".utf8), "commands.schema.json", "version"), "")
    let place = project.description
    let rows: [(command: String, rest: [String], input: String)] = [
      ("version", [], ""), ("check", [], ""),
      ("plan", [place], ""), ("lock", [place, "--no-unikernel"], ""), ("build", [place], ""),
      ("run", [place, "--boot-report"], ""), ("pack list", [], ""), ("pack show", ["go"], ""),
      ("pack new", ["mine", "--directory", "\(site.directory.path)/packs"], ""),
      ("kernel list", [], ""), ("kernel config", [], ""), ("image list", [], ""), ("image inspect", ["greeter"], ""),
      ("image verify", ["greeter"], ""), ("image sbom", ["greeter"], ""),
      ("image tag", ["greeter", "greeter:two"], ""),
      ("image diff", ["greeter", "greeter:two"], ""),
      ("image export", ["greeter", "--output", "\(site.directory.path)/shop.tar"], ""),
      ("image untag", ["greeter:two"], ""),
      ("image gc", ["--dry-run"], ""),
      ("secret set", ["A"], "x"), ("secret list", [], ""), ("secret remove", ["A", "B"], ""),
      ("volume create", ["data", "--size", "8Mi"], ""), ("volume list", [], ""), ("volume show", ["data"], ""),
      ("volume destroy", ["data", "other", "--yes"], ""), ("man", ["build"], ""),
      ("man", ["--output", "\(site.directory.path)/man1"], ""), ("completion", ["bash"], ""),
      ("completion", ["next", "--", "build", ""], ""), ("render", [place, "--for", "systemd"], ""),
      // It writes another unik.yaml.
      ("init", [place, "--force"], ""),
    ]
    for row in rows {
      let words = row.command.split(separator: " ").map(String.init)
      let schema = try XCTUnwrap(AnswerSchema.of(row.command))
      var rest = row.rest
      let separator = rest.firstIndex(of: "--") ?? rest.endIndex
      rest.insert("--json", at: separator)
      let result = try site.packc(words + rest).input(Array(row.input.utf8)).run()
      XCTAssertEqual(
        try problems(result.result.output, schema.file, schema.definition), "",
        "\(row.command): \(result.standardError)")
      if !["run", "check"].contains(row.command) { result.expect(exit: .done) }
    }
  }

  func testAnswersOfDeploymentsKeepToTheirSchemas() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    _ = try site.build(project)
    let port = try Ports.free()
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let planted = "planted-in-a-deployment"
    let file = site.directory / "token"
    try FileSystem.writeAtomically(Array(planted.utf8), to: file)
    try packc("secret", "set", "TOKEN", "--file", file.description).expect(.done)
    defer { _ = try? packc("destroy", "web", "--yes") }
    let rows: [(command: String, rest: [String])] = [
      ("exists", ["web"]), ("list", []),
      (
        "deploy",
        [project.description, "--name", "web", "--publish", "\(port):8080", "--secret", "TOKEN=T", "--wait=120"]
      ),
      (
        "deploy",
        [project.description, "--name", "web", "--publish", "\(port):8080", "--secret", "TOKEN=T", "--dry-run"]
      ),
      ("status", []), ("status", ["web"]), ("list", []), ("show", ["web"]), ("exists", ["web"]),
      ("release list", ["web"]), ("scale", ["web", "2"]), ("scale", ["web", "1"]),
      ("backup", ["web", "-o", "\(packc.state.path)/web.tar"]), ("env list", ["web"]),
      ("bundle", ["web", "-o", "\(packc.state.path)/web.bundle"]), ("stop", ["web"]),
      ("env set", ["web", "A=1"]), ("env unset", ["web", "A", "--confirm"]), ("env list", ["web"]),
      ("start", ["web"]), ("restart", ["web"]),
      ("destroy", ["web"]), ("destroy", ["web"]), ("restore", ["\(packc.state.path)/web.tar"]), ("destroy", ["web"]),
    ]
    // Validated when nothing runs any more, see `DetachedCall`.
    var answers: [(command: String, answer: DetachedCall.Answer)] = []
    for row in rows {
      let words = row.command.split(separator: " ").map(String.init)
      answers.append((row.command, try packc(words + row.rest + ["--json"]).expect(.done)))
      guard row.command == "show" else { continue }
      XCTAssertEqual(answers.last?.answer.json?["state"], "running")
      // The value is in nothing that a deployment keeps.
      XCTAssertEqual(try files(with: planted, below: packc.state.path), [])
    }
    for (command, answer) in answers {
      let schema = try XCTUnwrap(AnswerSchema.of(command))
      XCTAssertEqual(
        try problems(Array(answer.output.utf8), schema.file, schema.definition), "", "\(command): \(answer.output)")
    }
    try Leftovers.assertNone(site)
  }

  private func files(with text: String, below directory: HostPath) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: directory.description)?.compactMap { $0 as? String } ?? []
    XCTAssertFalse(names.isEmpty)
    return names.filter { name in
      (try? Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)")))?.range(of: Data(text.utf8)) != nil
    }
  }

  func testErrorsAreAlikeInEveryCommand() throws {
    let empty = try TemporaryDirectory("packc-errors")
    let rows = [
      ["biuld"], ["build"], ["plan", "/nonexistent"], ["run"], ["volume", "show", "none"],
      ["volume", "destroy", "none"],
      ["secret", "set", "1"], ["image", "inspect", "none"], ["kernel", "show", "none"], ["completion", "tcsh"],
      ["run", "--env-file", "none"],
    ]
    for row in rows {
      let result = try PackcProcess(arguments: row + ["--json"]).in(empty.path).run()
      XCTAssertNotEqual(result.result.end, .exited(0))
      XCTAssertEqual(try problems(result.result.output, "commands.schema.json", "failure"), "", "\(row)")
    }
  }
}
