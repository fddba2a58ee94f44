import PackCore
import XCTest

@testable import Packs

/// The first-party packs against the protocol itself, as any pack is tested.
final class FirstPartyTests: XCTestCase {
  private func start(_ pack: Pack, _ bench: Workbench, phase: String = "detect", _ input: String) throws
    -> CommandResult
  {
    let command = Command(
      [pack.executable.description, phase],
      environment: ["PATH": "/usr/bin:/bin", "PACKC_LIBEXEC": pack.libexec?.description ?? ""],
      directory: bench.project,
      input: .bytes(Array(input.utf8)), timeout: 20)
    return try ProcessRunner().run(command)
  }

  private func request(_ bench: Workbench, _ changes: [String: JSONValue] = [:]) -> String {
    let request: [String: JSONValue] = [
      "protocol": "1.0", "request_id": "1", "phase": "detect", "project": ["root": ".", "config": .null],
      "mode": "release",
      "target": ["os": "linux", "arch": "amd64", "libc": "glibc"], "unknown_field": [1, 2],
      "io": [
        "response": JSONValue(bench.root / "response.json"), "work_dir": JSONValue(bench.root),
        "cache_dir": JSONValue(bench.root),
        "events_fd": 3,
      ],
    ]
    return CanonicalJSON.string(.object(request.merging(changes) { $1 }))
  }

  func testEachSpeaksTheProtocol() throws {
    let bench = try Workbench()
    let packs = try bench.catalog().packs
    let directories = try DirectoryWalk.names(in: Workbench.firstParty).map {
      String(decoding: $0.dropFirst(3), as: UTF8.self)
    }
    XCTAssertEqual(packs.map(\.name), directories)
    for pack in packs {
      let rows: [(what: String, input: String, code: Int32)] = [
        ("empty", "", 65), ("truncated", String(request(bench).dropLast(9)), 65), ("not an object", "[]", 65),
        ("another protocol", request(bench, ["protocol": .number(9.9)]), 76),
        ("another protocol", request(bench, ["protocol": "9.9"]), 76),
        ("unknown requires", request(bench, ["requires": ["telepathy"]]), 76),
        ("unknown phase", request(bench, ["phase": "sing"]), 65),
        ("another phase", request(bench, ["phase": "plan"]), 65), ("an empty project", request(bench), 100),
      ]
      for row in rows {
        let result = try start(pack, bench, row.input)
        XCTAssertEqual(result.end, .exited(row.code), "\(pack.name): \(row.what): \(result.errorText)")
      }
    }
  }

  func testForeignProjectsAreNotTheirs() throws {
    let bench = try Workbench()
    try bench.write("source 'https://rubygems.org'\n", "project/Gemfile")
    try bench.write("defmodule Shop do\nend\n", "project/mix.exs")
    for pack in try bench.catalog().packs {
      XCTAssertEqual(try start(pack, bench, request(bench)).end, .exited(100), pack.name)
    }
    let found = try failure { try bench.choose(bench.input()) }
    XCTAssertTrue(found.message.contains("Gemfile: no pack for ruby is installed"), found.message)
  }

  func testOddNamesAndAnUntouchedProject() throws {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    let odd = bench.project / "a dir\nwith ünusual names"
    try FileSystem.createDirectory(odd)
    for (name, text) in [
      ("main.py", "import os\nif __name__ == '__main__':\n    print(os.getcwd())\n"), ("x y.txt", "x"),
    ] {
      try FileSystem.writeAtomically(Array(text.utf8), to: odd / name)
    }
    func state() throws -> [String] {
      try DirectoryWalk.sortedByPath(bench.project).map { "\($0.path) \($0.status.modified) \($0.status.size)" }
    }
    let before = try state()
    let project = PackProject(tree: ProjectTree(odd))
    let plan = try bench.plan(project)
    XCTAssertEqual(plan.entrypoint.last, "main.py")
    XCTAssertEqual(try state(), before, "nothing was written into the project")
  }

  func testSecretsStayOut() throws {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    bench.environment["AWS_SECRET_ACCESS_KEY"] = "planted-secret"
    bench.environment["PIP_INDEX_URL"] = "https://user:planted-secret@example.com/simple"
    try bench.write("flask\n", "project/requirements.txt")
    try bench.write("from flask import Flask\napp = Flask('x')\n", "project/app.py")
    let plan = try bench.plan(bench.input())
    XCTAssertNotNil(plan.unresolved)
    XCTAssertFalse(CanonicalJSON.string(plan.json).contains("planted"), "a plan is the same for everybody")
  }

  /// The pack that the documentation shows does what it says.
  func testTheDocumentedPack() throws {
    let page = String(
      decoding: try FileSystem.read(Workbench.checkout / "docs/pack-protocol.md"), as: UTF8.self)
    func block(_ language: String, holding text: String) throws -> String {
      let blocks = page.components(between: "```\(language)\n", and: "\n```")
      return try XCTUnwrap(blocks.first { $0.contains(text) })
    }
    let bench = try Workbench()
    try bench.write(block("sh", holding: "50-static/bin/pack"), "packs.d/50-static/bin/pack", mode: 0o755)
    try bench.write(block("json", holding: "\"static\""), "packs.d/50-static/pack.json")
    try bench.write("<p>hello</p>", "project/index.html")
    let host = bench.host()
    let choice = try host.choose(bench.input(), in: host.load())
    XCTAssertEqual(choice.pack.name, "static")
    let plan = try host.plan(choice.pack, for: bench.input())
    XCTAssertEqual(plan.ports, ["8080/tcp"])
    XCTAssertEqual(plan.artifacts.map(\.destination.absolute), ["/srv"])
    XCTAssertEqual(bench.told, [])
  }
}

extension String {
  /// Every text between two marks.
  fileprivate func components(between start: String, and end: String) -> [String] {
    var found: [String] = []
    var rest = self[...]
    while let from = rest.firstRange(of: start), let to = rest[from.upperBound...].firstRange(of: end) {
      found.append(String(rest[from.upperBound..<to.lowerBound]))
      rest = rest[to.upperBound...]
    }
    return found
  }
}
