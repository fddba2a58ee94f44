import Foundation
import PackCore
import TestSupport
import XCTest

@testable import Images

/// Where two files part, in what, and which cause the bytes speak of.
final class CauseEvidenceTests: XCTestCase {
  private let evidence = CauseEvidence(times: 1_700_000_000...1_800_000_000)

  private func difference(_ a: [UInt8], _ b: [UInt8]) throws -> ByteDifference? {
    let directory = try TemporaryDirectory("packc-pair")
    try FileSystem.writeAtomically(a, to: directory / "a", durable: false)
    try FileSystem.writeAtomically(b, to: directory / "b", durable: false)
    return try FilePair(before: directory / "a", after: directory / "b").difference()
  }

  private func cause(_ a: [UInt8], _ b: [UInt8]) throws -> DifferenceCause {
    evidence.cause(of: BuildDifference(["image", "/file"], .content, bytes: try difference(a, b)))
  }

  func testCausesAreReadFromTheBytes() throws {
    let rows: [(a: String, b: String, cause: DifferenceCause)] = [
      ("built 1750000000\n", "built 1750000003\n", .time), ("built 1750000000123\n", "built 1750000003555\n", .time),
      ("on 2025-12-01 at\n", "on 2026-01-05 at\n", .time), ("Dec  1 2025", "Jan  5 2026", .time),
      ("at 12:34:56 now", "at 12:35:07 now", .time), ("20251201123456", "20260105123456", .time),
      ("a.c b.c c.c", "c.c b.c a.c", .order), ("id 8f3a01cc", "id 77b2e9d0", .random),
      ("version 1.2.3", "version 1.9.7", .random), ("1250000000 files", "1250000007 files", .random),
    ]
    for row in rows {
      XCTAssertEqual(try cause(Array(row.a.utf8), Array(row.b.utf8)), row.cause, "\(row.a) | \(row.b)")
    }
    func binary(_ number: UInt32) -> [UInt8] {
      [0, 1, 2] + withUnsafeBytes(of: number.littleEndian) { Array($0) } + [9]
    }
    XCTAssertEqual(try cause(binary(1_750_000_000), binary(1_750_000_009)), .time)
    XCTAssertEqual(try cause(binary(950_000_000), binary(950_000_009)), .random)
  }

  func testTheFirstDifferenceIsThePlaceWhereTheFilesPart() throws {
    XCTAssertNil(try difference([], []))
    XCTAssertNil(try difference([1, 2, 3], [1, 2, 3]))
    var random = SystemRandomNumberGenerator()
    for round in 0..<14 {
      let size = [1, 31, 33, 4096, (1 << 18) - 1, 1 << 18, (1 << 18) + 1][round % 7]
      var a = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
      let place = Int.random(in: 0..<size, using: &random)
      var b = a
      b[place] ^= 0x41
      // A second difference behind it is not the first.
      if place + 1 < size { b[size - 1] ^= 1 }
      var found = try XCTUnwrap(try difference(a, b))
      XCTAssertEqual(found.offset, Int64(place), "round \(round)")
      XCTAssertLessThanOrEqual(max(found.before.count, found.after.count), 32)
      XCTAssertEqual(found.before, Array(a[Int(found.windowOffset)...].prefix(32)))
      // A file that ends earlier parts where it ends.
      a = Array(b[..<place])
      found = try XCTUnwrap(try difference(a, b))
      XCTAssertEqual(found.offset, Int64(place), "round \(round)")
      XCTAssertEqual(found.sizeBefore, Int64(place))
    }
  }

  func testFieldsOfHeadersHaveNames() throws {
    let gzip: [UInt8] = [0x1f, 0x8b, 8, 0] + [1, 2, 3, 4] + [0, 3] + [UInt8](repeating: 7, count: 20)
    var other = gzip
    other[5] = 9
    XCTAssertEqual(try difference(gzip, other)?.part, "gzip header, time")
    let bytecode: [UInt8] = [0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0] + [1, 2, 3, 4] + [5, 0, 0, 0] + [0xe3]
    other = bytecode
    other[8] = 2
    XCTAssertEqual(try difference(bytecode, other)?.part, "Python bytecode header, time of the source")
    let local: [UInt8] =
      [0x50, 0x4b, 3, 4] + [20, 0, 0, 0, 8, 0] + [1, 2, 3, 4] + [UInt8](repeating: 0, count: 12)
      + [3, 0, 0, 0] + Array("a/b".utf8) + [UInt8](repeating: 5, count: 40)
    for (place, part) in [
      (11, "a/b, time"), (7, "a/b, header"), (31, "a/b, name (members in another order?)"), (40, "a/b, content"),
    ] {
      other = local
      other[place] ^= 0x40
      XCTAssertEqual(try difference(local, other)?.part, part)
    }
    XCTAssertNil(ZipMember.part(at: 3, in: [1, 2]))
  }

  /// Whatever the bytes are, the place is one of the file, and nothing traps.
  func testAnyBytesAreRead() throws {
    let magics: [[UInt8]] = [
      [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], [0x50, 0x4b, 3, 4], [0x1f, 0x8b], [0xa7, 0x0d, 0x0d, 0x0a], [],
    ]
    for round in 0..<200 {
      let a = magics[round % magics.count] + (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: 0...255) }
      let b = magics[round % magics.count] + (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: 0...255) }
      guard let found = try difference(a, b) else { continue }
      XCTAssertLessThanOrEqual(found.offset, Int64(max(a.count, b.count)))
      _ = evidence.cause(of: BuildDifference(["x"], .content, bytes: found))
    }
  }

  func testEveryCauseHasAFixForEveryPack() {
    for cause in DifferenceCause.allCases {
      for pack in ["go", "rust", "python", "node", "java", "dotnet", "unik", "somebody's"] {
        XCTAssertNotEqual(ReproducibilityFix.text(cause, pack: pack), "", "\(cause) \(pack)")
      }
    }
  }

  func testThePageEscapesWhatOthersWrote() {
    let report = ReproducibilityReport(
      name: "<b>shop", digest: nil, conditions: [.init(.path, isVaried: true, first: "<i>", second: "&")],
      findings: [
        .init(
          .random, isProven: false, isHeldBySandbox: false,
          differences: [BuildDifference(["image", "<script>"], .value, before: "<x>", after: nil)], fix: "none")
      ], builds: 2)
    let page = String(decoding: report.page(), as: UTF8.self)
    for text in ["<b>shop", "<i>", "<script>", "<x>"] { XCTAssertFalse(page.contains(text), text) }
    XCTAssertEqual(report.page(), report.page())
  }
}
