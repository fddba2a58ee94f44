import TestSupport
import XCTest

@testable import Contract

final class LicenseTextTests: XCTestCase {
  func testWordsOfTheListAndTheirOtherNamesAreExpressions() {
    let rows: [(String, String)] = [
      ("MIT", "MIT"), ("mit", "MIT"), ("Expat", "MIT"), ("GPL-2+", "GPL-2.0-or-later"),
      ("(MIT or Apache-2.0)", "(MIT OR Apache-2.0)"), ("MIT  AND (ISC OR Zlib)", "MIT AND (ISC OR Zlib)"),
      ("LGPL-2.1+ and GPL-3", "LGPL-2.1-or-later AND GPL-3.0-only"), ("((0BSD))", "((0BSD))"),
    ]
    for (statement, expression) in rows {
      XCTAssertEqual(LicenseText(statement)?.text, expression)
      XCTAssertEqual(LicenseText(statement)?.isExpression, true, statement)
    }
  }

  func testEverythingElseIsANameOrNothing() {
    let names = [
      "UNLICENSED", "SEE LICENSE IN LICENSE.md", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT ISC", "()", "MIT OR Custom",
      "GPL-2 with exception", "MIT,ISC",
    ]
    for name in names {
      XCTAssertEqual(LicenseText(name)?.text, name)
      XCTAssertEqual(LicenseText(name)?.isExpression, false, name)
    }
    for nothing in ["", "  ", "UNKNOWN", "a\nb", String(repeating: "long ", count: 60)] {
      XCTAssertNil(LicenseText(nothing), nothing)
    }
  }

  func testAnyTextIsTakenWithoutHarm() {
    var random = SeededRandom(seed: 71)
    let words = ["MIT", "(", ")", "OR", "and", "ISC", "GPL-2+", "x", " "]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in words.randomElement(using: &random)! }
        .joined(separator: " ")
      guard let license = LicenseText(text), license.isExpression else { continue }
      // What is an expression stays one.
      XCTAssertEqual(LicenseText(license.text), license, text)
      XCTAssertEqual(license.text.filter { $0 == "(" }.count, license.text.filter { $0 == ")" }.count)
    }
  }
}
