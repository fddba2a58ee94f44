internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

/// What goes into a child and what comes back.
final class ProcessRunnerTests: XCTestCase {
  private static let path = ["PATH": "/usr/bin:/bin"]

  private func shell(_ script: String, _ change: (inout Command) -> Void = { _ in }) throws -> CommandResult {
    var command = Command(["/bin/sh", "-c", script], environment: Self.path, timeout: 60)
    change(&command)
    return try ProcessRunner().run(command)
  }

  func testEndsAsTheChildDid() throws {
    XCTAssertEqual(try shell("exit 0").end, .exited(0))
    XCTAssertTrue(try shell("exit 0").succeeded)
    XCTAssertEqual(try shell("exit 7").end, .exited(7))
    XCTAssertEqual(try shell("exit 255").end, .exited(255))
    XCTAssertEqual(try shell("kill -ABRT $$").end, .signalled(SIGABRT))
    XCTAssertEqual(CommandResult.End.exited(3).description, "exit code 3")
    XCTAssertEqual(CommandResult.End.signalled(9).description, "signal 9")
  }

  func testBothPipesAreDrainedAtOnce() throws {
    let size = 10 << 20
    let script = "head -c \(size) /dev/zero | tr '\\0' a & head -c \(size) /dev/zero | tr '\\0' b >&2; wait"
    var counts = (output: 0, error: 0)
    let result = try ProcessRunner().run(
      Command(["/bin/sh", "-c", script], environment: Self.path, keep: 1000, timeout: 60)
    ) { stream, line in
      if stream == .output { counts.output += line.utf8.count } else { counts.error += line.utf8.count }
    }
    XCTAssertTrue(result.succeeded)
    XCTAssertEqual(counts.output, size)
    XCTAssertEqual(counts.error, size)
    XCTAssertEqual(result.output, [UInt8](repeating: UInt8(ascii: "a"), count: 1000))
    XCTAssertEqual(result.errorOutput, [UInt8](repeating: UInt8(ascii: "b"), count: 1000))
  }

  func testManyShortLinesArrive() throws {
    var count = 0
    var last = ""
    let result = try ProcessRunner().run(Command(["seq", "300000"], environment: Self.path, timeout: 60)) { _, line in
      count += 1
      last = line
    }
    XCTAssertTrue(result.succeeded)
    XCTAssertEqual(count, 300_000)
    XCTAssertEqual(last, "300000")
  }

