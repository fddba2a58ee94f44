import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Packs

/// What `packc pack new` writes, in every language that it offers: the same pack, each time.
final class PackTemplateTests: XCTestCase {
  private static let languages = ["go", "node", "python", "sh"]

  /// A bench whose one pack is a new one, `50-demo`, with its sample as the project; nil when the language is not there.
  private func bench(_ language: String) throws -> Workbench {
    let bench = try Workbench()
    let interpreter = ["go": "go", "node": "node", "python": "python3", "sh": "sh"][language] ?? ""
    _ = try Tools.require(interpreter)
    bench.environment["HOME"] = getenv("HOME").map { String(cString: $0) } ?? "/tmp"
    let installation = Installation(packs: Workbench.checkout / "packs.d", helpers: Workbench.helpers)
    let template = PackTemplate(installation: installation, context: bench.context)
    let (directory, files) = try template.write(.init("demo"), language: language, into: bench.packs)
    XCTAssertEqual(directory, bench.packs / "50-demo")
    XCTAssertTrue(Set(["pack.json", "bin/pack", "README.md"].compactMap { RootPath($0) }).isSubset(of: files))
    for name in ["demo.conf", "main.c"] {
      try bench.write(text(directory / "test/hello" / name), "project/\(name)")
    }
    return bench
  }

  private func text(_ path: HostPath) throws -> String { String(decoding: try FileSystem.read(path), as: UTF8.self) }

  private func plan(_ bench: Workbench, _ project: PackProject) throws -> BuildPlan {
    let host = bench.host()
    return try host.plan(host.choose(project, in: host.load()).pack, for: project)
  }

  func testEveryTemplateIsAPackThatWorks() throws {
    for language in Self.languages {
      let bench = try bench(language)
      let plan = try plan(bench, bench.input())
      XCTAssertEqual(bench.told, [], language)
      XCTAssertEqual(plan.entrypoint, ["/app/hello"], language)
      XCTAssertEqual(plan.ports, ["8080/tcp"], language)
      XCTAssertEqual(plan.steps.map(\.id), ["build"], language)
      XCTAssertEqual(
        plan.decisions.map { "\($0.what) \($0.value) ← \($0.source)" }.filter { !$0.hasPrefix("cc ") },
        ["program main.c ← demo.conf:5", "port 8080 ← demo.conf:6"], language)
      XCTAssertEqual(plan.toolchains.map(\.name), ["cc"], language)
      for entry in try DirectoryWalk.sortedByPath(bench.packs) {
        XCTAssertFalse("\(entry.path)".contains("@"), "\(entry.path)")
        if entry.status.kind == .file, !"\(entry.path)".hasSuffix("bin/pack") || language != "go" {
          XCTAssertFalse(try text(bench.packs / entry.path).contains("@NAME@"), "\(language): \(entry.path)")
        }
      }
    }
  }

  func testEveryTemplateRefusesWithTheLine() throws {
    let rows: [(conf: String, code: String, line: Int?)] = [
      ("program = main.c\nprogramm = x.c\n", "bad_manifest", 2),
      ("# a comment\n\nprogram\n", "bad_manifest", 3),
      ("port = 70000\nprogram = main.c\n", "bad_manifest", 1),
      ("program = ../main.c\n", "bad_manifest", 1),
      ("program = \"quoted\\\".c\n", "bad_manifest", 1),
      ("name = \u{1b}[31m\n", "bad_manifest", 1),
    ]
    for language in Self.languages {
      let bench = try bench(language)
      for row in rows {
        try bench.write(row.conf, "project/demo.conf")
        let found = try failure { try plan(bench, bench.input()) }
        XCTAssertEqual(found.code, row.code, "\(language): \(row.conf)")
        XCTAssertEqual(found.location, SourceLocation(path: "demo.conf", line: row.line), "\(language): \(row.conf)")
      }
      try bench.write("cc = 9999\nprogram = main.c\n", "project/demo.conf")
      let old = try failure { try plan(bench, bench.input()) }
      XCTAssertEqual(old.exit, .toolchain, language)
      XCTAssertEqual(old.location?.line, 1, language)
      XCTAssertEqual(try plan(bench, bench.input(mode: .debug)).entrypoint, ["/app/main"], language)
      XCTAssertTrue(bench.told.contains { $0.contains("asks for cc 9999") }, language)
      try bench.write("program = nowhere.c\n", "project/demo.conf")
      XCTAssertEqual(try failure { try plan(bench, bench.input()) }.code, "program_missing", language)
    }
  }

  func testEveryTemplateListsSeveralPrograms() throws {
    for language in Self.languages {
      let bench = try bench(language)
      try bench.write("", "project/other.c")
      try bench.write("program = main.c\nprogram = other.c\n", "project/demo.conf")
      let host = bench.host()
      let found = try host.detect(bench.input(), in: host.load()).verdicts.compactMap(\.result)
      XCTAssertEqual(found.flatMap(\.candidates).map(\.app), ["main.c", "other.c"], language)
      XCTAssertEqual(try failure { try plan(bench, bench.input()) }.exit, .severalCandidates, language)
      let chosen = try plan(bench, bench.input(app: "other.c"))
      XCTAssertEqual(chosen.entrypoint, ["/app/other"], language)
      let declared = try plan(bench, bench.input(config: ["version": 1, "options": ["app": "main.c"]]))
      XCTAssertEqual(declared.entrypoint, ["/app/main"], language)
      let unknown = try failure { try plan(bench, bench.input(app: "third.c")) }
      XCTAssertEqual(unknown.code, "program_missing", language)
    }
  }

