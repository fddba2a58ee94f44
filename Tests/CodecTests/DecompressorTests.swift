import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Codec

final class DecompressorTests: XCTestCase {
  private func sample(_ count: Int) -> [UInt8] {
    var random = SeededRandom(seed: 7)
    return (0..<count).map { index in
      index / 5000 % 2 == 0 ? UInt8(index & 63) : UInt8.random(in: 0...255, using: &random)
    }
  }

  /// The stream fed in pieces of `step` bytes.
  private func decompress(_ decompressor: any Decompressor, _ stream: [UInt8], step: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: stream.count, by: step) {
      try stream[start..<min(start + step, stream.count)].withUnsafeBytes { piece in
        try decompressor.write(piece) { result += $0 }
      }
    }
    try decompressor.finish()
    return result
  }

  private func gzip(_ bytes: [UInt8]) throws -> [UInt8] { try Tools.run("gzip", ["-nc"], input: bytes).output }
  private func zstd(_ bytes: [UInt8], _ arguments: String...) throws -> [UInt8] {
    try Tools.run("zstd", ["-qc"] + arguments, input: bytes).output
  }

  /// The legacy frame, as kernels have it.
  private func lz4(_ bytes: [UInt8]) throws -> [UInt8] { try Tools.run("lz4", ["-lqc"], input: bytes).output }

  private func skippable(_ count: Int) -> [UInt8] {
    [0x53, 0x2a, 0x4d, 0x18] + withUnsafeBytes(of: UInt32(count).littleEndian, Array.init)
      + [UInt8](repeating: 0x28, count: count)
  }

  func testWhatTheToolsWroteComesBackInPiecesOfAnySize() throws {
    let bytes = sample(700_000)
    let half = bytes.count / 2
    let rows: [(String, [UInt8], () throws -> any Decompressor)] = [
      ("gzip", try gzip(bytes), { try GzipDecompressor() }),
      ("members", try gzip(Array(bytes[..<half])) + gzip([]) + gzip(Array(bytes[half...])), { try GzipDecompressor() }),
      ("zstd", try zstd(bytes), { try ZstdDecompressor() }),
      (
        "frames",
        try zstd(Array(bytes[..<half])) + skippable(3) + zstd([]) + zstd(Array(bytes[half...]), "--check")
          + skippable(0),
        { try ZstdDecompressor() }
      ),
      ("lz4", try lz4(bytes), { LZ4LegacyDecompressor() }),
      ("stored", bytes, { StoredBytes() }),
    ]
    for (name, stream, make) in rows {
      for step in [1, 2, 3, 17, 4096, 1 << 20] where step > 16 || stream.count < 600_000 || step == 1 {
        XCTAssertTrue(try decompress(make(), stream, step: step) == bytes, "\(name) by \(step)")
      }
    }
  }

  func testDamageIsRefusedWithItsReason() throws {
    let bytes = sample(50_000)
    let gz = try gzip(bytes)
    let zs = try zstd(bytes, "--check")
    var crc = gz
    crc[crc.count - 6] ^= 1
    var checksum = zs
    checksum[checksum.count - 1] ^= 1
    let rows: [(String, Bool, [UInt8], String)] = [
      ("empty gzip", false, [], "it is empty"), ("empty zstd", true, [], "it is empty"),
      ("cut gzip", false, Array(gz.dropLast()), "within a member"),
      ("cut zstd", true, Array(zs.dropLast()), "within a frame"),
      ("other bytes as gzip", false, zs, "incorrect header check"),
      ("other bytes as zstd", true, gz, "it is no frame"),
      ("a wrong CRC", false, crc, "incorrect data check"), ("a wrong checksum", true, checksum, "checksum"),
      ("zeros after gzip", false, gz + [0, 0, 0, 0], "incorrect header check (in member 2)"),
      ("garbage after gzip", false, gz + Array("garbage".utf8), "in member 2"),
      ("garbage after zstd", true, zs + Array("garbage".utf8), "what follows frame 1"),
      ("zstd from before 2016", true, [0x25, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0, 0], "it is no frame"),
    ]
    for (name, isZstd, stream, text) in rows {
      for step in [1, 1 << 20] {
        let failure = assertFailure("bad_compression", exit: .badInput, name) {
          try decompress(isZstd ? ZstdDecompressor() : GzipDecompressor(), stream, step: step)
        }
        XCTAssertTrue(failure?.message.contains(text) == true, "\(name): \(failure?.message ?? "")")
      }
    }
  }

  func testAWindowBeyondTheLimitIsNamed() throws {
    // A frame header that asks for 2 GiB: window descriptor exponent 21 (RFC 8878, section 3.1.1.1.2).
    let rows: [([UInt8], String)] = [
      ([0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3] + [UInt8](repeating: 0, count: 20), "2147483648 bytes (2048 MiB)"),
      // A single segment of 1 GiB, its size in eight bytes.
      ([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0x40, 0, 0, 0, 0] + [0, 0, 0], "1073741824 bytes (1024 MiB)"),
    ]
    for (stream, text) in rows {
      let failure = assertFailure("too_large", exit: .badInput) {
        try decompress(ZstdDecompressor(), stream, step: 1 << 20)
      }
      XCTAssertTrue(failure?.message.contains(text) == true, failure?.message ?? "")
      XCTAssertTrue(failure?.message.contains("the limit is 128 MiB") == true)
    }
    let long = try zstd(sample(3 << 20), "--long=27")
    XCTAssertEqual(try decompress(ZstdDecompressor(), long, step: 1 << 16).count, 3 << 20)
  }

  func testConcatenationIsBounded() throws {
    let limits = DecompressionLimits(members: 100)
    for (stream, decompressor) in [
      (try gzip([]), try GzipDecompressor(limits: limits) as any Decompressor),
      (skippable(0), try ZstdDecompressor(limits: limits)),
    ] {
      let failure = assertFailure("too_large", exit: .badInput) {
        try decompress(decompressor, Array(repeatElement(stream, count: 101).joined()), step: 7)
      }
      XCTAssertTrue(failure?.message.contains("more than 100") == true)
    }
  }

  /// Whatever the bytes are, they are a failure or a stream; and the outcome does not depend on the pieces.
  func testMutatedStreamsAreRefusedOrRead() throws {
    let bytes = sample(20_000)
    let seeds = [
      try gzip(bytes), try gzip([]) + gzip(bytes), try zstd(bytes, "--check"),
      try zstd(bytes) + skippable(9) + zstd([1]),
      Array("\u{1f}".utf8) + [0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3] + sample(300),
    ]
    let seed = Fuzzing.seed(11)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(400) {
      var stream = seeds[round % seeds.count]
      mutate(&stream, &random)
      let limits = DecompressionLimits(members: 1000, window: 8 << 20)
      let outcomes: [[UInt8]?] = try [Int.random(in: 1...100, using: &random), 1 << 20].map { step in
        do {
          let isZstd = round % seeds.count == 2 || round % seeds.count == 3
          return try decompress(
            isZstd ? ZstdDecompressor(limits: limits) : GzipDecompressor(limits: limits), stream, step: step)
        } catch let failure as Failure {
          XCTAssertEqual(failure.exit, .badInput, "\(failure)")
          return nil
        }
      }
      XCTAssertTrue(outcomes[0] == outcomes[1], "round \(round) of seed \(seed)")
    }
  }

  /// The legacy frame has no checksum, so damage may also give other bytes; never more than a block of them at once.
  func testMutatedLegacyFramesAreRefusedOrRead() throws {
    let good = try lz4(sample(20_000))
    let seed = Fuzzing.seed(12)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(300) {
      var stream = good
      mutate(&stream, &random)
      let outcomes: [[UInt8]?] = try [Int.random(in: 1...100, using: &random), 1 << 20].map { step in
        do {
          return try decompress(LZ4LegacyDecompressor(), stream, step: step)
        } catch let failure as Failure {
          XCTAssertEqual(failure.code, "bad_compression", "\(failure)")
          return nil
        }
      }
      XCTAssertTrue(outcomes[0] == outcomes[1], "round \(round) of seed \(seed)")
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.removeSubrange(place...)
      case 3: bytes.insert(contentsOf: bytes[place...].prefix(50), at: place)
      default: bytes.removeSubrange(place..<min(place + 9, bytes.count))
      }
    }
  }
}
