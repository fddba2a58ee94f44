import PackCore
import TestSupport
import XCTest

@testable import ELF

/// Programs and core dumps with changed bytes: read or refused, never a crash, never more memory or time than the file
/// is worth.
final class DebugFuzzTests: XCTestCase {
  func testMutatedCores() throws {
    let shop = try Workshop()
    let good = CoreBytes.make()
    let seed = Fuzzing.seed(11)
    var random = SeededRandom(seed: seed)
    var read = 0
    for round in 0..<Fuzzing.rounds(1500) {
      let path = shop.path("core")
      try FileSystem.writeAtomically(mutate(good, &random), to: path, durable: false)
      do {
        let core = try CoreFile(path)
        read += 1
        XCTAssertLessThanOrEqual(core.modules.count, 2, "seed \(seed) round \(round)")
        for module in core.modules { XCTAssertLessThanOrEqual(module.head.count, 4096) }
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "seed \(seed) round \(round): \(failure)")
        XCTAssertTrue(failure.message.contains(path.description), failure.message)
      }
    }
    XCTAssertGreaterThan(read, 10, "most mutations break nothing that is read")
  }

  func testMutatedPrograms() throws {
    let shop = try Workshop()
    let programs = try [
      FileSystem.read(shop.compile("small", hello, ["-g", "-O1"])),
      FileSystem.read(shop.compile("fixed", hello, ["-g", "-no-pie", "-Wl,--emit-relocs"])),
    ]
    let seed = Fuzzing.seed(12)
    var random = SeededRandom(seed: seed)
    var written = 0
    for round in 0..<Fuzzing.rounds(600) {
      let path = shop.path("program")
      let good = programs[round % 2]
      try FileSystem.writeAtomically(mutateHeaders(good, &random), to: path, durable: false)
      do {
        var size = 0
        if try DebugFile.write(path, { size += $0.count }) { written += 1 }
        // Sections may overlap in a broken file, but there are few of them.
        XCTAssertLessThan(size, 64 * good.count, "seed \(seed) round \(round)")
        _ = try BuildIdentity(of: path)
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "seed \(seed) round \(round): \(failure)")
      }
    }
    XCTAssertGreaterThan(written, 10)
  }

  /// A name table that asks for 2^60 bytes of zeros before it.
  func testMutatedAlignmentIsRefused() throws {
    let shop = try Workshop()
    var bytes = try FileSystem.read(shop.compile("aligned", hello, ["-g"]))
    func number(_ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    // e_shoff, e_shstrndx, and sh_addralign in a header of 64 bytes (elf(5)).
    let alignment = number(40, 8) + 64 * number(62, 2) + 48
    bytes.replaceSubrange(alignment..<(alignment + 8), with: [0, 0, 0, 0, 0, 0, 0, 0x10])
    let path = shop.path("aligned-far")
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
    for (name, body) in [
      ("debug", { _ = try DebugFile.write(path) { _ in } }),
      ("strip", { _ = try Strip.strip(path, to: shop.path("out")) }),
    ] as [(String, () throws -> Void)] {
      XCTAssertThrowsError(try body(), name) { error in
        XCTAssertEqual((error as? Failure)?.code, "malformed_elf", "\(name): \(error)")
      }
    }
  }

  func testRandomNotes() {
    let seed = Fuzzing.seed(13)
    var random = SeededRandom(seed: seed)
    for _ in 0..<Fuzzing.rounds(2000) {
      var bytes = random.bytes(Int.random(in: 0..<200, using: &random))
      // Sizes that are small more often than not.
      for at in stride(from: 0, to: bytes.count - 4, by: 4) where Bool.random(using: &random) {
        for high in 1..<4 { bytes[at + high] = 0 }
      }
      bytes.withUnsafeBytes { bytes in
        var total = 0
        ELFNotes.each(in: bytes, alignment: 4) { note in
          total += note.name.count + note.description.count + 12
          return true
        }
        XCTAssertLessThanOrEqual(total, bytes.count, "seed \(seed)")
      }
    }
  }

  private func mutate(_ good: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = good
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0 ... .max, using: &random)
      case 1: for index in at..<min(bytes.count, at + 8) { bytes[index] = 0xff }
      case 2: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<64, using: &random)))
      }
    }
    return bytes
  }

  /// In the headers at the file's beginning or in the section headers at its end.
  private func mutateHeaders(_ good: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = good
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let atEnd = Bool.random(using: &random)
      let at = atEnd ? bytes.count - Int.random(in: 1...2500, using: &random) : Int.random(in: 4..<900, using: &random)
      let width = [1, 2, 8].randomElement(using: &random) ?? 1
      for index in at..<min(bytes.count, at + width) { bytes[index] = UInt8.random(in: 0 ... .max, using: &random) }
    }
    if Int.random(in: 0..<8, using: &random) == 0 {
      bytes.removeLast(Int.random(in: 1..<bytes.count - 100, using: &random))
    }
    return bytes
  }
}
