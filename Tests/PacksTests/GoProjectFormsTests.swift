import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What Go projects look like beside a module with one program: rules that choose, manifests with mistakes, stale locks,
/// neighbours of other languages.
final class GoProjectFormsTests: XCTestCase {
  private let hello = "package main\n\nfunc main() {}\n"
  private let module = "module example.com/shop\n\ngo 1.21\n"

  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  private func detect(_ files: [String: String]) throws -> DetectResult? {
    let bench = try project(files)
    let detection = try bench.host(packs: Workbench.firstParty).detect(bench.input(), in: bench.catalog())
    let verdict = try XCTUnwrap(detection.verdicts.first { $0.pack.name == "go" })
    if case .failed(let failure) = verdict.outcome { throw failure }
    return verdict.result
  }

  // MARK: Which program

  func testRulesThatChoose() throws {
    let server = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":80\", nil) }\n"
    let through = "package main\n\nimport \"example.com/shop/internal/web\"\n\nfunc main() { web.Run() }\n"
    let web = "package web\n\nimport \"net/http\"\n\nfunc Run() { http.ListenAndServe(\":80\", nil) }\n"
    let rows: [(files: [String: String], program: String, rule: String)] = [
      (
        ["Procfile": "worker: bin/b\nweb: bin/a --port $PORT\n", "cmd/a/main.go": hello, "cmd/b/main.go": hello],
        "cmd/a", "Procfile:2 starts a"
      ),
      (
        [
          "go.mod": module + "// +heroku install ./cmd/b\n", "cmd/a/main.go": hello, "cmd/b/main.go": hello,
        ], "cmd/b", "go.mod:4: +heroku install"
      ),
      (["cmd/a/main.go": hello, "internal/x/main.go": hello], "cmd/a", "the only main package in cmd"),
      (["cmd/a/main.go": hello, "cmd/b/main.go": server], "cmd/b", "the only main package that listens on a port"),
      (
        ["cmd/a/main.go": hello, "cmd/b/main.go": through, "internal/web/web.go": web], "cmd/b",
        "the only main package that listens on a port"
      ),
      (
        ["go.mod": "module example.com/go-shop\n", "cmd/shop/main.go": hello, "cmd/x/main.go": hello], "cmd/shop",
        "the main package named as its module"
      ),
      (
        [
          ".goreleaser.yml":
            "builds:\n  - main: ./cmd/b/main.go\n    goos: [linux]\n  - {main: ./cmd/b, goos: [darwin]}\n",
          "cmd/a/main.go": hello, "cmd/b/main.go": hello,
        ], "cmd/b", "the only main package that .goreleaser.yml releases"
      ),
      (
        [
          ".goreleaser.yaml": "builds: [{dir: cmd/b}, {main: \"{{.Env.X}}\"}]\n", "cmd/a/main.go": hello,
          "cmd/b/main.go": hello,
        ], "cmd/b", "the only main package that .goreleaser.yaml releases"
      ),
      (
        [
          ".goreleaser.yml": "builds: [{main: ./cmd/a}, {main: ./cmd/b}]\n", "cmd/a/main.go": hello,
          "cmd/b/main.go": server,
        ], "cmd/b", "the only main package that listens on a port"
      ),
      (
        [".goreleaser.yml": "builds: [\n", "cmd/a/main.go": hello, "cmd/b/main.go": server], "cmd/b",
        "the only main package that listens on a port"
      ),
    ]
    for row in rows {
      let bench = try project(["go.mod": module].merging(row.files) { $1 })
      let files = ProjectFiles(root: bench.project)
      let programs = GoPrograms(try GoModules(files), files: files, platform: .host)
      let chosen = try programs.choose(app: nil, name: nil)
      XCTAssertEqual(chosen.program.directory, row.program, row.rule)
      XCTAssertEqual(chosen.rule, row.rule)
    }
    // Two that listen, one of them through a package of the project: none is nearer.
    let both = try detect([
      "go.mod": module, "cmd/a/main.go": server, "cmd/b/main.go": through, "internal/web/web.go": web,
    ])
    XCTAssertEqual(both?.candidates.map(\.app), ["cmd/a", "cmd/b"])
  }

