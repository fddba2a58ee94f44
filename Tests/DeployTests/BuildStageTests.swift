import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// A build that goes on, failed, or was killed, and what is told of its deployment then.
final class BuildStageTests: XCTestCase {
  private func build(_ failure: Failure? = nil) throws -> PendingBuild {
    var build = PendingBuild(
      "0123456789ab",
      DeployCall(directory: "/home/someone", operands: ["shop"], flags: ["pack": ["go"], "debug": [""]]),
      DeployDraft(spec: try StateTests.spec { $0.image = DeployDraft.noImage }, takesImagePorts: true), confirms: true,
      backsUp: true)
    build.failure = failure
    return build
  }
  private static let failure = Failure(
    "step_failed", "the step failed", hint: "mend it", at: SourceLocation(path: "a.c", line: 3, column: 4),
    exit: .stepFailed, cause: "words")

  func testABuildComesBackAsItWasWritten() throws {
    let place = try TemporaryDirectory()
    let directory = MachineDirectory(path: place.path)
    XCTAssertNil(try PendingBuild.read(directory))
    for failure in [nil, Self.failure] {
      let build = try build(failure)
      try build.write(directory)
      let read = try XCTUnwrap(try PendingBuild.read(directory))
      XCTAssertEqual(read.json, build.json)
      XCTAssertEqual(read.failure?.json, failure?.json)
    }
  }

  func testMutatedFilesAreReadOrRefused() throws {
    let place = try TemporaryDirectory()
    let directory = MachineDirectory(path: place.path)
    let good = CanonicalJSON.encodePretty(try build(Self.failure).json)
    let seed = Fuzzing.seed(17)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(300) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[index] = UInt8.random(in: 0 ... .max, using: &random)
        } else {
          bytes.remove(at: index)
        }
      }
      try FileSystem.writeAtomically(bytes, to: directory.build, durable: false)
      do { _ = try PendingBuild.read(directory) } catch let failure as Failure {
        XCTAssertTrue(
          ["state_damaged", "state_newer"].contains(failure.code), "seed \(seed) round \(round): \(failure)")
      }
    }
  }

  func testWhatIsToldOfADeploymentThatIsBuilt() throws {
    let place = try TemporaryDirectory()
    let state = StateDirectory(root: place.path)
    try state.create()
    let directory = state.machine("shop")
    try FileSystem.createDirectory(directory.path)
    XCTAssertNil(try Deployment.read("shop", state))
    try build().write(directory)

    func told() throws -> Deployment { try XCTUnwrap(try Deployment.read("shop", state)) }
    XCTAssertEqual(try told().build?.failure?.code, "build_killed", "nobody builds it")
    XCTAssertEqual(try told().state.phase, .failed)
    XCTAssertTrue(try told().nextStep?.contains("packc deploy /home/someone/shop --name shop") ?? false)
    let lock = try FileLock.attempt(directory.buildLock)
    try withExtendedLifetime(lock) {
      XCTAssertEqual(try told().state.phase, .building)
      XCTAssertEqual(try told().spec?.publish.count, 2, "its ports are spoken for")
      XCTAssertNil(try told().release)
      XCTAssertEqual(try told().checks.first?.check.result, .waiting)
      try build(Self.failure).write(directory)
      XCTAssertEqual(try told().state.phase, .failed)
      XCTAssertEqual(try told().state.reason, "the build failed: the step failed")
      XCTAssertEqual(try told().nextStep, "mend it")
      XCTAssertEqual(try told().checks.map(\.check.result), [.fail, .fail, .fail, .none, .none])
    }
  }

  func testABuildChangesNothingOfWhatRuns() throws {
    for phase in MachinePhase.allCases {
      var told = MachineState(phase, release: 3)
      told.since = 1
      for failure in [nil, Self.failure] {
        let seen = Deployment.state(try build(failure), over: told, name: "shop").phase
        XCTAssertEqual(seen, phase.isFinal ? failure == nil ? .building : .failed : phase, "\(phase)")
      }
      // What came after a failed build is the later word.
      told.since = .max
      XCTAssertEqual(Deployment.state(try build(Self.failure), over: told, name: "shop").phase, phase)
    }
  }

  func testTheLogIsReadInLinesAndFromItsEnd() throws {
    let place = try TemporaryDirectory()
    let file = try place.write("one\ntwo", to: "build.log")
    var log = BuildLog(file)
    XCTAssertEqual(log.lines(toTheEnd: false), ["one"])
    XCTAssertEqual(log.lines(toTheEnd: false), [])
    try place.write("one\ntwo\n\nthree", to: "build.log")
    XCTAssertEqual(log.lines(toTheEnd: true), ["two", "", "three"])
    XCTAssertEqual(log.lines(toTheEnd: true), [])
    let bytes = Array("a\nb\nc\n".utf8)
    for (count, text) in [(0, ""), (1, "c\n"), (2, "b\nc\n"), (3, "a\nb\nc\n"), (9, "a\nb\nc\n")] {
      XCTAssertEqual(String(decoding: BuildLog.last(count, of: bytes), as: UTF8.self), text)
    }
    XCTAssertEqual(BuildLog.last(1, of: Array("a\nb".utf8)), Array("b".utf8))
  }
}
