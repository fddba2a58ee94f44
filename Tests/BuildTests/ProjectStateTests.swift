import PackCore
import TestSupport
import XCTest

@testable import Build

final class ProjectStateTests: XCTestCase {
  /// Used by one thread only.
  private final class Held: @unchecked Sendable {
    var state: ProjectState?
    var notes: [String] = []
  }

  /// A second build of a project waits for the first and says so; one of another project does not.
  func testOneBuildOfAProjectAtATime() throws {
    let cache = try TemporaryDirectory()
    let held = Held()
    let reporter = Reporter { event in
      guard case .note(let text) = event else { return }
      held.notes.append(text)
      held.state = nil
    }
    held.state = try ProjectState(project: "/home/me/shop", cache: cache.path)
    try held.state?.acquire(reporter)
    try ProjectState(project: "/home/me/till", cache: cache.path).acquire(reporter)
    XCTAssertEqual(held.notes, [])
    let second = try ProjectState(project: "/home/me/shop", cache: cache.path)
    try second.acquire(reporter)
    XCTAssertEqual(held.notes, ["another build of this project is running; waiting for it"])
    withExtendedLifetime(second) {}
  }

  /// What was torn, flipped or written by another version is as if it were not there.
  func testStepKeysThatCannotBeReadAreNone() throws {
    let cache = try TemporaryDirectory()
    let state = try ProjectState(project: "/home/me/shop", cache: cache.path)
    let keys = ["make": ["inputs": Digest(of: [1])]]
    try state.save(stepKeys: keys)
    XCTAssertEqual(state.lastStepKeys(), keys)
    let whole = try FileSystem.read(state.directory / "steps")
    for bytes in [[], Array(whole.dropLast(3)), Array("[99]".utf8), [0xff] + whole] {
      try FileSystem.writeAtomically(bytes, to: state.directory / "steps")
      XCTAssertEqual(state.lastStepKeys(), [:])
    }
  }
}