  func testImports() {
    let text = GoSourceText(
      "package a\n\nimport \"fmt\"\nimport (\n\t_ \"a/b\" // x\n\tc \"c/d\"\n)\n\nvar x = \"not/one\"\n")
    XCTAssertEqual(text.imports, ["fmt", "a/b", "c/d"])
    XCTAssertEqual(GoSourceText("package main\nimport \"C\"\nfunc main() { x(\"y\") }").imports, ["C"])
  }

  func testFilesWithoutAModule() throws {
    let bench = try project([
      "shop.go": "package main\n\nfunc main() { println(price()) }\n",
      "price.go": "package main\n\nfunc price() int { return 1 }\n", "price_windows.go": "package main\n\nbroken\n",
      "shop_test.go": "package main\n",
    ])
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(plan.entrypoint, ["/app/shop"])
    XCTAssertEqual(plan.decision("modules"), "none ← there is no go.mod")
    let build = try XCTUnwrap(plan.step("build"))
    XCTAssertEqual(build.argv.suffix(2), ["price.go", "shop.go"])
    XCTAssertTrue(try bench.run(build, pack: "go").succeeded)
    XCTAssertTrue(FileSystem.isExecutableFile(bench.root / "work/app/shop"))
  }

  // MARK: Roles

  func testRoles() throws {
    let rows: [(files: [String: String], role: DetectRole?, confidence: Int)] = [
      (["go.mod": module, "main.go": hello], .program, 90),
      (["go.mod": module, "shop.go": "package shop\n"], .library, 40),
      (["main.go": hello], .program, 30), (["shop.go": "package shop\n"], .library, 30),
      (["main.go": hello, "Cargo.toml": ""], .supporting, 30),
      (["go.mod": module, "main.go": hello, "package.json": "{}"], .program, 90),
      (["go.mod": module, "tools/x/main.go": hello, "package.json": "{}"], .supporting, 90),
      (["go.mod": module, "tools.go": "package tools\n", "Gemfile": ""], .supporting, 40),
      (["go.mod": module, "main.go": hello, "Gemfile": "", "Procfile": "web: bundle exec puma\n"], .supporting, 90),
      (["go.mod": module, "main.go": hello, "Gemfile": "", "Procfile": "web: bin/shop\n"], .program, 90),
      (["docs/x.go": "package x\n"], nil, 0),
    ]
    for row in rows {
      let found = try detect(row.files)
      XCTAssertEqual(found?.role, row.role, "\(row.files.keys.sorted())")
      XCTAssertEqual(found?.confidence ?? 0, row.confidence, "\(row.files.keys.sorted())")
    }
  }

  // MARK: Mistakes

  func testBrokenManifests() throws {
    let rows: [(files: [String: String], place: String, says: String)] = [
      (["go.mod": "modul example.com/x\n"], "go.mod:1", "unknown directive modul"),
      (["go.mod": "go 1.22\n"], "go.mod:1", "no module line"),
      (["go.mod": "module x\ngo abc\n"], "go.mod:2", "abc is no version"),
      (["go.mod": "module x\nrequire (\n\ta.b/c v1.0.0\n"], "go.mod:2", "not closed"),
      (["go.mod": "module x\nrequire a.b/c\n"], "go.mod:2", "without a version"),
      (["go.mod": "module x\nreplace a.b/c v1\n"], "go.mod:2", "without =>"),
      (["go.mod": "module x\n)\n"], "go.mod:2", "unexpected )"),
      (["go.mod": "module x\nmodule y\n"], "go.mod:2", "second module"),
      (["go.work": "go 1.22\nuse ./a\n"], "go.work:2", "no go.mod in it"),
      (["go.work": "go 1.22\nuse ../a\n"], "go.work:2", "outside"),
      (["go.work": "go 1.22\nuse a\n", "a/go.mod": "module a\nfoo bar\n"], "a/go.mod:2", "unknown directive foo"),
    ]
    for row in rows {
      let found = try failure { try detect(row.files) }
      XCTAssertEqual(found.location?.description, row.place, found.message)
      XCTAssertTrue(found.message.contains(row.says), found.message)
    }
    let fine =
      "module x // y\n\ngo 1.22\ntoolchain default\nrequire(\n\ta.b/c v1.0.0\n)\nretract [v1.0.0, v1.1.0]\ntool a.b/c/d\n"
    XCTAssertNil(GoModFile(fine).problem)
    XCTAssertEqual(GoModFile(fine).requires.count, 1)
  }

