internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

final class StepExecutorTests: XCTestCase {
  private func makeExecutor(
    _ project: TemporaryDirectory, _ cache: TemporaryDirectory, useCache: Bool = true, timeout: Double = 60,
    lastKeys: [String: [String: Digest]] = [:], events: Locked<[String]>? = nil
  ) throws -> StepExecutor {
    let pack = cache / "pack"
    try FileSystem.createDirectory(pack)
    let context = HostContext.test(
      environment: ["PATH": "/usr/bin:/bin", "SECRET": "s3cret"], workingDirectory: project.path,
      clock: HostContext.monotonicClock)
    return try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: cache.path, scan: ProjectScan(root: project.path),
        digests: FileDigests(file: cache / "digests", trustBefore: .max),
        reporter: Reporter { event in
          if case .stepLine(_, let text) = event { events?.withLock { $0.append(text) } }
        }, packDirectory: pack, packDigest: Digest(of: []), packName: "test", passthrough: ["SECRET"], epoch: 0,
        timeout: timeout, useCache: useCache, lastKeys: lastKeys))
  }

  private func shell(_ id: String, _ script: String, outputs: [StaticString] = ["out"], inputs: [String] = [])
    -> BuildStep
  {
    BuildStep(
      id: id, argv: ["/bin/sh", "-eu", "-c", script], inputs: inputs, outputs: outputs.map(RootPath.init(literal:)))
  }

  func testRunsOnceThenReusesUntilAnInputChanges() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("one", to: "a.txt")
    try project.write("unrelated", to: "b.txt")
    let step = shell("copy", "cp a.txt ${work}/out", inputs: ["a.txt"])
    func run() throws -> (StepExecutor.Outcome, String) {
      let executor = try makeExecutor(project, cache)
      try executor.run([step])
      let outcome = try XCTUnwrap(executor.outcomes.first)
      return (outcome, String(decoding: try FileSystem.read(outcome.outputs / "out"), as: UTF8.self))
    }
    XCTAssertEqual(try run().0.status, .ran)
    XCTAssertEqual(try run().0.status, .reused)
    try project.write("changed", to: "b.txt")
    XCTAssertEqual(try run().0.status, .reused, "a file that the step does not read")
    try project.write("two", to: "a.txt")
    let again = try run()
    XCTAssertEqual(again.0.status, .ran)
    XCTAssertEqual(again.1, "two")
    XCTAssertEqual(try cache.names(in: "work"), [], "no working directory is left")
  }

  /// The build writes the lock between reading the project and running the steps.
  func testTheLockIsNoPartOfWhatStepsSee() throws {
    let project = try TemporaryDirectory()
    let cache = try TemporaryDirectory()
    try project.write("source", to: "a.txt")
    try project.write("{}", to: "packc.lock")
    let step = shell("list", "mkdir ${work}/out; ls >${work}/out/names")
    let first = try makeExecutor(project, cache)
    try project.write("{\"version\": 1}", to: "packc.lock")
    try first.run([step])
    let names = try XCTUnwrap(first.locate("${work}/out/names"))
    XCTAssertEqual(String(decoding: try FileSystem.read(names), as: UTF8.self), "a.txt\n")
    let second = try makeExecutor(project, cache)
    try second.run([step])
    XCTAssertEqual(second.outcomes.map(\.status), [.reused])
  }

  func testTheEnvironmentIsTheSameEverywhereAndHoldsNoSecret() throws {
    var seen: [String] = []
    for _ in 0..<2 {
      let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
      try project.write("x", to: "a.txt", mode: 0o600)
      let executor = try makeExecutor(project, cache)
      try executor.run([
        shell("look", "{ env | sort; pwd; stat -c '%n %a %Y' a.txt; uname -n; id -u; ls /packc; } > ${work}/out")
      ])
      seen.append(
        String(decoding: try FileSystem.read(try XCTUnwrap(executor.locate("${work}/out"))), as: UTF8.self))
    }
    XCTAssertEqual(seen[0], seen[1])
    XCTAssertFalse(seen[0].contains("s3cret"))
    XCTAssertTrue(seen[0].contains("a.txt 644 315532800"), seen[0])
  }

  func testAFailingStepShowsItsLastLinesAndLeavesNothing() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    let executor = try makeExecutor(project, cache)
    let failure = assertFailure("step_failed", exit: .stepFailed) {
      try executor.run([shell("bad", "echo half > ${work}/out; echo the-reason >&2; exit 3")])
    }
    XCTAssertTrue(failure?.description.contains("the-reason") ?? false)
    XCTAssertTrue(failure?.message.contains("exit code 3") ?? false)
    XCTAssertEqual(try cache.names(in: "steps"), [])
  }

  func testAMissingOutputIsNamed() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    let executor = try makeExecutor(project, cache)
    let failure = assertFailure("output_missing", exit: .stepFailed) {
      try executor.run([shell("none", "touch ${work}/other")])
    }
    XCTAssertTrue(failure?.cause?.contains("other") ?? false)
  }

  func testATornCacheEntryIsNotBelieved() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    let step = shell("make", "echo content > ${work}/out")
    let first = try makeExecutor(project, cache)
    try first.run([step])
    let output = try XCTUnwrap(first.locate("${work}/out"))
    try FileSystem.writeAtomically([], to: output)
    let second = try makeExecutor(project, cache)
    try second.run([step])
    XCTAssertEqual(second.outcomes.first?.status, .ran)
    XCTAssertEqual(try FileSystem.read(try XCTUnwrap(second.locate("${work}/out"))), Array("content\n".utf8))
  }

  func testLaterStepsSeeEarlierOutputsAlsoReusedOnes() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("1", to: "a.txt")
    let first = shell("first", "echo base > ${work}/base", outputs: ["base"], inputs: ["none"])
    let second = shell("second", "cat ${work}/base a.txt > ${work}/out", inputs: ["a.txt", "${work}/base"])
    try makeExecutor(project, cache).run([first, second])
    try project.write("2", to: "a.txt")
    let executor = try makeExecutor(project, cache)
    try executor.run([first, second])
    XCTAssertEqual(executor.outcomes.map(\.status), [.reused, .ran])
    XCTAssertEqual(try FileSystem.read(try XCTUnwrap(executor.locate("${work}/out"))), Array("base\n2".utf8))
  }

  func testATimeoutEndsEverything() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    let executor = try makeExecutor(project, cache, timeout: 1)
    assertFailure("step_timed_out", exit: .timedOut) { try executor.run([shell("slow", "sleep 987 & sleep 987")]) }
    let left = try Tools.run("pgrep", ["-f", "sleep 987"])
    XCTAssertEqual(left.outputText, "")
  }
}
