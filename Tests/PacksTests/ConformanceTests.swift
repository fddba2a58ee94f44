import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Packs

/// The conformance suite on packs that break one rule each: the check of that rule fails, and says so by its name.
final class ConformanceTests: XCTestCase {
  private static let found =
    #""status":"ok","result":{"confidence":80,"reasons":[{"path":"hello.txt","rule":"it is there"}]}"#
  private static func plan(_ word: String = "cp", more: String = "") -> String {
    #""status":"ok","result":{"steps":[{"id":"s","argv":["\#(word)","hello.txt","${work}/hello"],"outputs":["hello"]}],"#
      + #""artifacts":[{"path":"${work}/hello","role":"data","destination":"/app/hello","layer":"application"}],"#
      + #""entrypoint":["/app/hello"]\#(more)}"#
  }

  /// A pack in shell that does nothing wrong, but for what the parts do.
  private func write(
    _ bench: Workbench, first: String = "", last: String = "", detect: String? = nil, plan: String? = nil,
    strict: Bool = true, manifest: [String: JSONValue] = [:], sample: [String: String] = ["hello.txt": "hello"]
  ) throws {
    let checks = """
      case $request in *'"protocol":"1.'*) ;; *) exit 76 ;; esac
      case $request in *'"requires":['*) exit 76 ;; esac
      """
    try bench.pack(
      "10-demo", manifest: manifest,
      """
      \(first)
      case $request in '{'*'}') ;; *) exit 65 ;; esac
      \(strict ? checks : "")
      case $1 in
      detect) [ -f hello.txt ] || exit 100
        \(detect ?? "answer '\(Self.found)'") ;;
      plan) \(plan ?? "answer '\(Self.plan())'") ;;
      *) exit 65 ;;
      esac
      \(last)
      """)
    for (name, text) in sample { try bench.write(text, "packs.d/10-demo/test/hello/\(name)") }
  }

  private func suite(_ bench: Workbench, foreign: Int) -> ConformanceSuite {
    var suite = ConformanceSuite(
      context: bench.context, installation: Installation(packs: bench.packs, helpers: Workbench.helpers),
      configuration: { _ in nil })
    suite.foreignProjects = Array(suite.foreignProjects.prefix(foreign))
    suite.startingTime = 0.1
    return suite
  }

  private func run(_ bench: Workbench, foreign: Int = 1) throws -> ConformanceReport {
    try suite(bench, foreign: foreign).run(bench.packs / "10-demo")
  }

  func testAGoodPackPasses() throws {
    let bench = try Workbench()
    try write(
      bench, plan: "command -v demo-tool >/dev/null || exit 69; answer '\(Self.plan())'",
      manifest: ["toolchains": [["name": "demo", "probe": ["demo-tool", "--version"]]]])
    try bench.write("#!/bin/sh\n", "bin/demo-tool-1.2", mode: 0o755)
    try FileSystem.createLink(bench.root / "bin/demo-tool", to: Array("demo-tool-1.2".utf8))
    bench.environment["PATH"]? += ":\(bench.root)/bin"
    let report = try run(bench, foreign: .max)
    XCTAssertTrue(report.passed, report.text)
    XCTAssertEqual(report.samples, ["hello"])
    XCTAssertEqual(report.outcomes.map(\.check), ConformanceCheck.allCases)
    XCTAssertTrue(report.text.hasSuffix("passes\n"))
    XCTAssertEqual(report.json["passed"], true)
    XCTAssertEqual(report.standIns, [], "what is installed is what is tried")
    try FileSystem.removeTree(bench.root / "bin")
    XCTAssertEqual(try run(bench).problems.first, .samples, "without the tool there is no plan")
    try bench.write("#!/bin/sh\n", "packs.d/10-demo/test/stand-ins/demo-tool", mode: 0o755)
    let standing = try run(bench)
    XCTAssertTrue(standing.passed, standing.text)
    XCTAssertEqual(standing.standIns, ["demo-tool"])
    XCTAssertTrue(standing.text.contains("demo-tool is not in PATH: test/stand-ins/demo-tool answers for it"))
  }

