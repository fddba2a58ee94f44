import Glibc
import PackCore
import TestSupport
import XCTest

@testable import ELF

/// Core dumps that the kernel wrote, where it writes them as files, and such that are put together here.
final class CoreFileTests: XCTestCase {
  private static let crash = """
    #include <stdlib.h>
    __attribute__((noinline)) int broken(int value) {
      *(volatile int *)0 = value;
      return value;
    }
    int main(int count, char **words) {
      return broken(count);
    }

    """

  func testWhatTheKernelWrote() throws {
    for flags in [["-g", "-O1"], ["-g", "-O1", "-no-pie"], ["-g", "-static"]] {
      let shop = try Workshop()
      let program = try shop.compile("prog", Self.crash, flags)
      guard let path = try KernelCore.of(program, in: shop.directory) else {
        throw XCTSkip("the kernel hands core dumps to a program here (kernel.core_pattern)")
      }
      let core = try CoreFile(path)
      XCTAssertEqual(core.signal, SIGSEGV)
      XCTAssertEqual(core.program, "prog")
      XCTAssertTrue(core.arguments.hasSuffix("prog one two"), core.arguments)
      XCTAssertFalse(core.isCutOff)
      let module = try XCTUnwrap(core.modules.first { $0.path == program.description })
      XCTAssertEqual(module.identity?.hex, try ELFFile(program).buildID)
      XCTAssertEqual(module.identity?.source, .gnu)
      XCTAssertEqual(module.head, Array(try FileSystem.read(program).prefix(4096)))
      // The address of the thread is the line that crashed.
      let thread = try XCTUnwrap(core.threads.first)
      XCTAssertEqual(core.module(at: thread.address), module)
      let address = thread.address &- (try XCTUnwrap(module.bias))
      let line = try shop.run("addr2line", ["-f", "-e", program.description, "0x" + String(address, radix: 16)])
      XCTAssertTrue(line.hasPrefix("broken\n"), line)
      XCTAssertTrue(line.contains("prog.c:3"), line)
    }
  }

  func testACoreThatIsCutOffSaysSo() throws {
    let shop = try Workshop()
    let bytes = CoreBytes.make()
    let path = shop.path("core")
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
    XCTAssertFalse(try CoreFile(path).isCutOff)
    try FileSystem.writeAtomically(Array(bytes.dropLast(8)), to: path, durable: false)
    XCTAssertTrue(try CoreFile(path).isCutOff)
  }

  func testBothMachines() throws {
    let shop = try Workshop()
    for machine in [ELFMachine(.amd64), ELFMachine(.arm64)] {
      let path = shop.path("core.\(machine.name)")
      try FileSystem.writeAtomically(CoreBytes.make(machine: machine), to: path, durable: false)
      let core = try CoreFile(path)
      XCTAssertEqual(core.machine, machine)
      XCTAssertEqual(core.threads, [CoreFile.Thread(id: 77, address: 0x1234)])
      XCTAssertEqual(core.modules.map(\.path), ["/app/server"])
      XCTAssertEqual(core.modules.first?.identity, BuildIdentity(source: .gnu, hex: "00010203040506070809"))
      XCTAssertEqual(core.modules.first?.bias, 0x1000)
    }
  }

  /// A list of files that says the same thousands of times costs no more than its limit.
  func testTheNumberOfModulesIsBounded() throws {
    let shop = try Workshop()
    let path = try write(shop, "many", CoreBytes.make(files: CoreBytes.files(times: 6_000)))
    XCTAssertEqual(try CoreFile(path).modules.count, 4096)
  }

  func testWhatIsNoCore() throws {
    let shop = try Workshop()
    var big = CoreBytes.make()
    big[5] = 2
    var strange = CoreBytes.make()
    strange[18] = 22
    let rows: [(HostPath, String)] = [
      (try shop.compile("program", hello), "not of the type CORE"),
      (try shop.write("text", String(repeating: "text ", count: 100)), "not an ELF file"),
      (try write(shop, "big", big), "little-endian"), (try write(shop, "s390", strange), "s390x"),
      ("/dev/null", "not a regular file"),
    ]
    for (path, reason) in rows {
      let failure = failure { try CoreFile(path) }
      XCTAssertEqual(failure?.code, "not_a_core", path.description)
      XCTAssertTrue(failure?.message.contains(reason) ?? false, failure?.message ?? "")
    }
    XCTAssertEqual(failure { try CoreFile(try shop.write("short", "\u{7f}ELF")) }?.code, "malformed_elf")
  }