  /// What packc itself never sends: a request that is cut off, of another protocol, with a name in `requires`.
  func testEveryTemplateKeepsTheProtocol() throws {
    for language in Self.languages {
      let bench = try bench(language)
      let response = bench.root / "response.json"
      func request(_ change: (inout [String: JSONValue]) -> Void = { _ in }) -> [UInt8] {
        var request: [String: JSONValue] = [
          "protocol": "1.0", "request_id": "r", "phase": "plan", "project": ["root": ".", "config": .null],
          "mode": "release", "target": ["os": "linux", "arch": "amd64", "libc": "glibc"],
          "io": ["response": JSONValue(response), "work_dir": "/tmp", "cache_dir": "/tmp", "events_fd": 3],
          "source_date_epoch": 0, "limits": ["deadline_ms": 1000], "network": false, "options": [:], "app": .null,
          "lock": .null, "something_new": ["a": 1],
        ]
        change(&request)
        return CanonicalJSON.encode(.object(request))
      }
      func call(_ phase: String, _ input: [UInt8], in directory: HostPath? = nil, path: String? = nil) throws -> Int32?
      {
        try FileSystem.removeFile(response)
        let result = try ProcessRunner().run(
          Command(
            [(bench.packs / "50-demo/bin/pack").description, phase],
            environment: ["PATH": path ?? bench.environment["PATH"] ?? ""], directory: directory ?? bench.project,
            input: .bytes(input), timeout: 20))
        if case .exited(let code) = result.end { return code }
        return nil
      }
      XCTAssertEqual(try call("plan", request()), 0, language)
      XCTAssertEqual(try JSONParser.parse(FileSystem.read(response))["request_id"], "r", language)
      XCTAssertEqual(try call("plan", request { $0["protocol"] = "9.9" }), 76, language)
      XCTAssertEqual(try call("plan", request { $0["requires"] = ["telepathy"] }), 76, language)
      XCTAssertEqual(try call("plan", request { $0["requires"] = [] }), 0, language)
      XCTAssertEqual(try call("sing", request { $0["phase"] = "sing" }), 65, language)
      let whole = request()
      for cut in [0, 1, 40, whole.count / 2, whole.count - 1] {
        XCTAssertEqual(try call("plan", Array(whole[..<cut])), 65, "\(language): cut at \(cut)")
      }
      XCTAssertEqual(try call("plan", Array("hello".utf8)), 65, language)
      let empty = bench.root / "empty"
      try FileSystem.createDirectory(empty)
      XCTAssertEqual(try call("detect", request { $0["phase"] = "detect" }, in: empty), 100, language)
      // What a project says in its options is not taken for the request's own fields.
      let sly = request { $0["options"] = ["x": ["request_id": "sly", "response": "/nonexistent", "mode": "debug"]] }
      XCTAssertEqual(try call("plan", sly), 0, language)
      XCTAssertEqual(try JSONParser.parse(FileSystem.read(response))["request_id"], "r", language)
    }
  }

  func testNames() throws {
    for (text, directory) in [("zig", "50-zig"), ("45-zig", "45-zig"), ("05-a-b2", "05-a-b2"), ("d", "50-d")] {
      XCTAssertEqual(try PackTemplate.Name(text).directory, directory)
    }
    for text in ["", "Zig", "a.b", "../x", "zig~", "a b", "50-", "-x", String(repeating: "x", count: 33)] {
      XCTAssertEqual(try failure { try PackTemplate.Name(text) }.code, "bad_pack_name", text)
    }
  }

  func testNothingIsOverwritten() throws {
    let bench = try Workbench()
    let template = PackTemplate(
      installation: Installation(packs: Workbench.checkout / "packs.d", helpers: Workbench.helpers),
      context: bench.context)
    XCTAssertEqual(try template.languages(), Self.languages)
    try bench.write("mine", "packs.d/50-demo/notes")
    try FileSystem.createLink(bench.packs / "51-demo", to: Array("/nonexistent".utf8))
    for name in ["demo", "51-demo"] {
      let found = try failure { try template.write(.init(name), language: "sh", into: bench.packs) }
      XCTAssertEqual(found.code, "pack_exists")
    }
    let unknown = try failure { try template.write(.init("new"), language: "shell", into: bench.packs) }
    XCTAssertTrue(unknown.hint?.contains("sh") ?? false, "\(unknown)")
    XCTAssertEqual(
      try DirectoryWalk.sortedByPath(bench.packs).map { "\($0.path)" }, ["50-demo", "50-demo/notes", "51-demo"])
  }
}
