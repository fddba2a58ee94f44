import PackCore

import XCTest

@testable import Images

/// A page about as many files as large images have.
final class ReportSizeSlowTests: XCTestCase {
  func testFiftyThousandFilesStaySmall() throws {
    let items = (0..<50_000).map {
      SampleImage.file("app/node_modules/package-\($0 % 900)/lib/some/module-\($0).js", size: Int64($0 % 997) * 31)
    }
    let page = try ReportPageTests.report(items).page()
    XCTAssertLessThan(page.count, 2_000_000)
    XCTAssertTrue(String(decoding: page, as: UTF8.self).contains("50\u{a0}043 files"))
  }
}