  /// Two megabytes of the shortest lines in one piece: a second of work, and minutes if it grew with the square.
  func testSplittingLinesIsLinear() {
    let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: 1 << 21)
    var capture = CapturedStreams.Capture(limit: 10, head: false)
    var count = 0
    let started = HostContext.monotonicClock()
    capture.take(bytes[...]) { _ in count += 1 }
    XCTAssertEqual(count, 1 << 21)
    XCTAssertLessThan(Double(HostContext.monotonicClock() - started) / 1e9, 20)
  }

  func testLinesArriveWholeAndInOrder() throws {
    var lines: [String] = []
    let result = try ProcessRunner().run(
      Command(["printf", "one\\ntwo\\r\\n\\nü\\377\\nlast"], environment: Self.path)
    ) { lines.append(($0 == .output ? "o:" : "e:") + $1) }
    XCTAssertTrue(result.succeeded)
    XCTAssertEqual(lines, ["o:one", "o:two\r", "o:", "o:ü\u{fffd}", "o:last"])
  }

  func testALineWithoutEndComesInPieces() throws {
    var pieces: [Int] = []
    _ = try ProcessRunner().run(
      Command(["head", "-c", "1000000", "/dev/zero"], environment: Self.path)
    ) { pieces.append($1.utf8.count) }
    XCTAssertEqual(pieces.reduce(0, +), 1_000_000)
    XCTAssertGreaterThan(pieces.count, 1)
    XCTAssertLessThan(pieces.max() ?? 0, 1 << 18)
  }

  func testKeepsTheTailOrTheHead() throws {
    let script = "seq 1 20000"
    XCTAssertEqual(try shell(script) { $0.keep = 12 }.outputText, "19999\n20000\n")
    XCTAssertEqual(
      try shell(script) {
        $0.keep = 6
        $0.keepHead = true
      }.outputText, "1\n2\n3\n")
    XCTAssertEqual(try shell(script) { $0.keep = 0 }.output, [])
  }

  func testStandardInputLargerThanAPipe() throws {
    var random = SeededRandom(seed: 11)
    let bytes = random.bytes(3 << 20)
    let result = try ProcessRunner().run(
      Command(["cat"], environment: Self.path, input: .bytes(bytes), keep: 4 << 20, keepHead: true, timeout: 60))
    XCTAssertEqual(result.output, bytes)
    XCTAssertEqual(try shell("cat") { $0.input = .bytes([]) }.output, [])
    XCTAssertEqual(try shell("cat") { $0.input = .none }.output, [])
  }

  /// Writing to a pipe without a reader raises SIGPIPE, whose default would end the test process here.
  func testAChildThatDoesNotReadItsInput() throws {
    let result = try shell("exec <&-; sleep 0.1; exit 3") { $0.input = .bytes([UInt8](repeating: 0, count: 1 << 20)) }
    XCTAssertEqual(result.end, .exited(3))
  }

  func testEnvironmentIsExactlyTheGivenOne() throws {
    let result = try ProcessRunner().run(
      Command(["/usr/bin/env", "-0"], environment: ["B": "2", "A": "1=x\ny", "EMPTY": "", "Ü": "ü"]))
    XCTAssertEqual(result.outputText, "A=1=x\ny\0B=2\0EMPTY=\0Ü=ü\0")
    XCTAssertEqual(try ProcessRunner().run(Command(["/usr/bin/env"])).outputText, "")
  }

  func testArgumentsArriveAsTheyAre() throws {
    let result = try ProcessRunner().run(
      Command(["printf", "%s|", "a b", "", "$HOME", "*", "ü\n", "-n"], environment: Self.path))
    XCTAssertEqual(result.outputText, "a b||$HOME|*|ü\n|-n|")
  }

  func testDirectory() throws {
    let directory = try TemporaryDirectory()
    try directory.write("#!/bin/sh\npwd -P\n", to: "sub/tool", mode: 0o755)
    let sub = directory / "sub"
    XCTAssertEqual(try shell("pwd -P") { $0.directory = sub }.outputText, "\(sub)\n")
    let relative = try ProcessRunner().run(Command(["./tool"], environment: Self.path, directory: sub))
    XCTAssertEqual(relative.outputText, "\(sub)\n", "a relative program is looked up in the child's directory")
  }

  func testDescriptorsAreHandedOver() throws {
    let directory = try TemporaryDirectory()
    let three = try Descriptor.open(try directory.write("three", to: "3"))
    let four = try Descriptor.open(try directory.write("four", to: "4"))
    let result = try shell("cat <&3; cat <&4; ls /proc/self/fd") {
      $0.descriptors = [(ours: four.raw, child: 4), (ours: three.raw, child: 3)]
    }
    // 5 is what ls itself opened.
    XCTAssertEqual(result.outputText, "threefour0\n1\n2\n3\n4\n5\n")
    XCTAssertEqual(fcntl(three.raw, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "ours stays closed for other children")
  }

  func testCrossedDescriptors() throws {
    let directory = try TemporaryDirectory()
    let first = try Descriptor.open(try directory.write("first", to: "1"))
    let second = try Descriptor.open(try directory.write("second", to: "2"))
    let result = try shell("cat /proc/self/fd/\(second.raw) /proc/self/fd/\(first.raw)") {
      $0.descriptors = [(ours: first.raw, child: second.raw), (ours: second.raw, child: first.raw)]
    }
    XCTAssertEqual(result.outputText, "firstsecond", result.errorText)
  }

  func testDiscardAndSeparateStreams() throws {
    let result = try shell("echo out; echo err >&2") { $0.standardOutput = .discard }
    XCTAssertEqual(result.outputText, "")
    XCTAssertEqual(result.errorText, "err\n")
  }

  func testWhatCannotBeStarted() throws {
    let directory = try TemporaryDirectory()
    try directory.write("#!/nonexistent/interpreter\n", to: "script", mode: 0o755)
    try directory.write("x", to: "plain", mode: 0o644)
    let runner = ProcessRunner()
    let missing = assertFailure("tool_missing", exit: .toolchain) {
      try runner.run(Command(["no-such-tool-of-packc"], environment: Self.path))
    }
    XCTAssertTrue(missing?.message.contains("\"no-such-tool-of-packc\"") ?? false)
    let interpreter = assertFailure("cannot_start") { try runner.run(Command([(directory / "script").description])) }
    XCTAssertTrue(interpreter?.hint?.contains("#!") ?? false, "\(String(describing: interpreter))")
    let mode = assertFailure("cannot_start") { try runner.run(Command([(directory / "plain").description])) }
    XCTAssertTrue(mode?.hint?.contains("chmod +x") ?? false, "\(String(describing: mode))")
    let nowhere = assertFailure("cannot_start") {
      try runner.run(Command(["/bin/true"], directory: directory / "missing"))
    }
    XCTAssertTrue(nowhere?.message.contains("directory does not exist") ?? false, "\(String(describing: nowhere))")
    assertFailure("empty_command", exit: .badInput) { try runner.run(Command([])) }
    assertFailure("empty_command", exit: .badInput) { try runner.run(Command([""])) }
    assertFailure("bad_command", exit: .badInput) { try runner.run(Command(["/bin/echo", "a\0b"])) }
    assertFailure("bad_command", exit: .badInput) { try runner.run(Command(["/bin/true"], environment: ["A": "\0"])) }
    assertFailure("bad_command", exit: .badInput) { try runner.run(Command(["/bin/true"], environment: ["A=B": ""])) }
    assertFailure("tool_missing", "a relative PATH entry is not looked at") {
      try runner.run(Command(["script"], environment: ["PATH": "."], directory: directory.path))
    }
  }

  func testNoDescriptorIsLeft() throws {
    _ = try shell("true")
    let before = try DirectoryWalk.names(in: "/proc/self/fd")
    for round in 0..<200 {
      let result = try shell("cat; echo x >&2") { $0.input = .bytes([UInt8(round)]) }
      XCTAssertTrue(result.succeeded)
      if round % 20 == 0 { _ = try? shell("true") { $0.directory = "/nonexistent" } }
    }
    XCTAssertEqual(try DirectoryWalk.names(in: "/proc/self/fd"), before)
  }

  func testManyThreadsAtOnce() throws {
    let threads = try (0..<8).map { number in
      try HostThread {
        try (0..<20).map { round -> Int32 in
          let code = Int32((number * 20 + round) % 200)
          let result = try ProcessRunner().run(
            Command(["/bin/sh", "-c", "cat >&2; exit \(code)"], input: .bytes([UInt8](repeating: 65, count: 100_000))))
          guard result.end == .exited(code), result.errorOutput.count == 64 << 10 else { return -1 }
          return code
        }
      }
    }
    for (number, thread) in threads.enumerated() {
      XCTAssertEqual(try thread.join(), (0..<20).map { Int32((number * 20 + $0) % 200) })
    }
  }
}
