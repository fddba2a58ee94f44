import Glibc
import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

/// Taking the ELF kernel out of a bzImage. The real one is booted in the tests of `packc image export`.
final class CompressedKernelTests: XCTestCase {
  /// Begins as a vmlinux does.
  private static let elf: [UInt8] =
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, 62, 0]
    + (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7 &* 13) }

  /// With the payload behind 64 bytes of the code that would unpack it.
  private func image(_ payload: [UInt8]) -> [UInt8] {
    let room = (64 + payload.count + 15) / 16 * 16
    var bytes = Scratch.kernelImage(payload: room)
    func put(_ value: Int, _ at: Int) {
      for index in 0..<4 { bytes[at + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }
    put(room / 16, 0x1f4)
    put(64, 0x248)
    put(payload.count, 0x24c)
    bytes.replaceSubrange((1024 + 64)..<(1024 + 64 + payload.count), with: payload)
    return bytes
  }

  private func size(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }

  private func unpack(_ image: [UInt8]) throws -> [UInt8] {
    let scratch = try Scratch()
    let file = scratch.directory / "vmlinux"
    try CompressedKernel(image, name: "bzImage").write(to: Descriptor.open(file, O_WRONLY | O_CREAT))
    return try FileSystem.read(file)
  }

  private func payloads() throws -> [(String, [UInt8])] {
    let elf = Self.elf
    return [
      ("gzip", try Tools.run("gzip", ["-nc"], input: elf).output),
      ("lz4", try Tools.run("lz4", ["-lqc"], input: elf).output + size(elf.count)),
      ("zstd", try Tools.run("zstd", ["-qc"], input: elf).output + size(elf.count)),
    ]
  }

  func testTheKernelComesOutOfEachCompression() throws {
    for (name, payload) in try payloads() { XCTAssertEqual(try unpack(image(payload)), Self.elf, name) }
  }

  func testWhatIsNoKernelIsRefusedWithItsReason() throws {
    let lz4 = try payloads()[1].1
    let text = [UInt8](repeating: 0x41, count: 1000)
    let rows: [(String, [UInt8], String)] = [
      ("no payload", Scratch.kernelImage(), "no payload"),
      ("xz", image(try Tools.run("xz", ["-c"], input: Self.elf).output + size(Self.elf.count)), "xz"),
      ("unknown", image(text), "something unknown"),
      ("too large", image(Array(lz4.dropLast(4)) + size(1 << 30)), "1073741824"),
      ("more than it says", image(Array(lz4.dropLast(4)) + size(4000)), "more than it says"),
      ("less than it says", image(Array(lz4.dropLast(4)) + size(Self.elf.count + 1)), "100020 bytes of 100021"),
      ("cut off", image(Array(lz4.dropLast(9)) + size(Self.elf.count)), "within a block"),
      ("no ELF", image(try Tools.run("lz4", ["-lqc"], input: text).output + size(1000)), "no ELF program"),
    ]
    for (name, image, words) in rows {
      XCTAssertThrowsError(try unpack(image), name) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, "no_elf_kernel", name)
        XCTAssertTrue(failure?.message.contains(words) ?? false, "\(name): \(error)")
        XCTAssertNotNil(failure?.hint, name)
      }
    }
  }

  func testMutatedImagesAreUnpackedOrRefused() throws {
    let seed = Fuzzing.seed(19)
    var random = SeededRandom(seed: seed)
    for (name, payload) in try payloads() {
      let good = image(payload)
      for _ in 0..<Fuzzing.rounds(150) {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Bool.random(using: &random) ? 0x1f0..<0x260 : 1088..<(1088 + payload.count)
          bytes[Int.random(in: place, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        do { _ = try unpack(bytes) } catch let failure as Failure {
          XCTAssertEqual(failure.exit, .badInput, "\(name), seed \(seed): \(failure)")
        }
      }
    }
  }
}
