internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

final class StepExecutorTests: XCTestCase {
  private func makeExecutor(
    _ project: TemporaryDirectory, _ cache: TemporaryDirectory, useCache: Bool = true, timeout: Double = 60,
    lastKeys: [String: [String: Digest]] = [:], events: Locked<[String]>? = nil, path: String = "/usr/bin:/bin",
    isolation: Isolation? = nil, secrets: [String] = [], home: HostPath = "/nonexistent"
  ) throws -> StepExecutor {
    let pack = cache / "pack"
    try FileSystem.createDirectory(pack)
    let context = HostContext.test(
      environment: ["PATH": path, "SECRET": "s3cret", "HOME": home.description], workingDirectory: project.path,
      clock: HostContext.monotonicClock)
    return try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: cache.path, scan: ProjectScan(root: project.path),
        digests: FileDigests(file: cache / "digests", trustBefore: .max),
        reporter: Reporter { event in
          if case .stepLine(_, let text) = event { events?.withLock { $0.append(text) } }
          if case .warning(let text, _) = event { events?.withLock { $0.append(text) } }
        }, packDirectory: pack, packDigest: Digest(of: []), packName: "test", passthrough: ["SECRET"], epoch: 0,
        timeout: timeout, useCache: useCache, lastKeys: lastKeys, isolation: isolation,
        secrets: FetchSecrets(secrets.map { try FetchSecret($0, context: context) })))
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

  // MARK: What steps see

  private func said(_ step: BuildStep, path: String = "/usr/bin:/bin", home: HostPath = "/nonexistent") throws
    -> [String]
  {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("x", to: "a.txt")
    let lines = Locked<[String]>([])
    try makeExecutor(project, cache, events: lines, path: path, home: home).run([step])
    return lines.withLock { $0 }
  }

  func testOfTheHostOnlyTheSystemIsSeen() throws {
    _ = try Tools.require("bwrap")
    let top = try said(shell("top", "ls / ; touch ${work}/out"))
    let known = [
      "bin", "dev", "etc", "gnu", "lib", "lib32", "lib64", "libx32", "nix", "opt", "packc", "proc", "sbin", "tmp",
      "usr",
    ]
    XCTAssertEqual(top.filter { !known.contains($0) && $0 != "var" }, [])
    XCTAssertTrue(top.contains("usr"))
    let secrets = try said(
      shell(
        "etc", "! cat /etc/shadow /etc/ssh/ssh_host_*_key; ! ls -A /etc/ssl/private /var/lib/dpkg; touch ${work}/out"))
    XCTAssertEqual(secrets.filter { $0.contains("root:") || $0.contains("PRIVATE KEY") }, [])
  }

  func testToolsAreSeenWhereverTheyLieAndTheirNeighboursAreNot() throws {
    _ = try Tools.require("bwrap")
    let home = try TemporaryDirectory("packc-home")
    try home.write("#!/bin/sh\ncat $(dirname $(readlink -f $0))/../lib/text\n", to: "tools/bin/tell", mode: 0o755)
    try home.write("told", to: "tools/lib/text")
    try home.write("#!/bin/sh\necho own\n", to: "bin/own", mode: 0o755)
    try home.write("s3cret", to: ".netrc")
    try home.write("s3cret", to: "elsewhere/kept")
    try FileSystem.createLink(home / "bin/linked", to: Array("\(home.path)/tools/bin/tell".utf8))
    let look = shell("look", "own; linked; cd \(home.path); find . -name .netrc -o -name kept; touch ${work}/out")
    XCTAssertEqual(try said(look, path: "\(home.path)/bin:/usr/bin:/bin", home: home.path), ["own", "told"])
  }

  func testWhatAStepChangesOfTheProjectIsSaidAndPutBack() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("one", to: "a.txt")
    try project.write("same", to: "b.txt")
    let lines = Locked<[String]>([])
    let steps = [
      shell("change", "echo two > a.txt; echo new > c.txt; touch ${work}/out"),
      shell("look", "cat a.txt b.txt c.txt > ${work}/seen", outputs: ["seen"]),
    ]
    let executor = try makeExecutor(project, cache, events: lines)
    try executor.run(steps)
    XCTAssertEqual(
      lines.withLock { $0 }, ["the step \"change\" changed files of the project while it ran: a.txt"])
    let seen = try FileSystem.read(try XCTUnwrap(executor.locate("${work}/seen")))
    XCTAssertEqual(String(decoding: seen, as: UTF8.self), "onesamenew\n")
  }

  func testADaemonEndsWithItsStep() throws {
    for (isolation, time) in [(nil, "986.25"), (Isolation.none, "986.75")] {
      let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
      let step = shell("daemon", "setsid sleep \(time) >/dev/null 2>&1 </dev/null & echo made > ${work}/out")
      try makeExecutor(project, cache, isolation: isolation).run([step])
      XCTAssertEqual(try Tools.run("pgrep", ["-f", "sleep \(time)"]).outputText, "")
    }
  }

  // MARK: Secrets

  func testSecretsAreForFetchStepsAndNothingElse() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("machine example.org login me password s3cr3t-word\n", to: "netrc-of-me")
    try project.write("netrc-of-me\n", to: ".gitignore")
    let secrets = ["netrc=netrc-of-me", "SECRET"]
    var fetch = shell("fetch", "cat $HOME/.netrc; echo $SECRET; cp $HOME/.netrc $HOME/kept; echo x > ${work}/out")
    fetch.network = true
    let build = shell(
      "build", "ls -A $HOME; echo \"<${SECRET-}>\"; [ ! -e $HOME/.netrc ]; touch ${work}/b", outputs: ["b"])
    for isolation in [nil, Isolation.none] {
      let lines = Locked<[String]>([])
      let executor = try makeExecutor(
        project, cache, useCache: false, events: lines, isolation: isolation, secrets: secrets)
      try executor.run([fetch, build])
      let said = lines.withLock { $0 }
      XCTAssertEqual(Array(said.prefix(2)), ["machine example.org login me password ***", "***"])
      XCTAssertTrue(said.contains("<>"), "\(said)")
      XCTAssertFalse(said.joined().contains("s3cr3t"))
      let without = try makeExecutor(project, cache, useCache: false)
      try without.run([build])
      XCTAssertEqual(executor.keys["build"]?["command"], without.keys["build"]?["command"])
    }
    fetch.argv[3] = "cp $HOME/.netrc ${work}/out"
    let failure = assertFailure("secret_in_output") {
      try makeExecutor(project, cache, secrets: secrets).run([fetch])
    }
    XCTAssertTrue(failure?.message.contains("netrc") ?? false)
    XCTAssertEqual(try cache.names(in: "steps"), [])
  }

  func testTheSecretWordsOfEachFile() {
    let rows: [(text: String, words: [String])] = [
      ("machine a.example login me\npassword  hunter22", ["hunter22"]),
      ("//registry.example/:_authToken=npm_abcdef\nregistry=https://registry.example/", ["npm_abcdef"]),
      ("[global]\nindex-url = https://me:hunter22@pypi.example/simple", ["hunter22"]),
      ("<server><id>a</id>\n <username>me</username><password>hunter22</password></server>", ["hunter22"]),
      ("<password>a&amp;b&lt;c</password>", ["a&amp;b&lt;c", "a&b<c"]),
      ("[global]\ntimeout = 60", []), ("password", []), ("", []), ("=\n@:/@", []),
    ]
    for row in rows { XCTAssertEqual(FetchSecret.words(in: row.text), row.words, row.text) }
  }

  func testASecretThatIsNotThereIsSaid() throws {
    let context = HostContext.test(environment: ["HOME": "/nonexistent"], workingDirectory: "/")
    for text in ["netrc", "npmrc=/nonexistent/x", "NOT_SET", "lower", "", "A=b"] {
      assertFailure("wrong_usage", exit: .usage) { _ = try FetchSecret(text, context: context) }
    }
  }

  // MARK: Locks

  func testPackagesThatCannotBeResolvedAreAMatterOfTheLock() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("x", to: "a.txt")
    let step = shell("resolve", "echo 'Traceback (most recent call last):' >&2; echo 'no route to host' >&2; exit 2")
    let failure = assertFailure("lock_unresolved", exit: .lock) {
      _ = try makeExecutor(project, cache).resolve(
        BuildPlan.Resolution(
          ecosystem: "pypi", inputs: [], step: step, output: RootPath(literal: "out"), environment: [:]))
    }
    XCTAssertEqual(failure?.cause, "no route to host")
    XCTAssertTrue(failure?.hint?.contains("packc lock") ?? false)
  }
}
