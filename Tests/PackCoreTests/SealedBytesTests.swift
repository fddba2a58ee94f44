import TestSupport
import XCTest

@testable import PackCore

final class SealedBytesTests: XCTestCase {
  private let key = [UInt8](repeating: 7, count: 32)
  private let label = Array("label".utf8)

  func testWhatWasSealedOpensWithItsKeyAndLabelOnly() throws {
    for count in [0, 1, 15, 16, 17, 4096] {
      let text = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      let sealed = try SealedBytes.seal(text, key: key, label: label)
      XCTAssertEqual(sealed.count, count + 28)
      XCTAssertEqual(SealedBytes.open(sealed, key: key, label: label), text)
      XCTAssertNil(SealedBytes.open(sealed, key: [UInt8](repeating: 8, count: 32), label: label))
      XCTAssertNil(SealedBytes.open(sealed, key: key, label: Array("other".utf8)))
      XCTAssertNotEqual(try SealedBytes.seal(text, key: key, label: label), sealed, "the nonce is new each time")
    }
    for count in 0..<28 { XCTAssertNil(SealedBytes.open([UInt8](repeating: 0, count: count), key: key, label: label)) }
  }

  /// openssl(1) has no GCM; Python's `cryptography` is not everywhere: the published test vector is. Case 16 of the GCM
  /// specification (McGrew and Viega, appendix B): 256-bit key, 60 bytes of text, 20 of label.
  func testTheSpecificationsVectorOpens() {
    func bytes(_ hex: String) -> [UInt8] {
      let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
    let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    let text = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    let label = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    let sealed =
      bytes("cafebabefacedbaddecaf888")
      + bytes(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      )
      + bytes("76fc6ece0f4e1768cddf8853bb2d551b")
    XCTAssertEqual(SealedBytes.open(sealed, key: key, label: label), text)
  }

  /// One changed bit anywhere is noticed.
  func testRandomChangesAreNoticed() throws {
    let seed = Fuzzing.seed(30)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(500) {
      let text = random.bytes(Int.random(in: 0...64, using: &random))
      var sealed = try SealedBytes.seal(text, key: key, label: label)
      sealed[Int.random(in: sealed.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      XCTAssertNil(SealedBytes.open(sealed, key: key, label: label), "seed \(seed), round \(round)")
    }
  }
}
