import XCTest

@testable import PackCore

final class CrowdingTests: XCTestCase {
  func testFactors() {
    for (text, expected) in [
      ("0.10 0.20 0.30 1/200 4242\n", 1.0), ("1.00 0.20 0.30 40/900 4242\n", 20), ("16.00 1 1 2/900 1\n", 1),
      ("0.1 1 1 900/900 1\n", 60), ("", 1), ("1 1 1 nan/900 1", 1), ("1 1 1 x/9 1", 1),
    ] {
      XCTAssertEqual(Crowding.factor(text, processors: 2), expected, text)
    }
    XCTAssertGreaterThanOrEqual(Crowding.factor(), 1)
  }
}
