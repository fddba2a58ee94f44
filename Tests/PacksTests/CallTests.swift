import Glibc
import PackCore
import XCTest

@testable import Packs

/// Packs that break the protocol, each in its own way.
final class CallTests: XCTestCase {
  private let result = #""status":"ok","result":{"confidence":50,"reasons":[]}"#

  private func call(
    _ bench: Workbench, _ phase: PackPhase = .detect, limit: Double? = nil, grace: Double = 5
  ) throws -> PackResponse {
    let pack = try XCTUnwrap(bench.host().load().packs.first)
    return try PackCall(
      pack, phase, bench.input(), context: bench.context, cache: bench.root / "cache",
      reporter: Reporter { [told = bench.warnings] event in
        if case .note(let text) = event { told.withLock { $0.append("note: \(text)") } }
        if case .warning(let text, _) = event { told.withLock { $0.append("warning: \(text)") } }
      }, isolation: bench.isolation, timeLimit: limit, grace: grace
    ).run()
  }

  func testViolations() throws {
    let rows: [(what: String, body: String, code: String, text: String)] = [
      ("no response", "exit 0", "protocol_violation", "no response"),
      ("not JSON", "echo hello >$response; exit 0", "protocol_violation", "not valid JSON"),
      ("two documents", "answer '\(result)'; echo '{}' >>$response", "protocol_violation", "after the end"),
      ("duplicate keys", "answer '\(result),\"status\":\"ok\"'", "protocol_violation", "stands twice"),
      ("not UTF-8", #"printf '{"a":"\377"}' >$response"#, "protocol_violation", "UTF-8"),
      ("another request", "id=other; answer '\(result)'", "protocol_violation", "another request"),
      ("a link", "ln -s /etc/passwd $response", "protocol_violation", "not a regular file"),
      ("a directory", "mkdir $response", "protocol_violation", "not a regular file"),
      ("a fifo", "mkfifo $response", "protocol_violation", "not a regular file"),
      ("too large", "truncate -s 17M $response", "protocol_violation", "limit"),
      ("status and code", "answer '\(result)'; exit 78", "protocol_violation", "exit code 78"),
      ("code and status", "answer '\"status\":\"not_applicable\"'; exit 0", "protocol_violation", "exit code 0"),
      ("error without error", "answer '\"status\":\"error\"'; exit 78", "protocol_violation", "error is missing"),
      ("ok without result", "answer '\"status\":\"ok\"'", "protocol_violation", "result"),
      (
        "ok with error", "answer '\(result),\"error\":{\"code\":\"x\",\"message\":\"y\"}'", "protocol_violation",
        "error is there"
      ),
      ("unknown status", "answer '\"status\":\"fine\"'", "protocol_violation", "expected ok"),
      ("a name in requires", "answer '\(result),\"requires\":[\"telepathy\"]'", "protocol_violation", "telepathy"),
      (
        "another major version",
        #"printf '{"protocol":"2.0","request_id":"%s","status":"ok","result":{}}' $id >$response"#,
        "protocol_violation", "protocol"
      ),
      ("crash", "echo oh no >&2; exit 3", "pack_crashed", "exit code 3"),
      ("signal", "kill -SEGV $$", "pack_crashed", "signal 11"),
      ("silent error", "exit 70", "pack_failed", "70"),
    ]
    for row in rows {
      let bench = try Workbench()
      try bench.pack("10-bad", row.body)
      for sandboxed in [true, false] {
        bench.sandboxed = sandboxed
        let found = try failure { try call(bench) }
        XCTAssertEqual(found.code, row.code, row.what)
        XCTAssertTrue(found.message.contains(row.text), "\(row.what): \(found.message)")
        XCTAssertEqual(found.exit, .packFailed, row.what)
      }
    }
  }

  func testTheTailOfItsOutputIsShown() throws {
    let bench = try Workbench()
    try bench.pack("10-bad", #"echo "the disk is \033[31mon fire" >&2; exit 99"#)
    let found = try failure { try call(bench) }
    XCTAssertTrue(found.cause?.contains("on fire") ?? false, "\(found)")
    XCTAssertFalse(found.description.utf8.contains(0x1b))
  }

  func testNotApplicableNeedsNoResponse() throws {
    let bench = try Workbench()
    try bench.pack("10-a", "exit 100")
    XCTAssertEqual(try call(bench).status, .notApplicable)
    XCTAssertEqual(try failure { try call(bench, .plan) }.code, "pack_crashed", "100 means something in detect only")
  }

  func testErrorsInThePacksOwnWords() throws {
    let rows: [(Int, String, PackPhase, ExitCode)] = [
      (78, "go_mod", .plan, .badInput), (78, "lock_missing", .plan, .lock),
      (69, "toolchain_version", .plan, .toolchain),
      (78, "several_programs", .plan, .severalCandidates), (75, "busy", .plan, .tryAgain),
      (70, "internal", .plan, .packFailed),
      (78, "go_mod", .detect, .packFailed), (69, "toolchain_missing", .detect, .packFailed),
    ]
    for (code, name, phase, exit) in rows {
      let bench = try Workbench()
      try bench.pack(
        "10-a",
        #"answer '"status":"error","error":{"code":"\#(name)","message":"m","hint":"h","location":{"path":"go.mod","line":3}}'; exit \#(code)"#
      )
      let found = try failure { try call(bench, phase) }
      XCTAssertEqual(found.code, name)
      XCTAssertEqual(found.hint, "h")
      XCTAssertEqual(found.location, SourceLocation(path: "go.mod", line: 3))
      XCTAssertEqual(found.exit, exit, "\(code) \(name) \(phase)")
    }
  }

  func testALotOfNoiseIsHarmless() throws {
    let bench = try Workbench()
    try bench.pack(
      "10-a", "head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2; yes | head -n 200000; answer '\(result)'")
    XCTAssertEqual(try call(bench).status, .ok)
  }

  func testUnknownFieldsAreIgnoredAndDiagnosticsTold() throws {
    let bench = try Workbench()
    try bench.pack(
      "10-a",
      #"answer '\#(result),"more":[1],"diagnostics":[{"level":"warning","message":"w"},{"level":"note","message":"n"}]'"#
    )
    XCTAssertEqual(try call(bench).status, .ok)
    XCTAssertEqual(bench.told, ["warning: w", "note: n"])
  }

  func testEvents() throws {
    let bench = try Workbench()
    try bench.pack(
      "10-a",
      """
      echo '{"event":"note","message":"hello"}' >&3
      echo 'not json' >&3
      echo '{"event":"progress","done":1}' >&3
      head -c 2000000 /dev/zero >&3
      echo '{"event":"note","message":"too late"}' >&3
      answer '\(result)'
      """)
    XCTAssertEqual(try call(bench).status, .ok)
    XCTAssertEqual(bench.told, ["note: hello"])
    try bench.pack("10-a", "exec 3>&-; answer '\(result)'")
    XCTAssertEqual(try call(bench).status, .ok, "descriptor 3 is optional")
  }

  func testTimeLimit() throws {
    let bench = try Workbench()
    for sandboxed in [true, false] {
      bench.sandboxed = sandboxed
      try bench.pack("10-a", "sleep 60")
      let late = try failure { try call(bench, limit: 0.2, grace: 0.2) }
      XCTAssertEqual(late.code, "pack_timed_out")
      XCTAssertTrue(late.message.contains("within 1 second"), late.message)
      // One that ignores SIGTERM is killed.
      try bench.pack("10-a", "trap '' TERM; while :; do sleep 1; done")
      let started = HostContext.monotonicClock()
      XCTAssertEqual(try failure { try call(bench, limit: 0.2, grace: 0.2) }.code, "pack_timed_out")
      XCTAssertLessThan(HostContext.monotonicClock() - started, 5_000_000_000)
    }
    // One that writes without end is no better than one that hangs.
    try bench.pack("10-a", "yes")
    XCTAssertEqual(try failure { try call(bench, limit: 0.2, grace: 0.2) }.code, "pack_timed_out")
  }

  func testNothingSurvives() throws {
    let bench = try Workbench()
    let mark = "31.4159\(getpid())"
    try bench.pack("10-a", "setsid sleep \(mark) & sleep \(mark) & answer '\(result)'")
    for sandboxed in [true, false] {
      bench.sandboxed = sandboxed
      XCTAssertEqual(try call(bench).status, .ok)
    }
    for name in try DirectoryWalk.names(in: "/proc") where name.allSatisfy({ (0x30...0x39).contains($0) }) {
      let line = (try? FileSystem.read("/proc" / HostPath(bytes: name) / "cmdline")) ?? []
      XCTAssertFalse(String(decoding: line, as: UTF8.self).contains(mark), "a child of the pack is still there")
    }
    XCTAssertEqual(try DirectoryWalk.names(in: bench.root / "cache/packs/calls"), [])
  }

  func testEnvironment() throws {
    let bench = try Workbench()
    bench.sandboxed = false
    bench.environment["SECRET"] = "s3cret"
    bench.environment["WANTED"] = "yes"
    try bench.pack(
      "10-a", manifest: ["env_passthrough": ["WANTED", "ABSENT"]],
      "env | sed 's/=.*//' | sort | tr '\\n' ' ' >\(bench.root / "names"); pwd >\(bench.root / "where"); "
        + "ls -A $HOME $TMPDIR >\(bench.root / "home-content"); answer '\(result)'")
    _ = try call(bench)
    let names = String(decoding: try FileSystem.read(bench.root / "names"), as: UTF8.self)
    let own: Set<Substring> = ["_", "OLDPWD", "PWD", "SHLVL"]
    XCTAssertEqual(
      names.split(separator: " ").filter { !own.contains($0) },
      ["HOME", "LANG", "PATH", "SOURCE_DATE_EPOCH", "TMPDIR", "TZ", "WANTED"])
    XCTAssertEqual(
      String(decoding: try FileSystem.read(bench.root / "where"), as: UTF8.self), "\(bench.project)\n")
  }

  func testRequest() throws {
    let bench = try Workbench()
    bench.sandboxed = false
    try bench.write("{}", "project/x")
    try bench.pack("10-a", "printf '%s' \"$request\" >\(bench.root / "request"); exit 78")
    let pack = try XCTUnwrap(bench.host().load().packs.first)
    var project = bench.input(config: ["version": 1, "options": ["app": "x"]], app: "y", mode: .debug)
    project.sourceDateEpoch = 77
    _ = try failure { try bench.host().plan(pack, for: project) }
    _ = try? PackCall(
      pack, .plan, project, context: bench.context, cache: bench.root / "cache", reporter: .silent,
      isolation: bench.isolation, extra: ["lock": ["pypi": ["packages": []]]]
    ).run()
    let request = try JSONParser.parse(FileSystem.read(bench.root / "request"))
    XCTAssertEqual(request["protocol"], "1.0")
    XCTAssertEqual(request["phase"], "plan")
    XCTAssertEqual(request["project"], ["root": ".", "config": ["version": 1, "options": ["app": "x"]]])
    XCTAssertEqual(request["mode"], "debug")
    XCTAssertEqual(
      request["target"], ["os": "linux", "arch": .string(Platform.host.architecture.rawValue), "libc": "glibc"])
    XCTAssertEqual(request["source_date_epoch"], 77)
    XCTAssertEqual(request["limits"], ["deadline_ms": 30000])
    XCTAssertEqual(request["options"], ["app": "x"])
    XCTAssertEqual(request["app"], "y")
    XCTAssertEqual(request["network"], false)
    XCTAssertEqual(request["lock"], ["pypi": ["packages": []]])
    XCTAssertEqual(request["io"]?["events_fd"], 3)
    XCTAssertEqual(CallRequest.path(HostPath(bytes: [0x2f, 0xff])), ["base64": "L/8="])
  }

  func testBase64() {
    for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
      XCTAssertEqual(Base64.encode(Array(text.utf8)), encoded)
    }
  }

  func testTheFilesOfTheProjectAreListedOnRequest() throws {
    let bench = try Workbench()
    for path in ["a.txt", "dir/b.txt", "out/c.txt"] { try bench.write("", "project/\(path)") }
    try bench.write("out/\n", "project/.gitignore")
    let body = """
      case $request in *'"files":[".gitignore","a.txt","dir/b.txt"]'*) answer '\(#""status":"ok","result":{"confidence":50,"reasons":[]}"#)' ;;
      *) exit 100 ;; esac
      """
    try bench.pack("10-a", manifest: ["project_files": true], body)
    try bench.pack("20-b", body)
    let verdicts = try bench.host().detect(bench.input(), in: bench.host().load()).verdicts
    XCTAssertEqual(verdicts.map { $0.json["status"]?.string }, ["matches", "not_applicable"])
  }
}
