internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

final class DebianPackageTests: XCTestCase {
  private let digest = String(repeating: "ab", count: 32)
  private var line: String {
    "'http://deb.debian.org/debian-security/pool/updates/main/o/openssl/libssl3_3.0.1-6%2bdeb12u9_amd64.deb' "
      + "libssl3_1%3a3.0.1-6+deb12u9_amd64.deb 2054684 SHA256:\(digest)"
  }

  func testALineOfApt() throws {
    let package = try XCTUnwrap(DebianPackage(line: line))
    XCTAssertEqual(package.name, "libssl3")
    XCTAssertEqual(package.version, "1:3.0.1-6+deb12u9")
    XCTAssertEqual(package.architecture, "amd64")
    XCTAssertEqual(package.path, "debian-security/pool/updates/main/o/openssl/libssl3_3.0.1-6+deb12u9_amd64.deb")
    XCTAssertEqual(package.size, 2_054_684)
    XCTAssertEqual(try DebianPackage(JSONReader(package.json)), package)
  }

  func testWhatIsNoPackage() {
    let rows = [
      "", "Reading package lists...", line.replacing("SHA256", with: "MD5Sum"), line.replacing("/pool/", with: "/x/"),
      line.replacing("pool/updates", with: "pool/../../etc"), line.replacing("2054684", with: "-1"),
      line.replacing("2054684", with: "99999999999"), line.replacing("libssl3_1", with: "-o_1"),
      line.replacing("%3a", with: "%zz"), line.replacing("amd64.deb ", with: "amd64.rpm "), line + " more",
    ]
    for row in rows { XCTAssertNil(DebianPackage(line: row), row) }
  }

  func testVersionsThatAptDoesNotKnow() {
    let text = """
      W: something
      E: Version '2025b-0+deb12u2' for 'tzdata' was not found
      E: Can't find a source to download version '1' of 'libc6:amd64'
      E: Unable to locate package x
      """
    XCTAssertEqual(DebianArchive.withoutVersion(text), ["tzdata", "libc6"])
  }

  func testAnyLineIsReadOrRefused() {
    var random = SeededRandom(seed: 8)
    let base = Array(line.utf8)
    for _ in 0..<5000 {
      var bytes = base
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: Array("../% '_:".utf8).shuffled(using: &random), at: place)
        }
      }
      guard let package = DebianPackage(line: String(decoding: bytes, as: UTF8.self)) else { continue }
      XCTAssertFalse(package.path.contains("..") || package.path.hasPrefix("/") || package.name.hasPrefix("-"))
      XCTAssertEqual(try? DebianPackage(JSONReader(package.json)), package)
    }
  }
}
