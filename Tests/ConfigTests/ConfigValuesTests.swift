import PackCore
import XCTest

@testable import Config

final class ConfigValuesTests: XCTestCase {
  func testNames() {
    for name in ["a", "shop", "a-b", "0", String(repeating: "x", count: 63)] {
      XCTAssertEqual(ProjectName(name)?.description, name)
    }
    for name in ["", "-a", "a-", "A", "a_b", "a.b", "é", String(repeating: "x", count: 64)] {
      XCTAssertNil(ProjectName(name), name)
    }
    for (text, slug) in [("My Shop_2", "my-shop-2"), ("--x--", "x"), ("Größe", "gr-e"), ("a..b", "a-b")] {
      XCTAssertEqual(ProjectName(slugifying: text)?.description, slug)
    }
    XCTAssertNil(ProjectName(slugifying: "日本"))
  }

  func testSizes() {
    for (text, bytes) in [("1", 1), ("2Ki", 2048), ("128Mi", 134_217_728), ("1G", 1_000_000_000), ("3k", 3000)]
      as [(String, Int64)]
    {
      XCTAssertEqual(ByteSize(text)?.bytes, bytes, text)
    }
    for text in ["", "0", "Mi", "-1Mi", "1.5Gi", "1MB", "1m", " 1Mi", "1 Mi", "9223372036854775808", "8388608Ti"] {
      XCTAssertNil(ByteSize(text), text)
    }
    for text in ["128Mi", "1Gi", "1500", "3Ki"] { XCTAssertEqual(ByteSize(text)?.description, text) }
  }

  func testDates() {
    for text in ["2024-02-29", "2027-01-01", "1999-12-31", "2000-02-29"] {
      XCTAssertEqual(CalendarDate(text)?.description, text)
    }
    for text in [
      "2027-02-29", "1900-02-29", "2027-13-01", "2027-00-10", "2027-1-1", "27-01-01", "2027-01-32", "2027/01/01",
      "२०२७-01-01",
    ] {
      XCTAssertNil(CalendarDate(text), text)
    }
    XCTAssertLessThan(CalendarDate("2026-12-31")!, CalendarDate("2027-01-01")!)
  }

  func testKernels() {
    XCTAssertEqual(KernelReference("default"), .standard)
    XCTAssertEqual(KernelReference("debian-6.1.0-25-cloud-amd64"), .named("debian-6.1.0-25-cloud-amd64"))
    let digest = "sha256:" + String(repeating: "a", count: 64)
    XCTAssertEqual(KernelReference(digest)?.description, digest)
    for text in ["", "-x", "a b", "sha256:", "../vmlinuz", "/boot/vmlinuz"] {
      XCTAssertNil(KernelReference(text), text)
    }
  }

  func testSuggestions() {
    let words = ["name", "pack", "ports", "restart"]
    XCTAssertEqual(Suggestion.nearest(to: "nmae", in: words), "name")
    XCTAssertEqual(Suggestion.nearest(to: "port", in: words), "ports")
    XCTAssertEqual(Suggestion.nearest(to: "Restart", in: words), "restart")
    XCTAssertNil(Suggestion.nearest(to: "kernel", in: words))
    XCTAssertNil(Suggestion.nearest(to: String(repeating: "a", count: 10_000), in: words))
    XCTAssertEqual(Suggestion.nearest(to: "b", in: ["c", "a"]), "a")
  }
}