  private func write(_ shop: Workshop, _ name: String, _ bytes: [UInt8]) throws -> HostPath {
    try FileSystem.writeAtomically(bytes, to: shop.path(name), durable: false)
    return shop.path(name)
  }
}

/// A core dump by the kernel; nil where kernel.core_pattern does not name a plain file.
enum KernelCore {
  static func of(_ program: HostPath, in directory: HostPath) throws -> HostPath? {
    let pattern = String(decoding: try FileSystem.read("/proc/sys/kernel/core_pattern"), as: UTF8.self)
    guard !pattern.contains("|"), !pattern.contains("/") else { return nil }
    let place = directory / "dump"
    try FileSystem.createDirectory(place)
    _ = try Tools.run(
      "sh", ["-c", "ulimit -c unlimited; \"$1\" one two; true", "sh", program.description], in: place)
    return try DirectoryWalk.names(in: place).first.map { place / HostPath(bytes: $0) }
  }
}

/// A small core dump: one thread, one mapped file whose first 256 bytes are there.
enum CoreBytes {
  static func make(machine: ELFMachine = ELFMachine(.amd64), files list: [UInt8]? = nil) -> [UInt8] {
    let notes = note(1, status(machine)) + note(3, information()) + note(0x4649_4c45, list ?? files())
    let image = program(machine)
    let start = 64 + 2 * 56
    return header(type: 4, machine: machine, segments: 2)
      + segment(4, offset: start, address: 0, size: notes.count)
      + segment(1, offset: start + notes.count, address: 0x401000, size: image.count) + notes + image
  }

  private static func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  private static func header(type: Int, machine: ELFMachine, segments: Int) -> [UInt8] {
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + number(0, 8) + number(type, 2) + number(Int(machine.rawValue), 2)
      + number(1, 4) + number(0, 8) + number(64, 8) + number(0, 8) + number(0, 4) + number(64, 2) + number(56, 2)
      + number(segments, 2) + number(0, 6)
  }
  private static func segment(_ type: Int, offset: Int, address: Int, size: Int) -> [UInt8] {
    number(type, 4) + number(5, 4) + number(offset, 8) + number(address, 8) + number(0, 8) + number(size, 8)
      + number(size, 8) + number(4, 8)
  }
  private static func note(_ type: Int, _ description: [UInt8], name: String = "CORE") -> [UInt8] {
    let name = Array(name.utf8) + [0]
    return number(name.count, 4) + number(description.count, 4) + number(type, 4) + padded(name) + padded(description)
  }
  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }
  private static func status(_ machine: ELFMachine) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 392)
    bytes[12] = 11
    bytes[32] = 77
    let place = machine == ELFMachine(.amd64) ? 240 : 368
    bytes.replaceSubrange(place..<(place + 8), with: number(0x1234, 8))
    return bytes
  }
  private static func information() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 136)
    bytes.replaceSubrange(40..<46, with: Array("server".utf8))
    bytes.replaceSubrange(56..<67, with: Array("/app/server".utf8))
    return bytes
  }
  private static func files() -> [UInt8] {
    number(2, 8) + number(4096, 8) + number(0x401000, 8) + number(0x402000, 8) + number(0, 8)
      + number(0x402000, 8) + number(0x405000, 8) + number(1, 8) + Array("/app/server\0/app/server\0".utf8)
  }
  /// The same mapping again and again.
  static func files(times: Int) -> [UInt8] {
    number(times, 8) + number(4096, 8)
      + (0..<times).flatMap { _ in number(0x401000, 8) + number(0x402000, 8) + number(0, 8) }
      + (0..<times).flatMap { _ in Array("/app/server\0".utf8) }
  }
  /// Headers that want to be at 0x400000, and a build-id of ten bytes.
  private static func program(_ machine: ELFMachine) -> [UInt8] {
    let id = note(3, (0..<10).map { UInt8($0) }, name: "GNU")
    return header(type: 2, machine: machine, segments: 2)
      + segment(1, offset: 0, address: 0x400000, size: 0x4000)
      + segment(4, offset: 64 + 2 * 56, address: 0x4000b0, size: id.count) + id
  }
}
