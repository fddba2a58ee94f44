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

  // MARK: Real answers

  /// A call, and what is written to it.
  private struct Row {
    let command: String
    let rest: [String]
    var input = ""
    /// What else it may end with than 0.
    var exit = ExitCode.done

    init(_ command: String, _ rest: [String] = [], input: String = "", exit: ExitCode = .done) {
      (self.command, self.rest, self.input, self.exit) = (command, rest, input, exit)
    }
    var words: [String] { command.split(separator: " ").map(String.init) }
    /// Before what is another command's.
    var arguments: [String] {
      var arguments = words + rest
      arguments.insert("--json", at: arguments.firstIndex(of: "--") ?? arguments.endIndex)
      return arguments
    }
  }

  /// Of a project, its image `greeter` and the host.
  private static func rows(_ site: HostPath, project: String, key: String) -> [Row] {
    let own = ["--project", project]
    let signed = ["--key", key]
    return [
      Row("version"), Row("check", exit: .toolchain), Row("plan", [project]), Row("lock", [project, "--no-unikernel"]),
      Row("build", [project]), Row("run", [project, "--boot-report"], exit: .usage),
      Row("verify", [project, "--only", "umask"]), Row("why", ["/app/server", project]), Row("pack list"),
      Row("pack show", ["go"]), Row("pack new", ["mine", "--directory", "\(site)/packs"]),
      Row("pack test", ["\(site)/packs/50-mine"]),
      Row("pack wrap", ["\(site)/buildpack", "--name", "wrapped", "--directory", "\(site)/packs"]),
      Row("kernel list"), Row("kernel config"), Row("image list"), Row("image inspect", ["greeter"]),
      Row("image sign", ["greeter"] + signed), Row("image attest", ["greeter"] + signed),
      Row("image verify", ["greeter"]), Row("image sbom", ["greeter"]),
      Row("image report", ["\(site)/report.html", "greeter"]), Row("image symbols", ["greeter"]),
      Row("image tag", ["greeter", "greeter:two"]), Row("image diff", ["greeter", "greeter:two"]),
      Row("image export", ["greeter", "--output", "\(site)/shop.tar"]),
      Row("image import", ["oci-archive:\(site)/shop.tar"]),
      Row("image copy", ["greeter", "oci:\(site)/layout:one"]), Row("image index create", ["many", "greeter"]),
      Row("image untag", ["greeter:two"]), Row("image gc", ["--dry-run"]),
      Row("proofs record", own), Row("proofs sign", own + signed), Row("proofs list", own), Row("proofs show", own),
      Row("proofs diff", own), Row("proofs export", own), Row("review", own), Row("grants", own),
      Row("secret set", ["A"], input: "x"), Row("secret list"), Row("secret remove", ["A", "B"]),
      Row("volume create", ["data", "--size", "8Mi"]), Row("volume list"), Row("volume show", ["data"]),
      Row("volume destroy", ["data", "other", "--yes"]), Row("man", ["build"]),
      Row("man", ["--output", "\(site)/man1"]),
      Row("completion", ["bash"]), Row("completion", ["next", "--", "build", ""]),
      Row("render", [project, "--for", "systemd"]),
      // It writes another unik.yaml.
      Row("init", [project, "--force"]),
    ]
  }

  /// Of a catalog of kernels that is nobody else's, and a registry.
  private static func rows(kernel: String, name: String, registry: String) -> [Row] {
    let plain = ["--insecure-registry", registry]
    return [
      Row("kernel import", [kernel]), Row("kernel show", [name]), Row("kernel use", [name]),
      Row("image login", [registry, "-u", "me"] + plain, input: "hunter22"),
      Row("kernel push", [name, "\(registry)/kernel:one"] + plain), Row("kernel remove", [name]),
      Row("kernel pull", ["\(registry)/kernel:one"] + plain),
      Row("image push", ["greeter", "\(registry)/shop:one"] + plain),
      Row("image pull", ["\(registry)/shop:one"] + plain),
      Row("image logout", [registry]),
    ]
  }

  /// Of a deployment.
  private static func rows(deploy: [String], state: String) -> [Row] {
    [
      Row("exists", ["web"]), Row("list"), Row("deploy", deploy + ["--wait=120"]),
      Row("deploy", deploy + ["--dry-run"]),
      Row("status"), Row("status", ["web"]), Row("list"), Row("show", ["web"]), Row("exists", ["web"]),
      Row("release list", ["web"]), Row("scale", ["web", "2"]), Row("scale", ["web", "1"]),
      Row("backup", ["web", "-o", "\(state)/web.tar"]), Row("env list", ["web"]),
      Row("bundle", ["web", "-o", "\(state)/web.bundle"]), Row("stop", ["web"]), Row("env set", ["web", "A=1"]),
      Row("env unset", ["web", "A", "--confirm"]), Row("env list", ["web"]),
      Row("volume create", ["data", "--size", "8Mi"]),
      Row("volume attach", ["data", "web:/data", "--confirm"]), Row("volume detach", ["data", "web", "--confirm"]),
      Row("start", ["web"]), Row("rollback", ["web", "2"]), Row("restart", ["web"]), Row("destroy", ["web"]),
      Row("destroy", ["web"]), Row("restore", ["\(state)/web.tar"]), Row("destroy", ["web"]),
    ]
  }

  /// Where else an answer is held to its schema, or why there is none.
  private static let elsewhere = [
    "help": "text for people", "logs": "the program's own lines", "grants revoke": "DeployReviewTests",
    "kernel build": "LanguageMachineSlowTests",
  ]

  func testEveryCommandHasARow() {
    let rows =
      Self.rows("/", project: "", key: "") + Self.rows(kernel: "", name: "", registry: "")
      + Self.rows(deploy: [], state: "")
    let covered = Set(rows.map(\.command)).union(Self.elsewhere.keys)
    XCTAssertEqual(Commands.shown.map(\.name).filter { !covered.contains($0) }, [])
    XCTAssertEqual(covered.subtracting(Commands.shown.map(\.name)), [], "no commands")
  }

  private struct Answer {
    let call: String
    let bytes: [UInt8]
    let file: String
    let definition: String?
    let errors: String

    init(_ call: [String], _ bytes: [UInt8], _ command: String, errors: String) throws {
      let schema = try XCTUnwrap(AnswerSchema.of(command))
      (self.call, self.bytes, self.errors) = (call.joined(separator: " "), bytes, errors)
      (file, definition) = (schema.file, schema.definition)
    }
    init(failed call: [String], _ bytes: [UInt8], errors: String) {
      (self.call, self.bytes, self.errors) = (call.joined(separator: " "), bytes, errors)
      (file, definition) = ("commands.schema.json", "failure")
    }
  }

  /// One process for all of them: it takes its time to begin.
  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    for row in json.load(sys.stdin):
        schema = json.load(open(row["schema"]))
        Draft202012Validator.check_schema(schema)
        if row["definition"]: schema = {"$defs": schema["$defs"], "$ref": "#/$defs/" + row["definition"]}
        try: answer = json.loads(row["answer"])
        except ValueError as error: print(row["call"], "no JSON:", error, row["errors"]); continue
        for error in Draft202012Validator(schema).iter_errors(answer):
            print(row["call"], "/".join(str(part) for part in error.absolute_path), error.message)
    """

  private func problems(_ answers: [Answer]) throws -> String {
    let rows = answers.map { answer -> JSONValue in
      [
        "call": .string(answer.call),
        "schema": .string("\(Repository.root / "docs/schema" / HostPath(answer.file))"),
        "definition": .string(answer.definition ?? ""), "errors": .string(answer.errors),
        "answer": .string(String(decoding: answer.bytes, as: UTF8.self)),
      ]
    }
    let result = try ProcessRunner().run(
      Command(
        ["python3", "-c", Self.validator], environment: ["PATH": "/usr/bin:/bin"],
        input: .bytes(CanonicalJSON.encode(.array(rows))), keep: 1 << 20, timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return result.outputText
  }

  private func answers(_ rows: [Row], _ site: Site) throws -> [Answer] {
    try rows.map { row in
      let result = try site.packc(row.arguments).input(Array(row.input.utf8)).run()
      if result.result.end != .exited(row.exit.rawValue) { result.expect(exit: .done) }
      return try Answer(row.arguments, result.result.output, row.command, errors: result.standardError)
    }
  }

  func testAnswersKeepToTheirSchemas() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    for (name, text) in BuildpackProjectTests.buildpacks where name.hasPrefix("server/") {
      try site.directory.write(text, to: "buildpack/\(name.dropFirst(7))", mode: name.contains("/bin/") ? 0o755 : 0o644)
    }
    let key = try site.directory.write(TestKeys.ed25519, to: "key.pem")
    let wrong = try Answer([], Array("{\"versoin\": 1}".utf8), "version", errors: "")
    XCTAssertNotEqual(try problems([wrong]), "", "a wrong answer is noticed")
    let rows = Self.rows(site.directory.path, project: project.description, key: key.description)
    let cut = rows.firstIndex { $0.command == "image sign" } ?? 0
    var answers = try answers(Array(rows[..<cut]), site)

    // Kernels of its own, so that those of the other tests stay.
    let catalog = try Site("other", in: site.directory)
    try FileSystem.removeFile(catalog.cache / "kernels")
    try FileSystem.createLink(catalog.cache / "store", to: (site.cache / "store").bytes)
    let kernel = site.directory / "vmlinux"
    try FileSystem.writeAtomically(ELFKernels.vmlinux(), to: kernel)
    let registry = try DebianRegistry(.init(basic: ("me", "hunter22")))
    defer { registry.stop() }
    answers += try self.answers(
      Self.rows(kernel: kernel.description, name: "vmlinux", registry: registry.host), catalog)
    answers += try self.answers(Array(rows[cut...]), site)
    XCTAssertEqual(try problems(answers), "")
  }

  /// Wherever it stands, a flag of every command means the same.
  func testGlobalFlagsStandBeforeAndAfter() throws {
    let site = try Site()
    for words in [
      ["version"], ["pack", "list"], ["kernel", "list"], ["image", "list"], ["volume", "list"], ["status"],
    ] {
      let outputs = try [["--json"] + words, [words[0], "--json"] + words.dropFirst(), words + ["--json"]].map {
        try site.packc($0).run().expect(exit: .done).standardOutput
      }
      XCTAssertEqual(Set(outputs).count, 1, "\(words)")
      XCTAssertTrue(outputs[0].hasPrefix("{"), outputs[0])
    }
  }

  func testAnswersOfDeploymentsKeepToTheirSchemas() throws {
    let site = try Site()
    var shop = Projects.c
    let ports = "run: {ports: [8080/tcp]"
    shop["unik.yaml"] = shop["unik.yaml"]?.replacingOccurrences(
      of: ports, with: ports + ", volumes: [{name: data, size: 8Mi, mount: /data}]")
    let project = try site.write(shop, to: "shop")
    _ = try site.build(project)
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    let planted = "planted-in-a-deployment"
    let file = site.directory / "token"
    try FileSystem.writeAtomically(Array(planted.utf8), to: file)
    try packc("secret", "set", "TOKEN", "--file", file.description).expect(.done)
    defer { _ = try? packc("destroy", "web", "--yes") }
    let deploy = [
      project.description, "--name", "web", "--publish", "\(try Ports.free()):8080", "--secret", "TOKEN=T",
    ]
    // Validated when nothing runs any more, see `DetachedCall`.
    var answers: [Answer] = []
    for row in Self.rows(deploy: deploy, state: packc.state.path.description) {
      let answer = try packc(row.arguments).expect(.done)
      answers.append(try Answer(row.arguments, Array(answer.output.utf8), row.command, errors: answer.errors))
      guard row.command == "show" else { continue }
      XCTAssertEqual(answer.json?["state"], "running")
      // The value is in nothing that a deployment keeps.
      XCTAssertEqual(try files(with: planted, below: packc.state.path), [])
    }
    XCTAssertEqual(try problems(answers), "")
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
    let failures = try rows.map { row in
      let result = try PackcProcess(arguments: row + ["--json"]).in(empty.path).run()
      XCTAssertNotEqual(result.result.end, .exited(0))
      return Answer(failed: row, result.result.output, errors: result.standardError)
    }
    XCTAssertEqual(try problems(failures), "")
  }
}