  func testPacksThatBreakARule() throws {
    let (found, plan) = (Self.found, Self.plan())
    struct Row {
      var what: String
      var first = ""
      var last = ""
      var detect: String?
      var plan: String?
      var strict = true
      var manifest: [String: JSONValue] = [:]
      var checks: Set<ConformanceCheck>
    }
    let wrongResult: Set<ConformanceCheck> = [
      .samples, .planSamples, .planPaths, .planDirectories, .planOddPath, .planEnvironment, .secrets, .sandbox,
    ]
    let rows: [Row] = [
      Row(what: "forks a daemon", detect: "setsid sleep 5 & answer '\(found)'", checks: [.leftovers]),
      Row(what: "floods standard output", detect: "head -c 1100000 /dev/zero; answer '\(found)'", checks: [.log]),
      Row(what: "writes into the project", plan: "touch made; answer '\(plan)'", checks: [.unchanged]),
      Row(
        what: "changes a mode in the project", plan: "chmod 600 hello.txt; answer '\(plan)'", checks: [.unchanged]),
      Row(what: "writes beside the project", plan: "touch ../made 2>&-; answer '\(plan)'", checks: [.beside]),
      Row(
        what: "writes into its own directory",
        plan: "d=$(dirname $0); chmod u+w $d 2>&-; (touch $d/x) 2>&-; answer '\(plan)'", checks: [.beside]),
      Row(
        what: "answers with a link", plan: "answer '\(plan)'; mv $response $response.x; ln -s $response.x $response",
        checks: wrongResult.union([.regularFile, .beside])),
      Row(
        what: "a document of 17 MiB", plan: "answer '\(plan)'; head -c 17825792 /dev/zero >>$response",
        checks: wrongResult.union([.size])),
      Row(
        what: "duplicate keys", plan: "answer '\(plan),\"status\":\"ok\"'", checks: wrongResult.union([.document])),
      Row(
        what: "two documents", plan: "answer '\(plan)'; echo '{}' >>$response", checks: wrongResult.union([.document])),
      Row(
        what: "bytes that are not UTF-8", plan: #"answer '\#(plan)'; printf '\377' >>$response"#,
        checks: wrongResult.union([.document])),
      Row(what: "no response", plan: "exit 0", checks: wrongResult.union([.written])),
      Row(
        what: "the answer to another request", plan: "id=1; answer '\(plan)'", checks: wrongResult.union([.requestID])),
      Row(
        what: "a status that is not that of the exit code", plan: "answer '\(plan)'; exit 78",
        checks: wrongResult.union([.agreement])),
      Row(what: "an exit code of its own", plan: "exit 3", checks: wrongResult.union([.exitCode])),
      Row(
        what: "a diagnostic without a level", plan: "answer '\(plan),\"diagnostics\":[{\"message\":\"x\"}]'",
        checks: wrongResult.union([.fields])),
      Row(
        what: "the project's path in a step",
        plan:
          "answer \"$(printf '%s' '\(Self.plan("@/x"))' | sed \"s|@|$(printf %s \"$PWD\" | tr -cd /.a-zA-Z0-9-)|\")\"",
        checks: [.planPaths, .planDirectories, .planOddPath, .sandbox]),
      Row(
        what: "the directory's name in a step",
        plan: "answer \"$(printf '%s' '\(Self.plan("@"))' | sed \"s|@|$(basename \"$PWD\" | tr -cd a-z)|\")\"",
        checks: [.planDirectories, .planOddPath, .sandbox]),
      Row(
        what: "the user's name in a step",
        plan: "answer \"$(printf '%s' '\(Self.plan("@"))' | sed \"s|@|user-${USER:-nobody}|\")\"",
        checks: [.planEnvironment]),
      Row(
        what: "an output outside", plan: "answer '\(plan.replacing("[\"hello\"]", with: "[\"../hello\"]"))'",
        checks: wrongResult),
      Row(
        what: "an artifact of the host",
        plan: "answer '\(plan.replacing("${work}/hello\",\"role", with: "/etc/passwd\",\"role"))'", checks: wrongResult),
      Row(
        what: "a secret in the log", plan: "env >&2; answer '\(plan)'", checks: [.secrets]),
      Row(
        what: "a secret of a file in an event",
        plan:
          "[ -f .env ] && printf '{\"event\":\"note\",\"message\":\"%s\"}\\n' \"$(cat .env)\" >&3; answer '\(plan)'",
        checks: [.secrets]),
      Row(what: "knows no requires and no versions", strict: false, checks: [.unknownRequires, .unknownProtocol]),
      Row(
        what: "takes any project",
        first:
          "[ \"$1\" = detect ] && case $request in '{'*'}') case $request in *9.9*|*telepathy*) exit 76;; *) answer '\(found)'; exit 0;; esac;; esac",
        checks: [.detectEmpty, .detectForeign]),
      Row(
        what: "takes any phase", first: "case $1 in detect|plan) ;; *) answer '\(found)'; exit 0;; esac",
        checks: [.unknownPhase, .undeclaredPhases]),
      Row(
        what: "fails at unknown fields", first: "case $request in *x_later*) exit 65;; esac", checks: [.unknownField]),
      Row(what: "writes nonsense as an event", plan: "echo hello >&3; answer '\(plan)'", checks: [.eventLines]),
      Row(
        what: "wants descriptor 3", first: "[ -e /proc/self/fd/3 ] || exit 70", checks: [.eventsClosed]),
      Row(
        what: "needs no toolchain that it names", manifest: ["toolchains": [["name": "awk", "probe": ["awk"]]]],
        checks: [.toolchain]),
      Row(what: "a field that packc does not know", manifest: ["langages": ["x"]], checks: [.manifest]),
      Row(what: "rules that never match", manifest: ["detect": ["any": ["other.txt"]]], checks: [.rules]),
      Row(
        what: "is blind in the sandbox", plan: "[ -w . ] || exit 78; answer '\(plan)'", checks: [.sandbox]),
    ]
    for row in rows {
      let bench = try Workbench()
      try write(
        bench, first: row.first, last: row.last, detect: row.detect, plan: row.plan, strict: row.strict,
        manifest: row.manifest)
      let report = try run(bench)
      XCTAssertEqual(Set(report.problems), row.checks, "\(row.what):\n\(report.text)")
      XCTAssertFalse(report.passed)
    }
  }

  // MARK: Time and processes

  func testPacksThatDoNotEnd() throws {
    let rows: [(what: String, first: String, plan: String?, failed: Set<ConformanceCheck>)] = [
      ("hangs", "sleep 60", nil, [.time]),
      ("writes without end", "yes", nil, [.time]),
      ("hangs in plan", "", "sleep 60", [.time, .planSamples]),
      ("ignores SIGTERM", "", nil, [.termination]),
    ]
    for row in rows {
      let bench = try Workbench()
      try write(bench, first: row.first, plan: row.plan)
      if row.what == "ignores SIGTERM" {
        // Before it reads its request, where the others wait and end.
        let path = bench.packs / "10-demo/bin/pack"
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        let stubborn = text.replacing("#!/bin/sh\n", with: "#!/bin/sh\ntrap '' TERM\n")
        try FileSystem.writeAtomically(Array(stubborn.utf8), to: path, mode: 0o755)
      }
      let started = HostContext.monotonicClock()
      var suite = suite(bench, foreign: 0)
      suite.timeLimits = [.detect: 1, .plan: 1]
      suite.grace = 0.3
      suite.startingTime = 0.5
      let report = try suite.run(bench.packs / "10-demo")
      for check in row.failed {
        guard case .failed? = report[check] else {
          XCTFail("\(row.what): \(check.rawValue) did not fail\n\(report.text)")
          continue
        }
      }
      XCTAssertLessThan(HostContext.monotonicClock() - started, 30_000_000_000, row.what)
    }
  }

  // MARK: Samples and manifests

  func testWithoutASampleMuchIsNotRun() throws {
    let bench = try Workbench()
    try write(bench, sample: [:])
    let report = try run(bench)
    XCTAssertFalse(report.passed)
    XCTAssertTrue(report.text.contains("put a small project into its directory test/NAME"), report.text)
    guard case .notRun? = report[.planDirectories] else { return XCTFail(report.text) }
    // A project from elsewhere does it too.
    try bench.write("hello", "project/hello.txt")
    let tried = try suite(bench, foreign: 1).run(bench.packs / "10-demo", project: bench.project)
    XCTAssertTrue(tried.passed, tried.text)
  }

  func testExpectations() throws {
    let rows: [(String, Set<ConformanceCheck>)] = [
      (#"{"status":"ok","confidence":80,"role":"program","candidates":[],"entrypoint":["/app/hello"],"ports":[]}"#, []),
      (#"{"confidence":70}"#, [.detectSamples]), (#"{"role":"library"}"#, [.detectSamples]),
      (#"{"candidates":["a","b"],"app":"a"}"#, [.detectSamples]),
      (#"{"entrypoint":["/x"]}"#, [.planSamples]), (#"{"ports":["80/tcp"]}"#, [.planSamples]),
    ]
    for (json, failed) in rows {
      let bench = try Workbench()
      try write(bench)
      try bench.write(json, "packs.d/10-demo/test/hello/expect.json")
      let report = try run(bench, foreign: 0)
      XCTAssertEqual(Set(report.problems), failed, "\(json)\n\(report.text)")
    }
    let bench = try Workbench()
    try write(bench)
    try bench.write(#"{"status":"not_applicable"}"#, "packs.d/10-demo/test/other/expect.json")
    try bench.write(#"{"error":"lock_missing"}"#, "packs.d/10-demo/test/refused/expect.json")
    try bench.write("x", "packs.d/10-demo/test/refused/hello.txt")
    let report = try run(bench, foreign: 0)
    XCTAssertEqual(report.problems, [.planSamples], report.text)
    try bench.write(#"{"confidense":1}"#, "packs.d/10-demo/test/hello/expect.json")
    XCTAssertTrue(try run(bench, foreign: 0).text.contains("confidense"))
  }

  func testPacksThatCannotBeLoaded() throws {
    let bench = try Workbench()
    try write(bench, manifest: ["phases": ["detect"]])
    XCTAssertEqual(try run(bench).problems, ConformanceCheck.allCases, "nothing could be run")
    try write(bench)
    XCTAssertEqual(chmod((bench.packs / "10-demo/bin/pack").description, 0o777), 0)
    guard case .failed(let lines)? = try run(bench)[.trusted] else { return XCTFail("it is trusted") }
    XCTAssertTrue(lines[0].contains("chmod"), lines[0])
    let none = try failure { try suite(bench, foreign: 0).run(bench.root / "nowhere") }
    XCTAssertEqual(none.code, "no_pack")
    // Any name will do: the manifest has the pack's.
    try bench.write("", "elsewhere/x")
    try write(bench)
    try FileSystem.rename(bench.packs / "10-demo", to: bench.root / "my pack")
    let report = try suite(bench, foreign: 0).run(bench.root / "my pack")
    XCTAssertTrue(report.passed, report.text)
  }

  func testTheCheckNamesAreDocumented() throws {
    let page = String(
      decoding: try FileSystem.read(Workbench.checkout / "docs/pack-protocol.md"), as: UTF8.self)
    for check in ConformanceCheck.allCases {
      XCTAssertTrue(page.contains("| `\(check.rawValue)` |"), "docs/pack-protocol.md has no row for \(check.rawValue)")
    }
    XCTAssertEqual(Set(ConformanceCheck.allCases.map(\.rawValue)).count, ConformanceCheck.allCases.count)
  }

  func testHiddenTools() throws {
    let bench = try Workbench()
    for name in ["demo", "demo3", "demo3.11", "demo-config", "other"] {
      try bench.write("", "bin/\(name)", mode: 0o755)
    }
    try FileSystem.createLink(bench.root / "bin/alias", to: Array("demo3.11".utf8))
    let hidden = try HiddenTools(["demo3"], [bench.root / "bin", bench.root / "nowhere"])
    try hidden.makePath(bench.root / "path")
    XCTAssertEqual(
      try DirectoryWalk.names(in: bench.root / "path").map { String(decoding: $0, as: UTF8.self) },
      ["demo-config", "other"])
    XCTAssertTrue(hidden.hides(bench.root / "bin/alias"))
    XCTAssertFalse(hidden.hides(bench.root / "bin/other"))
  }

  // MARK: Any bytes

  func testMutatedResponsesAreJudged() throws {
    let directory = try TemporaryDirectory()
    let good = #"{"protocol":"1.0","request_id":"7","status":"ok","result":{"confidence":80},"diagnostics":[]}"#
    let expectation = #"{"status":"ok","confidence":80,"role":"program","candidates":["a"],"error":"x"}"#
    let seed = Fuzzing.seed(20)
    var random = SeededRandom(seed: seed)
    var accepted = 0
    for round in 0..<Fuzzing.rounds(2000) {
      let path = try directory.write(Self.mutated(good, &random), to: "response.json")
      do throws(ResponseJudge.Violation) {
        let verdict = try ResponseJudge(phase: .detect, requestID: "7").judge(.exited(0), path)
        XCTAssertEqual(verdict.response?.requestID, "7", "seed \(seed), round \(round)")
        XCTAssertEqual(verdict.response?.status, .ok, "seed \(seed), round \(round)")
        accepted += 1
      } catch {
        XCTAssertFalse(error.text.isEmpty)
      }
      if let json = try? JSONParser.parse(Self.mutated(expectation, &random)),
        let read = try? ProjectSample.Expectation(JSONReader(json)), let confidence = read.confidence
      {
        XCTAssertTrue((0...100).contains(confidence), "seed \(seed), round \(round)")
      }
    }
    XCTAssertGreaterThan(accepted, 0, "no mutation was harmless, so nothing was tried")
  }

  private static func mutated(_ text: String, _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: place)
      default: if bytes.count > 1 { bytes.remove(at: place) }
      }
    }
    return bytes
  }
}
