import CArchive
import Glibc
import XCTest

@testable import OCI

final class TarHeaderTests: XCTestCase {
  private func blocks(_ header: TarHeader) -> [UInt8] {
    var bytes: [UInt8] = []
    header.encode(into: &bytes)
    return bytes
  }

  func testUstarHoldsWhatItCanWithoutPax() {
    let name = String(repeating: "n", count: 100)
    let prefix = String(repeating: "p", count: 155)
    let rows: [(String, Int64, UInt32, blocks: Int)] = [
      ("a", 0, 0, 1), (name, 0, 0, 1), ("\(prefix)/\(name)", 0, 0, 1), ("a", (8 << 30) - 1, 0o777_7777, 1),
      ("\(name)n", 0, 0, 3), ("p\(prefix)/\(name)", 0, 0, 3), ("a", 8 << 30, 0, 3), ("a", 0, 0o1000_0000, 3),
      ("é", 0, 0, 3),
    ]
    for (path, size, uid, count) in rows {
      let bytes = blocks(TarHeader(kind: .file, path: Array(path.utf8), mode: 0o644, uid: uid, size: size, time: 0))
      XCTAssertEqual(bytes.count, count * 512, "\(path.count) \(size) \(uid)")
      XCTAssertEqual(bytes[156], count == 1 ? UInt8(ascii: "0") : UInt8(ascii: "x"), path)
    }
  }

  func testLibarchiveReadsNumbersThatUstarCannotHold() throws {
    let header = TarHeader(
      kind: .file, path: Array("huge".utf8), mode: 0o600, uid: 3_000_000_000, gid: 4_000_000_000, size: 9 << 30,
      time: 100_000_000_000)
    let member = try XCTUnwrap(try ArchiveMember.read(blocks(header), headersOnly: true).first)
    XCTAssertEqual(member.size, 9 << 30)
    XCTAssertEqual(member.uid, 3_000_000_000)
    XCTAssertEqual(member.gid, 4_000_000_000)
    XCTAssertEqual(member.time, 100_000_000_000)
    XCTAssertEqual(member.mode, 0o600)
  }

  /// The record's own length has one digit more at 100, 1000, …: each length from 1 to 1,200 reads back.
  func testPaxRecordLengthsCountThemselves() throws {
    for count in 1...1_200 {
      let target = [UInt8](repeating: UInt8(ascii: "t"), count: count)
      let bytes = blocks(TarHeader(kind: .link, path: Array("l".utf8), linkTarget: target, mode: 0o777, time: 0))
      XCTAssertEqual(try ArchiveMember.read(bytes, headersOnly: true).first?.link?.count, count)
    }
  }

  func testNothingOfTheHostIsInAHeader() {
    let bytes = blocks(TarHeader(kind: .file, path: Array("f".utf8), mode: 0o644, size: 1, time: 0))
    XCTAssertEqual(Array(bytes[265..<512]), [UInt8](repeating: 0, count: 247), "names, devices, prefix, padding")
    let numbers = "0000644\0" + "0000000\0" + "0000000\0" + "00000000001\0" + "00000000000\0"
    XCTAssertEqual(Array(bytes[100..<148]), Array(numbers.utf8))
  }
}