  func testStaleLocks() throws {
    let mod = module + "require (\n\tb.c/d v1.1.0\n\te.f/g v1.0.0\n)\nreplace e.f/g => ./g\n"
    let bench = try project([
      "go.mod": mod, "main.go": hello, "g/go.mod": "module e.f/g\n", "go.sum": "b.c/d v1.0.0 h1:x=\n",
    ])
    let stale = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(stale.code, "lock_outdated")
    XCTAssertEqual(stale.exit, .lock)
    XCTAssertEqual(stale.location?.description, "go.mod:5")
    XCTAssertTrue(stale.hint?.contains("go mod tidy") ?? false)
    try bench.write("b.c/d v1.1.0/go.mod h1:x=\n", "project/go.sum")
    XCTAssertNotNil(try bench.plan(bench.input()).step("fetch"))
    try bench.write("# b.c/d v1.0.0\n## explicit\n# e.f/g v1.0.0 => ./g\n## explicit\n", "project/vendor/modules.txt")
    let vendored = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(vendored.code, "lock_outdated")
    XCTAssertTrue(vendored.hint?.contains("go mod vendor") ?? false)
    try FileSystem.removeTree(bench.project / "vendor")
    try bench.write(module + "require e.f/g v1.0.0\nreplace e.f/g => ../g\n", "project/go.mod")
    let outside = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(outside.code, "outside_project")
    XCTAssertEqual(outside.location?.description, "go.mod:5")
  }

  /// Before `go 1.17` a go.mod does not name all modules, and the go command knows nothing until they are fetched.
  func testAnOldModuleThatIsNotFetchedYet() throws {
    let bench = try project([
      "go.mod": "module example.com/shop\n\ngo 1.13\n\nrequire b.c/d v1.0.0+incompatible\n",
      "go.sum": "b.c/d v1.0.0+incompatible h1:x=\n",
      "main.go":
        "package main\n\nimport (\n\t\"net/http\"\n\n\t\"b.c/d\"\n\t\"example.com/shop/lib\"\n)\n\nfunc main() {\n\td.X(lib.Y())\n\thttp.ListenAndServe(\":8081\", nil)\n}\n",
      "lib/lib.go":
        "package lib\n\n// int one(void) { return 1; }\nimport \"C\"\n\nfunc Y() int { return int(C.one()) }\n",
    ])
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(plan.ports, ["8081/tcp"])
    XCTAssertEqual(plan.decision("cgo"), "on ← the package lib")
  }

  // MARK: Versions

  func testVersionsThatAreAskedFor() throws {
    let bench = try project([
      "go.mod": "module x\n\ngo 1.18\n// +heroku goVersion go1.20\n", ".go-version": "1.19\n",
      ".tool-versions": "# tools\nnodejs 20.1.0\ngolang 1.21.3\n",
      "mise.toml": "[env]\ngo = \"9.9\"\n[tools]\ngo = \"1.17\" # x\n",
    ])
    let files = ProjectFiles(root: bench.project)
    let wishes = try GoWishes(GoModules(files), files)
    XCTAssertEqual(
      wishes.all.map { "\($0.place) \($0.version)" },
      ["go.mod:3 1.18", "go.mod:4 1.20", ".go-version:1 1.19", ".tool-versions:3 1.21.3", "mise.toml:4 1.17"])
    XCTAssertEqual(wishes.newest?.place.description, ".tool-versions:3")
  }

  func testMutatedModuleFilesAreReadOrRefused() {
    let start = Array(
      (module + "require (\n\ta.b/c v1.0.0 // indirect\n)\nreplace a.b/c => ../c\n// +heroku install .\n").utf8)
    let seed = Fuzzing.seed(41)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(400) {
      var bytes = start
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let file = GoModFile(text)
      // By bytes: a CR before the LF makes one character of both.
      let lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).count
      for directive in file.requires + file.replaces + [file.problem].compactMap({ $0 }) {
        XCTAssertTrue((1...lines).contains(directive.line), "seed \(seed), round \(round)")
      }
      XCTAssertLessThanOrEqual(file.downloads.count, file.requires.count, "seed \(seed), round \(round)")
    }
  }
}
