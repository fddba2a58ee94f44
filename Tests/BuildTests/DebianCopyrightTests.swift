import TestSupport
import XCTest

@testable import Build

final class DebianCopyrightTests: XCTestCase {
  private func license(_ text: String) -> String? { DebianCopyright(Array(text.utf8)).license }

  func testTheLicenceIsThatOfMostFiles() {
    XCTAssertEqual(
      license(
        """
        Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
        Upstream-Name: x

        Files: *
        Copyright: 2020 A
          2021 B
        License: Apache-2.0

        Files: debian/*
        License: GPL-2+

        License: Apache-2.0
         On Debian systems …
        """), "Apache-2.0")
  }

  func testNothingIsReadOutOfProseOrParts() {
    XCTAssertNil(license("Files: *\nLicense: MIT\n"))
    XCTAssertNil(license("This package was made by somebody.\n\nLicense:\n\nGPL\n"))
    XCTAssertNil(license("Format: 1.0\n\nFiles: src/*\nLicense: MIT\n"))
    XCTAssertNil(license("Format: 1.0\n\nFiles: *\nLicense:\n text\n"))
    XCTAssertNil(license(""))
    XCTAssertNil(license(":\n::\n\n\n:"))
  }
}
