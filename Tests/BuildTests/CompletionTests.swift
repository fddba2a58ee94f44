internal import PackCore
internal import TestSupport
import XCTest

@testable import Build
@testable import Packs

/// A step's own top-level directories, and a document of a step that completes the plan.
final class CompletionTests: XCTestCase {
  private func executor(_ project: TemporaryDirectory, _ cache: TemporaryDirectory) throws -> StepExecutor {
    try FileSystem.createDirectory(cache / "pack")
    let helper = try cache.write("#!/bin/sh\necho helped\n", to: "libexec/helper", mode: 0o755)
    let context = HostContext.test(
      environment: ["PATH": "/usr/bin:/bin"], workingDirectory: project.path, clock: HostContext.monotonicClock)
    return try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: cache.path, scan: ProjectScan(root: project.path),
        digests: FileDigests(file: cache / "digests", trustBefore: .max), reporter: .silent,
        packDirectory: cache / "pack", packDigest: Digest(of: []), packName: "test", passthrough: [],
        libexec: helper.parent, epoch: 0, timeout: 60, useCache: true, lastKeys: [:]))
  }

  func testAStepSeesItsOutputsAtTheirPlaceInTheImage() throws {
    let (project, cache) = (try TemporaryDirectory(), try TemporaryDirectory())
    try project.write("x", to: "a.txt")
    let step = BuildStep(
      id: "make",
      argv: ["/bin/sh", "-euc", "cd /app-root; pwd >where; $PACKC_LIBEXEC/helper >>where; ls /given >>where"],
      outputs: [RootPath(literal: "root")],
      mounts: [RootPath(literal: "app-root"): "${work}/root/app", RootPath(literal: "given"): "${source}"])
    let executor = try executor(project, cache)
    try executor.run([step])
    let made = try XCTUnwrap(executor.locate("${work}/root/app/where"))
    XCTAssertEqual(String(decoding: try FileSystem.read(made), as: UTF8.self), "/app-root\nhelped\na.txt\n")
  }

  private func read(_ changes: [String: JSONValue], step: [String: JSONValue] = [:]) throws -> BuildPlan {
    var first: [String: JSONValue] = ["id": "make", "argv": ["make"], "outputs": ["out"]]
    first.merge(step) { $1 }
    let plan: [String: JSONValue] = ["steps": [.object(first)]]
    return try PlanReader(privatePaths: []).read(JSONReader(.object(plan.merging(changes) { $1 })))
  }

  func testWhatAPlanMayMount() throws {
    let rows: [(JSONValue, String?)] = [
      (["/layers": "${work}/layers"], nil), (["/app-root": "${source}/sub"], nil),
      (["layers": "${work}/x"], "not an absolute path"), (["/usr": "${work}/x"], "not a top-level directory"),
      (["/packc": "${work}/x"], "not a top-level directory"), (["/opt/x": "${work}/x"], "not a top-level directory"),
      (["/": "${work}/x"], "not a top-level directory"), (["/layers": "/etc"], "does not lie below"),
      (["/layers": "${cache}/x"], "does not lie below"), (["/layers": "${work}/../x"], "does not lie below"),
    ]
    for (mounts, problem) in rows {
      let body = { try self.read(["entrypoint": ["/x"]], step: ["mounts": mounts]) }
      guard let problem else {
        let plan = try body()
        XCTAssertEqual(plan.neededFeatures, ["mounts"])
        XCTAssertEqual(try BuildStep(JSONReader(plan.steps[0].json)), plan.steps[0], "through JSON and back")
        continue
      }
      let failure = assertFailure("bad_json", CanonicalJSON.string(mounts), body)
      XCTAssertTrue(failure?.message.contains(problem) ?? false, "\(mounts): \(failure?.message ?? "")")
    }
  }

  func testADocumentCompletesThePlan() throws {
    assertFailure("bad_json", "nothing makes it") { try read(["completion": "launch.json"]) }
    assertFailure("bad_json", "no entry point, and nothing completes it") { try read([:]) }
    let plan = try read([
      "completion": "out/launch.json", "env": ["A": "1", "B": "1"], "ports": ["80/tcp"], "labels": ["x": "1"],
      "decisions": [["what": "a", "value": "b", "source": "c"]],
    ])
    XCTAssertEqual(plan.neededFeatures, ["completion"])
    XCTAssertEqual(plan.json["completion"], "out/launch.json")
    let document: JSONValue = [
      "entrypoint": ["/app/x", "-v"], "env": ["B": "2"], "ports": ["9000/tcp"], "workdir": "/app",
      "writable": ["/data"],
      "labels": ["y": "2"], "decisions": [["what": "program", "value": "x", "source": "made"]], "unknown": 1,
    ]
    let done = try PlanReader(privatePaths: []).complete(plan, with: JSONReader(document))
    XCTAssertEqual(done.entrypoint, ["/app/x", "-v"])
    XCTAssertEqual(done.environment, ["A": "1", "B": "2"])
    XCTAssertEqual(done.ports, ["9000/tcp"])
    XCTAssertEqual(done.workingDirectory.absolute, "/app")
    XCTAssertEqual(done.writable.map(\.absolute), ["/data"])
    XCTAssertEqual(done.labels, ["x": "1", "y": "2"])
    XCTAssertEqual(done.decisions.map(\.what), ["a", "program"])
    let broken: [JSONValue] = [
      [:], ["entrypoint": []], ["entrypoint": ["x"]], ["entrypoint": ["/x"], "ports": ["x"]],
      ["entrypoint": ["/x"], "env": ["A=": "1"]], ["entrypoint": ["/x"], "env": ["A": "\u{0}"]],
      ["entrypoint": ["/x"], "labels": ["dev.packc.mode": "release"]], ["entrypoint": ["/x"], "workdir": "../x"], [],
    ]
    for document in broken {
      assertFailure("bad_json", CanonicalJSON.string(document)) {
        try PlanReader(privatePaths: []).complete(plan, with: JSONReader(document))
      }
    }
  }
}
