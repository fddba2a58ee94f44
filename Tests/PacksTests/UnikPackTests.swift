import PackCore
import XCTest

@testable import Packs

final class UnikPackTests: XCTestCase {
  private let five: JSONValue = [
    "version": 1, "build": ["command": "make"], "artifact": ["path": "server"], "run": ["ports": ["8080/tcp"]],
  ]

  private func bench() throws -> Workbench {
    let bench = try Workbench()
    try bench.write("server: s.c\n\tcp s.c server\n", "project/Makefile")
    try bench.write("int main(void) { return 0; }\n", "project/s.c")
    return bench
  }

  func testFiveLines() throws {
    let bench = try bench()
    let choice = try bench.choose(bench.input(config: five))
    XCTAssertEqual(choice.pack.name, "unik")
    let plan = try bench.plan(bench.input(config: five))
    XCTAssertEqual(plan.entrypoint, ["/app/server"])
    XCTAssertEqual(plan.artifacts.map(\.path), ["${work}/app"])
    XCTAssertEqual(plan.artifacts.map(\.destination.absolute), ["/app"])
    let result = try bench.run(XCTUnwrap(plan.step("build")), pack: "unik")
    XCTAssertTrue(result.succeeded, result.errorText)
    XCTAssertTrue(FileSystem.isExecutableFile(bench.root / "work/app/server"))
  }

  func testItWinsOverALanguage() throws {
    let bench = try bench()
    try bench.write("module example.com/x\n", "project/go.mod")
    try bench.write("package main\nfunc main() {}\n", "project/main.go")
    XCTAssertEqual(try bench.choose(bench.input(config: five)).pack.name, "unik")
    XCTAssertEqual(try bench.choose(bench.input(config: ["name": "x"])).pack.name, "go")
  }

  func testAMissingArtifactIsNamedWithWhatThereIs() throws {
    let bench = try bench()
    var config = try XCTUnwrap(five.object)
    config["artifact"] = ["path": "out/server"]
    let plan = try bench.plan(bench.input(config: .object(config)))
    let result = try bench.run(XCTUnwrap(plan.step("build")), pack: "unik")
    XCTAssertEqual(result.end, .exited(66))
    XCTAssertTrue(result.errorText.contains("it left no out/server"), result.errorText)
    XCTAssertTrue(result.errorText.contains("    server\n"), result.errorText)
  }

  func testTheCommandsOwnCodeComesThrough() throws {
    let bench = try bench()
    let config: JSONValue = ["build": ["command": "echo first\nfalse\ntouch server"], "artifact": ["path": "server"]]
    let plan = try bench.plan(bench.input(config: config))
    XCTAssertEqual(try bench.run(XCTUnwrap(plan.step("build")), pack: "unik").end, .exited(1), "-e")
    let seven = try bench.plan(bench.input(config: ["build": ["command": "exit 7"], "artifact": ["path": "server"]]))
    XCTAssertEqual(try bench.run(XCTUnwrap(seven.step("build")), pack: "unik").end, .exited(7))
  }

  func testFormsOfTheCommand() throws {
    let bench = try bench()
    func argv(_ command: JSONValue, _ mode: BuildMode = .release) throws -> [String] {
      let plan = try bench.plan(
        bench.input(config: ["build": ["command": command], "artifact": ["path": "server"]], mode: mode))
      return try Array(XCTUnwrap(plan.step("build")).argv.drop { $0 != "--" }.dropFirst())
    }
    XCTAssertEqual(try argv("make -s"), ["/bin/sh", "-eu", "-c", "make -s"])
    XCTAssertEqual(try argv(["make", "-s"]), ["make", "-s"])
    let both: JSONValue = ["release": "make", "debug": ["make", "debug"]]
    XCTAssertEqual(try argv(both), ["/bin/sh", "-eu", "-c", "make"])
    XCTAssertEqual(try argv(both, .debug), ["make", "debug"])
    XCTAssertEqual(try failure { try argv(["debug": "x"]) }.code, "no_command")
  }

  func testDirectoriesAndFiles() throws {
    let bench = try bench()
    try bench.write("asset", "project/assets/a b.txt")
    let config: JSONValue = [
      "build": ["command": "mkdir -p out/bin && cp s.c out/bin/server", "env": ["CFLAGS": "-O2"], "inputs": ["s.c"]],
      "artifact": ["path": "out/", "files": ["assets/": "/srv/assets/"]],
      "options": ["entrypoint": ["/app/bin/server", "-v"]],
    ]
    let plan = try bench.plan(bench.input(config: config))
    XCTAssertEqual(plan.entrypoint, ["/app/bin/server", "-v"])
    let step = try XCTUnwrap(plan.step("build"))
    XCTAssertEqual(step.environment, ["CFLAGS": "-O2"])
    XCTAssertEqual(step.inputs, ["s.c"])
    XCTAssertTrue(try bench.run(step, pack: "unik").succeeded)
    XCTAssertTrue(FileSystem.exists(bench.root / "work/app/bin/server"))
    XCTAssertEqual(plan.artifacts.map(\.destination.absolute), ["/app", "/srv/assets"])
    let assets = plan.artifacts[1].path.replacing("${work}", with: "work")
    XCTAssertEqual(try bench.text("\(assets)/a b.txt"), "asset")
  }

  func testWithoutACommandTheArtifactIsTaken() throws {
    let bench = try bench()
    let plan = try bench.plan(bench.input(config: ["artifact": ["path": "s.c"]]))
    XCTAssertEqual(plan.steps, [])
    XCTAssertEqual(plan.artifacts.map(\.path), ["${source}/s.c"])
    let missing = try failure { try bench.plan(bench.input(config: ["artifact": ["path": "sc"]])) }
    XCTAssertEqual(missing.code, "artifact_missing")
    XCTAssertTrue(missing.hint?.contains("Makefile, s.c") ?? false)
  }

  func testRefusals() throws {
    let bench = try bench()
    let rows: [(JSONValue, String)] = [
      (["build": ["command": "make"]], "no_artifact"),
      (["build": ["command": "make"], "artifact": ["path": "out/"]], "no_entrypoint"),
      (["build": ["command": "make"], "artifact": ["path": "../x"]], "bad_path"),
      (["build": ["command": "make"], "artifact": ["path": "."]], "bad_path"),
      (["artifact": ["path": "s.c"], "options": ["entrypoint": ["/app/x"]]], "artifact_kind"),
      (["artifact": ["path": "s.c"], "options": ["entrypiont": []]], "bad_options"),
    ]
    for (config, code) in rows {
      XCTAssertEqual(
        try failure { try bench.plan(bench.input(config: config)) }.code, code, CanonicalJSON.string(config))
    }
  }
}
