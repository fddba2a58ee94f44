import PackCore
import XCTest

@testable import Images

final class ImagesFailureTests: XCTestCase {
  func testAMissingImageNamesTheNearest() {
    let failure = ImagesFailure.noImage("shop:latst", known: ["shop:latest", "other:1"])
    XCTAssertTrue(failure.message.contains("shop:latest"), failure.message)
    XCTAssertEqual(failure.exit, .badInput)
  }
}
