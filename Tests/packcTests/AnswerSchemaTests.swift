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

  // MARK: - Real answers

  /// One call and how it ends. An answer that is an error keeps to `failure`.
  private struct Row {
    let command: String
    let rest: [String]
    var input = ""
    var exit = ExitCode.done
    /// It changes something, or takes long: it is called once, and with `--json` behind.
    var isCalledOnce = false

    init(_ command: String, _ rest: String..., input: String = "", exit: ExitCode = .done, once: Bool = false) {
      self.init(command, rest, input: input, exit: exit, once: once)
    }
    init(_ command: String, _ rest: [String], input: String = "", exit: ExitCode = .done, once: Bool = false) {
      (self.command, self.rest, self.input, self.exit, isCalledOnce) = (command, rest, input, exit, once)
    }

    private var words: [String] { command.split(separator: " ").map(String.init) }
    var before: [String] { ["--json"] + words + rest }
    var after: [String] {
      var rest = rest
      rest.insert("--json", at: rest.firstIndex(of: "--") ?? rest.endIndex)
      return words + rest
    }
  }

  /// What is called in a project that was built, `place`; `own` is a directory for what comes of it.
  private static func rows(_ place: String, _ own: String) -> [Row] {
    let key = "\(own)/key"
    return [
      Row("version"), Row("check", once: true), Row("plan", place), Row("lock", place, "--no-unikernel", once: true),
      Row("build", place, once: true), Row("run", place, "--boot-report", once: true),
      Row("why", "/app/server", place), Row("verify", place, "--no-unikernel", "--only", "user", once: true),
      Row("pack list"), Row("pack show", "go"), Row("pack new", "mine", "--directory", "\(own)/packs", once: true),
      Row("pack test", "\(own)/packs/50-mine"),
      Row("pack wrap", "\(own)/buildpack", "--directory", "\(own)/packs", once: true),
      Row("kernel config"), Row("kernel build", "/nonexistent", exit: .usage),
      Row("kernel import", "\(own)/vmlinux", "--name", "tiny", once: true), Row("kernel list"),
      Row("kernel show", "tiny"),
      Row("kernel use", "tiny", once: true), Row("kernel remove", "tiny", once: true),
      Row("image list"), Row("image inspect", "greeter"), Row("image verify", "greeter"), Row("image sbom", "greeter"),
      Row("image symbols", "greeter"), Row("image report", "\(own)/report.html", "greeter"),
      Row("image tag", "greeter", "greeter:two", once: true), Row("image diff", "greeter", "greeter:two"),
      Row("image index create", "both", "greeter", once: true),
      Row("image sign", "greeter", "--key", key, once: true), Row("image attest", "greeter", "--key", key, once: true),
      Row("image export", "greeter", "--output", "\(own)/shop.tar", once: true),
      Row("image import", "\(own)/shop.tar", "--name", "again", once: true),
      Row("image copy", "greeter", "oci:\(own)/copy", once: true), Row("image untag", "greeter:two", once: true),
      Row("image gc", "--dry-run"),
      Row("proofs record", "--project", place, "--key", key, once: true), Row("proofs list", "--project", place),
      Row("proofs show", "HEAD", "--project", place), Row("proofs diff", "--project", place),
      Row("proofs sign", "--project", place, "--key", key), Row("proofs export", "--project", place),
      Row("review", "--project", place), Row("review", "--project", place, "--approve", "--by", "ann", once: true),
      Row("grants", "--project", place),
      Row("secret set", "A", input: "x", once: true), Row("secret list"), Row("secret remove", "A", "B", once: true),
      Row("volume create", "data", "--size", "8Mi", once: true), Row("volume list"), Row("volume show", "data"),
      Row("volume destroy", "data", "other", "--yes", once: true),
      Row("man", "build"), Row("man", "--output", "\(own)/man1"), Row("completion", "bash"),
      Row("completion", "next", "--", "build", ""), Row("render", place, "--for", "systemd"),
      // It writes another unik.yaml.
      Row("init", place, "--force", once: true),
    ]
  }

  /// What is called of one deployment of `place`, in this order.
  private static func deploymentRows(_ place: String, _ port: UInt16, _ own: String) -> [Row] {
    let deploy = [place, "--name", "web", "--publish", "\(port):8080", "--secret", "TOKEN=T"]
    return [
      Row("exists", "web"), Row("list"), Row("deploy", deploy + ["--wait=120"], once: true),
      Row("deploy", deploy + ["--dry-run"]),
      Row("status"), Row("status", "web"), Row("list"), Row("show", "web"), Row("exists", "web"),
      Row("release list", "web"), Row("scale", "web", "2", once: true), Row("scale", "web", "1", once: true),
      Row("backup", "web", "-o", "\(own)/web.tar", once: true), Row("env list", "web"),
      Row("bundle", "web", "-o", "\(own)/web.bundle"), Row("stop", "web"),
      Row("env set", "web", "A=1", once: true), Row("env list", "web"),
      Row("env unset", "web", "A", "--confirm", once: true),
      Row("rollback", "web", "2", once: true), Row("stop", "web", once: true),
      Row("volume create", "data", "--size", "8Mi", once: true), Row("volume attach", "data", "web:/data", once: true),
      Row("volume detach", "data", "web", "--confirm", once: true),
      Row("start", "web", once: true), Row("restart", "web", once: true),
      Row("destroy", "web", once: true), Row("destroy", "web"),
      Row("volume destroy", "data", "--yes", once: true), Row("restore", "\(own)/web.tar", once: true),
      Row("show", "web"), Row("destroy", "web", once: true),
    ]
  }

  /// Those that no row calls, and who looks at their answers.
  private static let elsewhere = [
    "help": "is for people", "logs": "is what the program said, byte for byte",
    "grants revoke": "DeployReviewTests",
    "image push": "CommandTests of the registries", "image pull": "CommandTests of the registries",
    "image login": "CommandTests of the registries", "image logout": "CommandTests of the registries",
    "kernel push": "KernelTransferTests", "kernel pull": "KernelTransferTests",
  ]

  /// A new command needs a row.
  func testEveryCommandIsCalled() {
    let called = Set((Self.rows("", "") + Self.deploymentRows("", 1, "")).map(\.command))
    let shown = Set(Commands.shown.map(\.name))
    XCTAssertEqual(shown.subtracting(called).sorted(), Self.elsewhere.keys.sorted())
    XCTAssertEqual(called.subtracting(shown), [])
  }

  func testAnswersKeepToTheirSchemas() throws {
    let site = try Site(isolated: true)
    let project = try site.write(Projects.c, to: "shop")
    let own = site.directory.path
    try FileSystem.writeAtomically(ELFKernels.vmlinux(), to: own / "vmlinux")
    try FileSystem.writeAtomically(Array(TestKeys.ecdsa.utf8), to: own / "key")
    try site.directory.write(
      "api = \"0.10\"\n[buildpack]\nid = \"test/greeting\"\nversion = \"1.0.0\"\n", to: "buildpack/buildpack.toml")
    for name in ["detect", "build"] {
      try site.directory.write("#!/bin/sh\n", to: "buildpack/bin/\(name)", mode: 0o755)
    }
    var answers: [Answer] = []
    for row in Self.rows(project.description, own.description) {
      var call = site.packc(row.after).input(Array(row.input.utf8))
      // The catalog of the other tests stays as it is.
      if row.command.hasPrefix("kernel") { call = call.environment(["XDG_CACHE_HOME": "\(own)/kernels"]) }
      let result = try call.run().expect(exit: row.exit)
      answers.append(try Answer(row, result.standardOutput))
      guard !row.isCalledOnce else { continue }
      call.arguments = row.before
      try call.run().expect(exit: row.exit).expect(standardOutput: result.standardOutput)
    }
    XCTAssertEqual(try problems(answers), "")
  }

  func testAnswersOfDeploymentsKeepToTheirSchemas() throws {
    let site = try Site()
    var files = Projects.c
    files["unik.yaml"] = files["unik.yaml"]?.replacing(
      "run: {", with: "run: {volumes: [{name: data, size: 8Mi, mount: /data}], ")
    files["unik.yaml"]? += "contract: {egress: [\"10.0.2.2:9\"]}\n"
    let project = try site.write(files, to: "shop")
    _ = try site.build(project)
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let planted = "planted-in-a-deployment"
    let file = site.directory / "token"
    try FileSystem.writeAtomically(Array(planted.utf8), to: file)
    try packc("secret", "set", "TOKEN", "--file", file.description).expect(.done)
    defer { _ = try? packc("destroy", "web", "--yes") }
    // Validated when nothing runs any more, see `DetachedCall`.
    var answers: [Answer] = []
    for row in Self.deploymentRows(project.description, try Ports.free(), packc.state.path.description) {
      for call in row.isCalledOnce ? [row.after] : [row.before, row.after] {
        let answer = try packc(call).expect(row.exit)
        answers.append(try Answer(row, answer.output))
        guard call == ["show", "web", "--json"] else { continue }
        // The value is in nothing that a deployment keeps.
        XCTAssertEqual(try self.files(with: planted, below: packc.state.path), [])
      }
    }
    XCTAssertEqual(
      try answers.filter { $0.call == "show web" }.map { try JSONParser.parse(Array($0.text.utf8))["state"] },
      ["running", "running", "exited", "exited"])
    let shown = try answers.first { $0.call == "show web" }.map { try JSONParser.parse(Array($0.text.utf8)) }
    XCTAssertEqual(shown?["egress"], ["10.0.2.2:9"])
    XCTAssertEqual(try problems(answers), "")
    try Leftovers.assertNone(site)
  }

  // MARK: - The validator

  private struct Answer {
    let call: String
    let schema: AnswerSchema
    let text: String

    init(_ row: Row, _ text: String) throws {
      let isFailure = try row.exit != .done && JSONParser.parse(Array(text.utf8))["error"] != nil
      (call, self.text) = ("\(row.command) \(row.rest.joined(separator: " "))", text)
      schema = try isFailure ? .failure : XCTUnwrap(AnswerSchema.of(row.command))
    }

    /// What a command that fails says.
    init(failure text: String, of call: String) { (self.call, self.text, schema) = (call, text, .failure) }
  }

  /// Reads a list of calls with their schema and answer, and prints a line for each thing that is wrong.
  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    schemas = {}
    for call, file, definition, answer in json.load(sys.stdin):
        if file not in schemas:
            schemas[file] = json.load(open(sys.argv[1] + "/" + file))
            Draft202012Validator.check_schema(schemas[file])
        schema = schemas[file]
        if definition: schema = {"$defs": schema["$defs"], "$ref": "#/$defs/" + definition}
        for error in Draft202012Validator(schema).iter_errors(json.loads(answer)):
            print(call + ":", "/".join(str(part) for part in error.absolute_path), error.message)
    """

  private func problems(_ answers: [Answer]) throws -> String {
    let input = JSONValue.array(
      answers.map {
        [
          .string($0.call), .string($0.schema.file), $0.schema.definition.map(JSONValue.string) ?? .null,
          .string($0.text),
        ]
      })
    let result = try ProcessRunner().run(
      Command(
        ["python3", "-c", Self.validator, "\(Repository.root / "docs/schema")"],
        environment: ["PATH": "/usr/bin:/bin"], input: .bytes(CanonicalJSON.encode(input)), timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return result.outputText
  }

  func testAWrongAnswerIsNoticed() throws {
    XCTAssertNotEqual(try problems([Answer(Row("version"), "{\"versoin\": 1}")]), "")
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
    var answers: [Answer] = []
    for row in rows {
      let result = try PackcProcess(arguments: row + ["--json"]).in(empty.path).run()
      XCTAssertNotEqual(result.result.end, .exited(0))
      answers.append(Answer(failure: result.standardOutput, of: row.joined(separator: " ")))
    }
    XCTAssertEqual(try problems(answers), "")
  }
}
