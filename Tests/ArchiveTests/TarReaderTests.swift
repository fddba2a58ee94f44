import Archive
import XCTest

final class TarReaderTests: XCTestCase {
  func testTheLibraryIsLinked() {
    XCTAssertTrue(TarReader.libraryVersion.hasPrefix("libarchive 3."), TarReader.libraryVersion)
  }
}
