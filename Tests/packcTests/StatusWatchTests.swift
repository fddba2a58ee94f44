import PackCore
import TestSupport
import XCTest

@testable import packc

/// `--watch` at a terminal and in a pipe, while something is deployed that cannot be built.
final class StatusWatchTests: XCTestCase {
  /// Waits until both have shown a thing, deploys after the first, and types Ctrl-C after the last.
  private static let watcher = """
    import json, os, pty, select, signal, subprocess, sys, time
    packc, project = sys.argv[1:]
    process, terminal = pty.fork()
    if process == 0: os.execv(packc, [packc, "status", "--watch"])
    pipe = subprocess.Popen([packc, "list", "--watch", "--json"], stdout=subprocess.PIPE)
    piped = pipe.stdout.fileno()
    seen = {terminal: b"", piped: b""}
    def until(words):
        end = time.time() + 60
        while any(word not in seen[file] for file, word in words.items()):
            ready = select.select(list(seen), [], [], max(0, end - time.time()))[0]
            if not ready: sys.exit("nobody says %s: %s" % (words, seen))
            for file in ready: seen[file] += os.read(file, 65536)
    until({terminal: b"no deployments", piped: b"[]"})
    subprocess.run([packc, "deploy", project], check=True, stdout=subprocess.DEVNULL)
    until({terminal: b"building", piped: b"building"})
    until({terminal: b"failed", piped: b'"failed"'})
    os.write(terminal, b"\\x03")
    pipe.send_signal(signal.SIGINT)
    ends = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), pipe.wait()]
    text, states, decoder = seen[piped].decode() + pipe.stdout.read().decode(), [], json.JSONDecoder()
    while text.strip():
        document, length = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[length:]
        state = [machine["state"] for machine in document["machines"]]
        if states[-1:] != [state]: states.append(state)
    screens = seen[terminal].split(b"\\x1b[H\\x1b[2J")
    print(json.dumps({"ends": ends, "states": states, "first": screens[0].decode(), "last": screens[-1].decode()}))
    """

  func testWhereAProgramMayConnectToIsSaid() {
    XCTAssertEqual(StatusCommand.egress(nil), "anywhere (unik.yaml: contract.egress says nothing)")
    XCTAssertEqual(StatusCommand.egress([]), "nowhere")
    XCTAssertEqual(
      StatusCommand.egress(["a.example:443", "10.0.0.5:5432"]),
      "a.example:443, 10.0.0.5:5432; nothing else is reachable")
  }

  func testEachChangeIsShownUntilSomebodyInterrupts() throws {
    let site = try Site()
    var files = Projects.c
    files["Makefile"] = "server:\n\tsleep 2; echo not today; false\n"
    let project = try site.write(files, to: "shop")
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    defer { _ = try? packc("destroy", "greeter", "--yes") }
    let binary = try PackcProcess.binary().description
    let answer = try packc.run(["/usr/bin/python3", "-c", Self.watcher, binary, project.description])
    answer.expect(.done)
    let seen = answer.json
    XCTAssertEqual(seen?["ends"], [130, 130])
    XCTAssertEqual(seen?["states"], [[], ["building"], ["failed"]])
    // A terminal shows what is, and nothing of before.
    let (first, last) = (seen?["first"]?.string ?? "", seen?["last"]?.string ?? "")
    XCTAssertTrue(first.hasPrefix("no deployments"), first)
    XCTAssertFalse(first.contains("greeter"), first)
    let table = last.split(whereSeparator: \.isNewline).first { $0.hasPrefix("greeter") } ?? ""
    XCTAssertTrue(table.contains("failed") && !table.contains("building"), last)
  }
}
