internal import Glibc
internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

/// Where namespaces are refused the kernel itself holds a step to what is its own, at the host's real paths.
final class LandlockTests: XCTestCase {
  private let host = try? TemporaryDirectory("packc-host")

  private func isolation() throws -> Isolation {
    let context = HostContext.test(
      environment: [Isolation.variable: "landlock", "PATH": "/usr/bin:/bin"], workingDirectory: "/")
    let isolation = Isolation(context: context, reporter: .silent)
    guard isolation.kind == .landlock else { throw XCTSkip("this kernel has no Landlock of version 3") }
    return isolation
  }

  /// What a step of that script prints.
  private func said(_ script: String, network: Bool = false, file: StaticString = #filePath, line: UInt = #line) throws
    -> [String]
  {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("own", to: "a.txt")
    let lines = Locked<[String]>([])
    let context = HostContext.test(
      environment: ["PATH": "/usr/bin:/bin"], workingDirectory: project.path, clock: HostContext.monotonicClock)
    let pack = cache / "pack"
    try FileSystem.createDirectory(pack)
    let executor = try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: cache.path, scan: ProjectScan(root: project.path),
        digests: FileDigests(file: cache / "digests", trustBefore: .max),
        reporter: Reporter { event in
          if case .stepLine(_, let text) = event { lines.withLock { $0.append(text) } }
        }, packDirectory: pack, packDigest: Digest(of: []), packName: "test", passthrough: [], epoch: 0,
        timeout: 60, useCache: true, lastKeys: [:], isolation: isolation(), secrets: FetchSecrets([])))
    var step = BuildStep(
      id: "look",
      argv: ["/bin/sh", "-eu", "-c", "PROJECT=\(project.path)\nCACHE=\(cache.path)\n\(script)\ntouch ${work}/out"],
      inputs: [], outputs: [RootPath(literal: "out")])
    step.network = network
    step.cacheDirectories = [RootPath(literal: "own")]
    try executor.run([step])
    return lines.withLock { $0 }
  }

  func testAStepReadsAndWritesWhatIsItsOwn() throws {
    let lines = try said(
      """
      cat a.txt; echo; echo changed >b.txt; mkdir -p d/e; mv b.txt d/e/; ln d/e/b.txt c.txt; cat c.txt; rm -r d c.txt
      echo kept >${cache}/own/x; echo home >$HOME/x; echo temporary >$TMPDIR/x; cat ${cache}/own/x $HOME/x $TMPDIR/x
      echo 'int main(void) { return 0; }' >$TMPDIR/a.c; cc -o $TMPDIR/a $TMPDIR/a.c; $TMPDIR/a && echo compiled
      head -c 4 /dev/urandom | wc -c; echo gone >/dev/null
      """)
    XCTAssertEqual(lines, ["own", "changed", "kept", "home", "temporary", "compiled", "4"])
  }

  func testTheRestOfTheHostIsClosed() throws {
    let host = try XCTUnwrap(host)
    try host.write("s3cret", to: "kept", mode: 0o666)
    let kept = (host / "kept").description
    let rows: [(what: String, script: String)] = [
      ("the project itself", "cat $PROJECT/a.txt"), ("to write there", "touch $PROJECT/new"),
      ("the cache around", "ls $CACHE"), ("another file", "cat \(kept)"), ("to change it", "echo x >>\(kept)"),
      ("to empty it", "truncate -s 0 \(kept)"), ("to remove it", "rm -f \(kept)"), ("to link to it", "ln \(kept) own"),
      ("to move into its place", "touch own; mv -f own \(kept)"),
      ("what lies beside it", "ls \(host.path)"), ("/tmp", "touch /tmp/packc-landlock"), ("/root", "ls /root"),
      ("/var", "ls /var/log"), ("/run", "ls /run"), ("the system, to write", "touch /etc/packc-landlock"),
      ("the environment of packc", "cat /proc/\(getpid())/environ"),
    ]
    let script = rows.map { "( \($0.script) ) >/dev/null 2>&1 && echo '\($0.what)'" }.joined(separator: " || true\n")
    XCTAssertEqual(try said(script + " || true"), [])
    XCTAssertEqual(String(decoding: try FileSystem.read(host / "kept"), as: UTF8.self), "s3cret")
    // Of /etc what is for everybody to read.
    XCTAssertEqual(try said("cat /etc/hostname >$TMPDIR/x && echo read; ls /etc | grep -cx passwd"), ["read", "1"])
    if geteuid() == 0 {
      XCTAssertEqual(try said("! cat /etc/shadow 2>/dev/null; ! ls /etc/ssl/private 2>/dev/null"), [])
    }
  }

  private func socket(_ family: String, _ kind: String = "SOCK_STREAM") -> String {
    "python3 -c 'import socket; socket.socket(socket.\(family), socket.\(kind)); print(\"\(family)\")' 2>/dev/null || true"
  }

  func testNoNetworkAndNoSocketsOfTheHost() throws {
    _ = try Tools.require("python3")
    let all = [socket("AF_INET"), socket("AF_INET6"), socket("AF_UNIX"), socket("AF_NETLINK", "SOCK_RAW")]
      .joined(separator: "\n")
    XCTAssertEqual(try said(all), [])
    XCTAssertEqual(try said(all, network: true), ["AF_INET", "AF_INET6", "AF_NETLINK"])
    XCTAssertEqual(try said("python3 -c 'import socket; socket.socketpair(); print(\"pair\")'"), ["pair"])
  }

  func testNoSignalsAndNoNewRights() throws {
    var lines = try said(
      "grep NoNewPrivs /proc/self/status | tr -d '\\t'; grep Seccomp: /proc/self/status | tr -d '\\t'")
    XCTAssertEqual(lines, ["NoNewPrivs:1", "Seccomp:2"])
    lines = try said("kill -0 $$ && echo own; kill -0 \(getpid()) 2>/dev/null && echo packc || true")
    // Version 6, Linux 6.12.
    if !lines.contains("packc") { XCTAssertEqual(lines, ["own"]) }
    let own = try String(decoding: FileSystem.read("/proc/thread-self/status", limit: 1 << 16), as: UTF8.self)
    XCTAssertTrue(own.contains("NoNewPrivs:\t0"), "packc itself is not confined")
  }
}
