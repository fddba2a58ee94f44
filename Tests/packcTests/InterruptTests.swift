import Glibc
import PackCore
import TestSupport
import XCTest

/// A build that is ended at any moment leaves nothing that a later one believes, and no process.
final class InterruptTests: XCTestCase {
  /// A project whose build takes a while in every stage: a step with children, files, two layers.
  private static let project: [String: String] = {
    var files = Projects.c
    files["unik.yaml"] = """
      version: 1
      name: greeter
      build: {command: 'sleep 0.2 & make; wait'}
      artifact: {path: server, files: {pages/: /srv/pages/}}

      """
    for number in 0..<300 { files["pages/\(number).txt"] = String(repeating: "page \(number)\n", count: 200) }
    return files
  }()

  private func undisturbed() throws -> (answer: BuildAnswer, seconds: Double) {
    let site = try Site()
    let project = try site.write(Self.project, to: "p")
    let started = HostContext.monotonicClock()
    let answer = try site.build(project)
    return (answer, Double(HostContext.monotonicClock() - started) / 1e9)
  }

  func testAtRandomMoments() throws {
    let (expected, seconds) = try undisturbed()
    let seed = Fuzzing.seed(20261)
    var random = SeededRandom(seed: seed)
    let site = try Site()
    let project = try site.write(Self.project, to: "p")
    for round in 0..<12 {
      // Each round begins without what the one before finished.
      for name in ["steps", "layers", "segments", "projects", "store"] {
        try FileSystem.removeTree(site.cache / HostPath(name))
      }
      let number = [SIGINT, SIGTERM, SIGKILL][round % 3]
      let moment = Double.random(in: 0...seconds, using: &random)
      let note = "seed \(seed), round \(round): signal \(number) after \(moment) s of \(seconds)"
      let build = try Background(site, ["build", "\(project)"])
      usleep(UInt32(moment * 1e6))
      build.signal(number)
      let end = try build.end(within: 5)
      // Before its handlers are there, a signal ends packc as it ends anything.
      let allowed: [CommandResult.End?] = [.exited(0), .exited(128 + number), .signalled(number)]
      XCTAssertTrue(allowed.contains(end), "\(note): \(String(describing: end))\n\(build.output)")
      try Leftovers.assertNone(site, note)
      if number != SIGKILL { XCTAssertEqual(try site.workInProgress(), [], note) }
      if round % 4 == 3 { try compare(site, project, expected, note) }
    }
    try compare(site, project, expected, "at the end")
    XCTAssertEqual(try site.workInProgress(), [], "a build sweeps up what killed ones left")
    let staged = try DirectoryWalk.sortedByPath(project / ".packc").filter { $0.path.name.contains("packc-new") }
    XCTAssertEqual(staged.map(\.path.description), [])
  }

  private func compare(_ site: Site, _ project: HostPath, _ expected: BuildAnswer, _ note: String) throws {
    let answer = try site.build(project)
    XCTAssertEqual(answer.image, expected.image, note)
    XCTAssertEqual(answer.initrd, expected.initrd, note)
    XCTAssertEqual(
      try FileSystem.digest(of: project / ".packc/unikernel/initrd").description, expected.initrd, note)
    _ = try Tools.output("skopeo", ["inspect", answer.ref])
  }

  func testAnInterruptSaysSoWithItsExitCode() throws {
    let site = try Site()
    let project = try site.write(Projects.made(by: "echo started; sleep 600"), to: "p")
    for number in [SIGINT, SIGTERM] {
      let build = try Background(site, ["build", "\(project)"])
      let deadline = HostContext.monotonicClock() + 30_000_000_000
      while !build.output.contains("│ started"), HostContext.monotonicClock() < deadline { usleep(10_000) }
      let started = HostContext.monotonicClock()
      build.signal(number)
      XCTAssertEqual(try build.end(within: 10), .exited(128 + number), build.output)
      XCTAssertLessThan(Double(HostContext.monotonicClock() - started) / 1e9, 6)
      XCTAssertTrue(build.output.contains("error: interrupted by signal \(number)"), build.output)
      XCTAssertTrue(build.output.contains("next: "), build.output)
      XCTAssertFalse(FileSystem.exists(project / ".packc"))
      try Leftovers.assertNone(site)
      XCTAssertEqual(try site.workInProgress(), [])
    }
  }
}
