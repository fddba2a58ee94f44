import Glibc
import PackCore
import XCTest

@testable import Codec

final class CodecTests: XCTestCase {
  /// Text that compresses and noise that does not, in turns of 32 KiB; the same in each run.
  private func sample(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    let unit = (0..<(1 << 16)).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return index < 1 << 15 ? UInt8(index / 7 % 64 + 32) : UInt8(state >> 56)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count { bytes += unit.prefix(count - bytes.count) }
    return bytes
  }

  private func blocks(_ codec: Codec, _ bytes: [UInt8]) throws -> [UInt8] {
    let compressor = try BlockCompressor(codec)
    var output = [UInt8](repeating: 0xaa, count: codec.compressedBound)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: codec.blockSize) {
      let block = Array(bytes[start..<min(start + codec.blockSize, bytes.count)])
      let count = try block.withUnsafeBytes { input in
        try output.withUnsafeMutableBytes { try compressor.compress(input, into: $0) }
      }
      result += output[..<count]
    }
    return result
  }

  private func run(_ argv: [String], input: [UInt8]) throws -> [UInt8] {
    let result = try ProcessRunner().run(Command(argv, input: .bytes(input), keep: 64 << 20, keepHead: true))
    XCTAssertTrue(result.succeeded, "\(argv): \(result.errorText)")
    return result.output
  }

  func testOtherToolsReadBlocksInARowAsOneStream() throws {
    let bytes = sample(5 << 20)
    for (codec, tool) in [(Codec.gzip(level: 6), "/usr/bin/gzip"), (.zstd(level: 3), "/usr/bin/zstd")] {
      let packed = try blocks(codec, bytes)
      XCTAssertLessThan(packed.count, bytes.count * 6 / 10)
      XCTAssertEqual(Digest(of: try run([tool, "-dc"], input: packed)), Digest(of: bytes), tool)
    }
  }

  func testGzipHeaderHasNoTimeNoNameAndAFixedSystem() throws {
    for level in [1, 6, 9] {
      let packed = try blocks(.gzip(level: level), sample(1000))
      XCTAssertEqual(Array(packed[..<8]), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "level \(level)")
      XCTAssertEqual(packed[9], 255, "level \(level)")
    }
  }

  func testZstdFrameHasAContentSizeAndNoChecksum() throws {
    let packed = try blocks(.zstd(level: 3), sample(100_000))
    XCTAssertEqual(Array(packed[..<4]), [0x28, 0xb5, 0x2f, 0xfd])
    // RFC 8878, section 3.1.1.1.1: bit 2 is the checksum, bit 5 a single segment, which always has a content size.
    XCTAssertEqual(packed[4] & 0b100, 0)
    XCTAssertEqual(packed[4] & 0b10_0000, 0b10_0000)
  }

  func testACompressorThatWorkedBeforeGivesTheSameBytes() throws {
    for codec in [Codec.gzip(level: 6), .zstd(level: 3), .zstd(level: 12)] {
      let block = Array(sample(2 * codec.blockSize).suffix(codec.blockSize))
      let first = try blocks(codec, block)
      let later = try blocks(codec, sample(codec.blockSize) + block).suffix(first.count)
      XCTAssertEqual(Digest(of: first), Digest(of: Array(later)), "\(codec)")
    }
  }

  func testLevelsOutOfRangeAreRefusedWithTheRange() {
    for codec in [Codec.gzip(level: 0), .gzip(level: 13), .zstd(level: 0), .zstd(level: 23)] {
      XCTAssertThrowsError(try blocks(codec, [1])) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, "compression_level")
        XCTAssertEqual(failure?.exit, .usage)
      }
    }
  }

  func testVersionsNameBothLibraries() {
    XCTAssertEqual(Codec.versions.keys.sorted(), ["libdeflate", "libzstd"])
    for (name, version) in Codec.versions {
      XCTAssertNotNil(version.first?.isNumber, name)
      XCTAssertTrue(version.contains("."), "\(name) \(version)")
    }
    XCTAssertEqual(Codec.zstd(level: 4).libraryVersion, "libzstd \(Codec.versions["libzstd"]!)")
    // What is told to the library beside the level gives other bytes, so it is part of the name.
    XCTAssertEqual(
      Codec.zstd(level: 3).libraryVersion, "libzstd \(Codec.versions["libzstd"]!), chainLog 15, hashLog 16")
  }
}
