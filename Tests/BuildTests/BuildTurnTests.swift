import PackCore
import TestSupport
import XCTest

@testable import Build

final class BuildTurnTests: XCTestCase {
  /// Used by one thread only.
  private final class Others: @unchecked Sendable {
    var turns: [BuildTurn] = []
    var notes: [String] = []
  }

  func testPlaces() {
    XCTAssertEqual([1, 2, 3, 16].map { BuildTurn.places(processors: $0) }, [4, 4, 6, 32])
  }

  /// As many as there are places go on at once; the next one waits, says so, and goes on when one of them ends.
  func testTheNextOneWaits() throws {
    let directory = try TemporaryDirectory()
    let others = Others()
    let reporter = Reporter { event in
      guard case .note(let text) = event else { return }
      others.notes.append(text)
      others.turns.removeFirst()
    }
    for _ in 0..<2 {
      others.turns.append(try BuildTurn(cache: directory / "cache", places: 2, reporter: reporter))
      XCTAssertEqual(others.turns.last?.waited, false)
    }
    XCTAssertEqual(others.notes, [])
    let third = try BuildTurn(cache: directory / "cache", places: 2, reporter: reporter)
    XCTAssertTrue(third.waited)
    XCTAssertEqual(others.notes, ["2 other builds are at work; waiting until one of them ends"])
    XCTAssertEqual(others.turns.count, 1)
    withExtendedLifetime(third) {}
  }
}
