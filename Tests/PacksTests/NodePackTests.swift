import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What the node pack is in a project, and which program it finds.
final class NodePackTests: XCTestCase {
  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }
  private let server = "require('http').createServer().listen(process.env.PORT || 3000)\n"
  private func manifest(start: String, more: String = "") -> String {
    "{\"name\": \"shop\", \"scripts\": {\"start\": \"\(start)\"}\(more)}"
  }

  private func place(_ error: any Error) -> String {
    if let refusal = error as? PackRefusal { return refusal.location.map { "\($0)" } ?? refusal.code }
    return (error as? Failure)?.location.map { "\($0)" } ?? "\(error)"
  }

  /// Role and confidence of the node pack: `program 90`; `none` when it says nothing; the place of an error.
  private func role(_ files: [String: String]) throws -> String {
    let bench = try project(files)
    do {
      let answer = try NodeDetection(ProjectFiles(root: bench.project)).answer(app: nil)
      return answer.map { "\($0.role.rawValue) \($0.confidence)" } ?? "none"
    } catch {
      return place(error)
    }
  }

  func testRoles() throws {
    let assets =
      "{\"private\": true, \"scripts\": {\"build\": \"vite build\", \"dev\": \"vite\"}, "
      + "\"devDependencies\": {\"vite\": \"5\"}}"
    let program = manifest(start: "node server.js")
    let rows: [(what: String, files: [String: String], expected: String)] = [
      ("a start script", ["package.json": program, "server.js": server], "program 90"),
      ("Rails", ["package.json": assets, "Gemfile": "", "config.ru": ""], "supporting 40"),
      ("Laravel", ["package.json": assets, "composer.json": "{}", "artisan": ""], "supporting 40"),
      ("Django with its CSS", ["package.json": manifest(start: "tailwind -w"), "manage.py": ""], "supporting 40"),
      (
        "a dev server beside Go", ["package.json": manifest(start: "react-scripts start"), "go.mod": "module a\n"],
        "supporting 40"
      ),
      ("both are programs", ["package.json": program, "server.js": server, "go.mod": "module a\n"], "program 90"),
      (
        "main beside Rust",
        ["package.json": "{\"main\": \"index.js\"}", "index.js": "exports.a = 1", "Cargo.toml": ""], "supporting 90"
      ),
      (
        "a Procfile of Ruby's", ["package.json": program, "Gemfile": "", "Procfile": "web: bundle exec puma\n"],
        "supporting 40"
      ),
      (
        "a Procfile of Node's",
        ["package.json": program, "Gemfile": "", "Procfile": "web: node server.js\n", "server.js": server], "program 90"
      ),
      ("Deno's", ["package.json": "{}", "deno.json": "{}", "main.ts": ""], "supporting 40"),
      ("pages", ["package.json": assets, "index.html": ""], "program 90"),
      ("nothing to start", ["package.json": "{\"main\": \"missing.js\"}"], "library 40"),
      ("source alone", ["server.js": server], "program 30"),
      ("source beside Python", ["server.js": server, "requirements.txt": ""], "none"),
      ("Bun's", ["package.json": manifest(start: "bun run index.ts"), "bun.lockb": ""], "program 90"),
      ("a syntax error", ["package.json": "{\n  \"name\": \"x\",\n}"], "package.json:3:1"),
      ("a wrong type", ["package.json": "{\n  \"scripts\": {\"start\": 1}}"], "package.json:2:15"),
      (
        "a member's error", ["package.json": "{\"workspaces\": [\"p/*\"]}", "p/a/package.json": "{"],
        "p/a/package.json:1:2"
      ),
    ]
    for row in rows { XCTAssertEqual(try role(row.files), row.expected, row.what) }
  }

  /// What is chosen, before a toolchain is asked.
  private func outcome(_ files: [String: String], app: String? = nil) throws -> String {
    let bench = try project(files)
    let programs = try NodePrograms(NodeProject(ProjectFiles(root: bench.project)))
    let choice = try app.map { try programs.choose(app: $0) } ?? programs.choose()
    return switch choice {
    case .program(let program): "\(program.label) ← \(program.source)"
    case .several(let found): "several: " + programs.candidates(found).map(\.app).joined(separator: " ")
    case .site(_, let builder, let output): "files of \(builder) in \(output)"
    case .unusable(let reason, let source): "\(source): \(NodeRefusal.unusable(reason, source, programs.project).code)"
    case .nothing: "nothing"
    case nil: "no such program"
    }
  }

  func testWhichProgram() throws {
    let rows: [(what: String, files: [String: String], expected: String)] = [
      ("start", ["package.json": manifest(start: "node a"), "a.js": ""], "node a ← package.json:1 (scripts.start)"),
      (
        "npm's default", ["package.json": "{\"main\": \"index.js\"}", "server.js": "", "index.js": ""],
        "node server.js ← server.js (npm's default)"
      ),
      ("main", ["package.json": "{\"main\": \"src/app\"}", "src/app.js": ""], "node src/app ← package.json:1 (main)"),
      (
        "main that is missing", ["package.json": "{\"main\": \"inbex.js\"}", "index.js": ""],
        "node index.js ← index.js (the usual name; main names inbex.js, which does not exist)"
      ),
      (
        "a dev server and a real one",
        ["package.json": "{\"scripts\": {\"start\": \"nodemon a.js\", \"start:prod\": \"node a.js\"}}", "a.js": ""],
        "node a.js ← package.json:1 (scripts.start:prod)"
      ),
      (
        "Procfile first", ["package.json": manifest(start: "node a.js"), "Procfile": "web: node b.js", "b.js": ""],
        "node b.js ← Procfile:1 (web)"
      ),
      (
        "a Procfile that nobody can start", ["package.json": "{}", "Procfile": "web: echo hi", "index.js": ""],
        "Procfile:1 (web): unknown_command"
      ),
      (
        "pages without a server",
        [
          "package.json": "{\"scripts\": {\"build\": \"vite build\"}, \"devDependencies\": {\"vite\": \"5\"}}",
          "index.html": "",
        ], "files of vite in dist"
      ),
      (
        "pages with a server",
        [
          "package.json":
            "{\"scripts\": {\"build\": \"vite build\"}, \"devDependencies\": {\"vite\": \"5\", \"serve\": \"14\"}}",
          "index.html": "",
        ],
        "serve -s dist ← package.json:1 (the static server among the packages; vite leaves dist)"
      ),
      (
        "Next by itself",
        ["package.json": "{\"scripts\": {\"build\": \"next build\"}, \"dependencies\": {\"next\": \"14\"}}"],
        "next start ← package.json:1 (next's own way to start)"
      ),
      ("a shell script", ["package.json": manifest(start: "./run.sh")], "package.json:1 (scripts.start): needs_shell"),
      (
        "another package's start",
        [
          "package.json": manifest(start: "cd api && npm start"), "api/package.json": manifest(start: "node a.js"),
          "api/a.js": "",
        ],
        "node a.js ← package.json:1 (scripts.start), api"
      ),
    ]
    for row in rows { XCTAssertEqual(try outcome(row.files), row.expected, row.what) }
  }

  func testWorkspaces() throws {
    let workspace = "{\"private\": true, \"workspaces\": [\"packages/*\", \"!packages/old\"]}"
    let api = manifest(start: "node a.js")
    var files = [
      "package.json": workspace, "packages/api/package.json": api, "packages/api/a.js": "",
      "packages/lib/package.json": "{\"name\": \"@x/lib\", \"main\": \"i.js\"}", "packages/lib/i.js": "",
      "packages/old/package.json": api,
    ]
    XCTAssertEqual(try outcome(files), "node a.js ← packages/api/package.json:1 (scripts.start)")
    files["packages/web/package.json"] =
      "{\"name\": \"@x/web\", \"scripts\": {\"start\": \"serve public\"}, \"dependencies\": {\"serve\": \"14\"}}"
    XCTAssertEqual(
      try outcome(files), "node a.js ← packages/api/package.json:1 (scripts.start); the only member that is a server")
    files["packages/b/package.json"] = "{\"name\": \"@x/b\", \"scripts\": {\"start\": \"node b.js\"}}"
    files["packages/b/b.js"] = ""
    XCTAssertEqual(try outcome(files), "several: packages/api packages/b packages/web")
    for app in ["packages/b", "./packages/b/", "@x/b", "b"] {
      XCTAssertEqual(try outcome(files, app: app), "node b.js ← packages/b/package.json:1 (scripts.start)", app)
    }
    XCTAssertEqual(try outcome(files, app: "packages/b/b.js"), "node b.js ← --app or options.app")
    XCTAssertEqual(try outcome(files, app: "nothing"), "no such program")
    let bench = try project(files)
    let refused = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(refused.exit, .severalCandidates)
    XCTAssertTrue(refused.message.contains("packages/api") && refused.message.contains("packages/b"))
    files["pnpm-workspace.yaml"] = "packages:\n  - packages/b\n"
    XCTAssertEqual(try outcome(files), "node b.js ← packages/b/package.json:1 (scripts.start)")
  }

  func testWhatCannotBePlannedSaysWhatToDo() throws {
    let rows: [(files: [String: String], code: String, place: String, hint: String)] = [
      (["package.json": manifest(start: "node dist/a.js")], "no_program", "package.json:1", "build"),
      (
        ["package.json": manifest(start: "node dist/a.js"), "dist/a.js": "", "src/a.ts": "", ".gitignore": "dist/\n"],
        "no_program", "package.json:1", "compiles src/a.ts"
      ),
      (["package.json": manifest(start: "bun index.ts")], "toolchain_bun", "package.json:1", "node"),
      (["package.json": manifest(start: "node ../a.js")], "bad_path", "package.json:1", "project"),
      (["package.json": manifest(start: "node a.js $WHO"), "a.js": ""], "needs_shell", "package.json:1", "WHO"),
      (
        ["package.json": manifest(start: "node a.js & node b.js")], "several_processes", "package.json:1",
        "app: FILE.js"
      ),
      (["package.json": "{}", "Procfile": "web: ./x.sh > log\n"], "needs_shell", "Procfile:1", "app: FILE.js"),
      (["package.json": "{\n\"main\": \"x.js\"}"], "no_program", "package.json:2:1", "start"),
    ]
    for row in rows {
      let bench = try project(row.files)
      let found = try failure { try bench.plan(bench.input(), pack: "node") }
      XCTAssertEqual(found.code, row.code, row.hint)
      XCTAssertEqual(found.location.map { "\($0)" }, row.place, row.hint)
      XCTAssertFalse(found.message.contains(row.place), "the place is said once: \(found)")
      XCTAssertTrue(found.hint?.contains(row.hint) ?? false, "\(found)")
    }
  }

  func testVersionFilesAreChecked() throws {
    let rows: [(file: String, text: String, code: String, place: String)] = [
      (".nvmrc", "14\n", "toolchain_version", ".nvmrc:1"),
      (".node-version", "# pinned\n99.1.0\n", "toolchain_version", ".node-version:2"),
      (".tool-versions", "python 3\nnodejs 12.0.0\n", "toolchain_version", ".tool-versions:2"),
      (".nvmrc", "nonsense\n", "bad_version", ".nvmrc:1"),
      ("package.json", "{\n\"engines\": {\"node\": \">=99\"}}", "toolchain_version", "package.json:2:13"),
    ]
    for row in rows {
      let bench = try project(["server.js": server, "package.json": "{}"].merging([row.file: row.text]) { $1 })
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, row.code, row.text)
      XCTAssertEqual(found.location.map { "\($0)" }, row.place, row.text)
      XCTAssertNotNil(found.hint, row.text)
      _ = try bench.plan(bench.input(mode: .debug))
      XCTAssertTrue(
        bench.told.contains { $0.contains(row.code == "bad_version" ? "no version" : "asks for node") }, row.text)
    }
  }

  func testThePlanIsTheSameElsewhere() throws {
    let files = [
      "package.json": manifest(start: "node --no-warnings server.js --port=$PORT --x=${X:-y}"), "server.js": server,
    ]
    let bench = try project(files)
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(Array(plan.entrypoint.dropFirst()), ["--no-warnings", "server.js", "--port=3000", "--x=y"])
    XCTAssertEqual(plan.ports, ["3000/tcp"])
    XCTAssertEqual(plan.decision("port"), "3000 ← server.js:1")
    XCTAssertEqual(plan.environment["NODE_ENV"], "production")
    XCTAssertEqual(plan.steps.map(\.id), [])
    XCTAssertEqual(plan.name, "shop")
    let other = try project(files)
    XCTAssertEqual(try other.plan(other.input()).json, plan.json)
  }
}
