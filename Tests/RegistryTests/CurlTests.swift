import XCTest

@testable import Registry

final class CurlTests: XCTestCase {
  func testTheLibraryOpens() throws {
    try Curl.open()
  }
}
