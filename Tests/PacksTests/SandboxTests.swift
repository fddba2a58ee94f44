import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Packs

/// Packs run where steps run: what they cannot see and cannot change.
final class SandboxTests: XCTestCase {
  private let detected = #""status":"ok","result":{"confidence":50,"reasons":[]}"#

  override func setUpWithError() throws { _ = try Tools.require("bwrap") }

  /// The note that the only pack of the bench sends.
  private func note(_ bench: Workbench) throws -> String {
    _ = try bench.host().detect(bench.input(), in: bench.host().load()).settle()
    return try XCTUnwrap(bench.told.last)
  }

  /// What a line of shell prints inside, as the message of a note.
  private func inside(
    _ script: String, manifest: [String: JSONValue] = [:], _ prepare: (Workbench) throws -> Void = { _ in }
  )
    throws -> String
  {
    let bench = try Workbench()
    try bench.write("x", "project/file")
    try bench.pack(
      "10-a", manifest: manifest,
      """
      said=$( { \(script); } 2>&1 | tr '\\n"' '  ')
      answer '\(detected)',"\\"diagnostics\\":[{\\"level\\":\\"note\\",\\"message\\":\\"said: $said\\"}]"
      """)
    try prepare(bench)
    return try note(bench)
  }

  func testWhatAPackSees() throws {
    let rows: [(what: String, script: String, text: String)] = [
      ("the project is elsewhere", "pwd | sed s/packc/PACKC/", "said: /PACKC/source"),
      ("the project is read-only", "echo x >file; cat file", "Read-only file system x"),
      ("so are the host's files", "touch /etc/x", "Read-only file system"),
      ("and its own", "touch $(dirname $0)/x", "Read-only file system"),
      ("/tmp is empty", "ls -A /tmp", "said: "),
      ("HOME, TMPDIR and /tmp are writable", "touch $HOME/a $TMPDIR/b /tmp/c && echo fine", "said: fine"),
      (
        "so are the work and cache directories",
        #"touch "$(field work_dir)/a" "$(field cache_dir)/b" && echo fine"#, "said: fine"
      ),
      ("no network", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", "said: lo"),
      ("no process of the host", "ls /proc | grep -c '^[0-9]*$' | sed 's/^.$/few/'", "said: few"),
    ]
    for row in rows {
      let said = try inside(row.script)
      XCTAssertTrue(said.trimmed.hasSuffix(row.text.trimmed), "\(row.what): \(said)")
    }
  }

  func testANetworkOnlyForThoseThatAskForOne() throws {
    let here = try DirectoryWalk.names(in: "/sys/class/net").count
    guard here > 1 else { throw XCTSkip("this machine has no network of its own") }
    let count = "tail -n +3 /proc/net/dev | wc -l"
    XCTAssertEqual(try inside(count, manifest: ["needs_network": true]).trimmed, "said: \(here)")
    XCTAssertEqual(try inside(count, manifest: ["needs_network": false]).trimmed, "said: 1")
  }

  func testPathsAreThoseThatPeopleKnow() throws {
    let bench = try Workbench()
    let error =
      #""status":"error","error":{"code":"x","message":"'$PWD/a b' of $PWD","hint":"edit $PWD/c","location":{"path":"$PWD/go.mod","line":3}}"#
    for sandboxed in [true, false] {
      bench.sandboxed = sandboxed
      try bench.pack("10-a", "answer \"\(error.replacing("\"", with: "\\\""))\"; exit 78")
      let pack = try XCTUnwrap(bench.host().load().packs.first)
      let found = try failure { try bench.host().plan(pack, for: bench.input()) }
      XCTAssertEqual(found.message, "'a b' of \(bench.project)", "sandboxed: \(sandboxed)")
      XCTAssertEqual(found.hint, "edit c")
      XCTAssertEqual(found.location, SourceLocation(path: "go.mod", line: 3))
    }
  }

  func testAPlanMayNotNameThem() throws {
    let rows: [(word: String, refused: String?)] = [
      ("$PWD/x", "/packc/source"), ("$HOME", "/packc/home"), ("-I$PWD", "/packc/source"), ("a=$PWD", "/packc/source"),
      ("example.com$PWD", nil), ("$PWD-tool", nil), ("/packc/sources", nil),
    ]
    for row in rows {
      let bench = try Workbench()
      try bench.pack(
        "10-a",
        #"answer "\"status\":\"ok\",\"result\":{\"steps\":[{\"id\":\"s\",\"argv\":[\"\#(row.word)\"]}],\"entrypoint\":[\"/app/x\"]}""#
      )
      let pack = try XCTUnwrap(bench.host().load().packs.first)
      guard let refused = row.refused else {
        XCTAssertNoThrow(try bench.host().plan(pack, for: bench.input()), row.word)
        continue
      }
      let found = try failure { try bench.host().plan(pack, for: bench.input()) }
      XCTAssertEqual(found.code, "protocol_violation", row.word)
      XCTAssertTrue(found.message.contains(refused), found.message)
    }
  }

  /// Any byte but NUL and a slash may be in the name of a project's directory.
  func testOddNames() throws {
    for name in ["a b\nc", "ünïcode", "--bind", "$HOME;'\""].map({ Array($0.utf8) }) + [[0x66, 0xff, 0xfe]] {
      let bench = try Workbench()
      try bench.pack("10-a", "[ -f here ] && answer '\(detected)'")
      let odd = bench.root / HostPath(bytes: name)
      try FileSystem.createDirectory(odd)
      try FileSystem.writeAtomically([], to: odd / "here")
      let project = PackProject(tree: ProjectTree(odd))
      XCTAssertEqual(try bench.host().choose(project, in: bench.host().load()).pack.name, "a", "\(odd)")
    }
  }

  /// A checkout that belongs to another user and is closed to the rest, as root in a container meets it.
  func testAProjectOfAnotherUser() throws {
    guard Tools.isRoot else { throw XCTSkip("only root may give a file away") }
    let bench = try Workbench()
    try bench.write("readable", "project/file", mode: 0o600)
    for path in ["project", "project/file"] {
      XCTAssertEqual(chown((bench.root / path).description, 54321, 54321), 0)
    }
    XCTAssertEqual(chmod(bench.project.description, 0o700), 0)
    try bench.pack(
      "10-a",
      """
      { echo x >file || touch /etc/packc-was-here; } 2>&-
      answer '\(detected)',"\\"diagnostics\\":[{\\"level\\":\\"note\\",\\"message\\":\\"$(cat file)\\"}]"
      """)
    XCTAssertEqual(try note(bench), "readable")
    XCTAssertFalse(FileSystem.exists("/etc/packc-was-here"))
  }

  func testSignalsAndFailures() throws {
    let bench = try Workbench()
    try bench.write("x", "project/file")
    try bench.pack("10-a", "kill -SEGV $$")
    let crash = try failure { try bench.host().choose(bench.input(), in: bench.host().load()) }
    XCTAssertTrue(crash.message.contains("signal 11"), crash.message)
    try bench.pack("10-a", "echo 'bwrap: not me' ; exit 1")
    let own = try failure { try bench.host().choose(bench.input(), in: bench.host().load()) }
    XCTAssertEqual(own.code, "pack_crashed")
    // A sandbox that cannot be made is not the pack's fault.
    let gone = PackProject(tree: ProjectTree(bench.project / "gone"))
    let missing = try failure { try bench.host().choose(gone, in: bench.host().load()) }
    XCTAssertNotEqual(missing.code, "pack_crashed")
  }

  /// One warning for a whole command, and only when there is something to isolate.
  func testWithoutBubblewrap() throws {
    let bench = try Workbench()
    try bench.write("x", "project/file")
    bench.environment["PATH"] = "/nowhere"
    let isolation = Isolation(context: bench.context, reporter: bench.reporter)
    XCTAssertEqual(bench.told, [])
    XCTAssertNil(isolation.bubblewrap)
    XCTAssertNil(isolation.bubblewrap)
    XCTAssertEqual(bench.told.count, 1)
    XCTAssertTrue(bench.told[0].contains("apt-get install bubblewrap"), bench.told[0])
  }

  func testNoPackIsStartedForAProjectThatNoneMatches() throws {
    let bench = try Workbench()
    bench.sandboxed = false
    try bench.write("x", "project/readme")
    try bench.pack("10-a", manifest: ["detect": ["any": ["go.mod"]]], "touch \(bench.root / "started"); exit 100")
    let isolation = Isolation(context: bench.context, reporter: bench.reporter)
    bench.environment["PATH"] = "/nowhere"
    let host = PackHost(
      context: bench.context, installation: Installation(packs: bench.packs, helpers: Workbench.helpers),
      cache: bench.root / "cache", reporter: bench.reporter, isolation: isolation)
    XCTAssertEqual(try failure { try host.choose(bench.input(), in: host.load()) }.code, "nothing_detected")
    XCTAssertFalse(FileSystem.exists(bench.root / "started"))
    XCTAssertEqual(bench.told, [], "not even bubblewrap is looked for")
    try bench.write("x", "project/go.mod")
    _ = try? host.choose(bench.input(), in: host.load())
    XCTAssertFalse(bench.told.contains { $0.contains("bubblewrap") }, "it was found in the first context's PATH")
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
