import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

/// Adding sections to an EFI program; the real stub is used in the tests of `packc image export`.
final class PortableExecutableTests: XCTestCase {
  /// Headers of 1 KiB with room for `room` more sections, one section of 512 bytes, and a symbol table behind it.
  private func program(room: Int = 4) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 0x600)
    func put(_ value: UInt32, _ at: Int, count: Int = 4) {
      for index in 0..<count { bytes[at + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
    put(0x5a4d, 0, count: 2)
    put(0x80, 0x3c)
    put(0x4550, 0x80)
    put(0x8664, 0x84, count: 2)
    put(1, 0x86, count: 2)
    put(0x600, 0x8c)
    put(7, 0x90)
    put(112, 0x94, count: 2)
    put(0x20b, 0x98, count: 2)
    let table = 0x98 + 112
    put(UInt32(table + 40 * (1 + room)), 0x98 + 60)
    for (index, value) in [UInt32(0x10), 0x4000, 0x200, 0x400].enumerated() { put(value, table + 8 + 4 * index) }
    return bytes + Array("symbols".utf8)
  }

  private func joined(_ program: PortableExecutable) -> [UInt8] {
    program.contents().flatMap { content -> [UInt8] in
      if case .bytes(let bytes) = content { bytes } else { [] }
    }
  }

  func testSectionsStandAlignedBehindTheOthers() throws {
    var program = try PortableExecutable(program(), name: "stub")
    try program.append(".osrel", .bytes([1, 2, 3]))
    try program.append(".cmdline", .bytes([UInt8](repeating: 7, count: 513)))
    let bytes = joined(program)
    XCTAssertEqual(bytes.count, 0x600 + 512 + 1024)
    XCTAssertEqual(Array(bytes[0x600..<0x603]), [1, 2, 3])
    XCTAssertEqual(bytes[0x86], 3)
    // The symbol table is gone, and no header leads to it.
    XCTAssertEqual(PortableExecutable.word32(bytes, 0x8c), 0)
    func field(_ section: Int, _ offset: Int) -> UInt32 {
      PortableExecutable.word32(bytes, 0x98 + 112 + 40 * section + offset)
    }
    XCTAssertEqual([8, 12, 16, 20].map { field(1, $0) }, [3, 0x5000, 512, 0x600])
    XCTAssertEqual([8, 12, 16, 20].map { field(2, $0) }, [513, 0x6000, 1024, 0x800])
    XCTAssertEqual(PortableExecutable.word32(bytes, 0x98 + 56), 0x7000, "the size in memory")
  }

  func testAKernelForAnotherArchitectureIsNoEFIProgramHere() throws {
    let scratch = try Scratch()
    func file(_ name: String, machine: [UInt8]) throws -> HostPath {
      var bytes = program()
      bytes.replaceSubrange(0x84..<0x86, with: machine)
      try FileSystem.writeAtomically(bytes, to: scratch.directory / name)
      return scratch.directory / name
    }
    let stub = try file("stub", machine: [0x64, 0x86])
    for (machine, code) in [([0x64, 0x86] as [UInt8], nil), ([0x64, 0xaa], "efi_architecture")] {
      let kernel = try file("kernel", machine: machine)
      do {
        _ = try UnifiedKernelImage(BootFiles(kernel: kernel, initrd: stub, cmdline: "quiet"), stub: stub)
        XCTAssertNil(code)
      } catch { XCTAssertEqual((error as? Failure)?.code, code) }
    }
  }

  func testRefusesWhatItCannotExtend() throws {
    let good = program()
    var rows: [(String, [UInt8])] = [
      ("empty", []), ("text", Array(repeating: 0x41, count: 2000)), ("cut off", Array(good[..<0x500])),
    ]
    for (name, at, value) in [
      ("header outside", 0x3c, UInt8(0xff)), ("no PE", 0x80, 0), ("32-bit", 0x98, 0x0f), ("no sections", 0x86, 0),
      ("sections outside", 0x98 + 112 + 21, 0xff), ("headers within themselves", 0x98 + 61, 0),
      ("a section at the end of 32 bits", 0x98 + 112 + 15, 0xff),
    ] {
      var bytes = good
      bytes[at] = value
      if name == "header outside" { bytes[0x3d] = 0xff }
      rows.append((name, bytes))
    }
    for (name, bytes) in rows {
      assertFailure("bad_efi_stub", name) { try PortableExecutable(bytes, name: "stub") }
    }
    var full = try PortableExecutable(program(room: 0), name: "stub")
    assertFailure("bad_efi_stub") { try full.append(".linux", .bytes([1])) }
    var small = try PortableExecutable(good, name: "stub")
    assertFailure("too_large_for_efi") { try small.append(".initrd", .file("/x", 5 << 30)) }
  }

  func testMutatedProgramsAreExtendedOrRefused() {
    let good = program()
    let seed = Fuzzing.seed(17)
    var random = SeededRandom(seed: seed)
    for _ in 0..<Fuzzing.rounds(3000) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<0x150, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      guard var program = try? PortableExecutable(bytes, name: "mutated") else { continue }
      try? program.append(".linux", .bytes([1, 2, 3]))
      XCTAssertEqual(joined(program).count % 512, 0, "seed \(seed)")
    }
  }
}
