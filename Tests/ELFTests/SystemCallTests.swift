import PackCore
import TestSupport
import XCTest

@testable import ELF

/// System calls of static programs: the decoder beside objdump, the lists beside strace.
final class SystemCallTests: XCTestCase {
  /// Where objdump says that instructions begin.
  private func objdump(_ file: HostPath, in shop: Workshop) throws -> Set<UInt64> {
    let text = try shop.run(
      "sh",
      ["-c", "objdump -d -w -j .text --no-show-raw-insn \"$0\" | sed -n 's/^ *\\([0-9a-f]*\\):.*/\\1/p'", "\(file)"])
    return Set(text.split(separator: "\n").compactMap { UInt64($0, radix: 16) })
  }

  func testTheDecoderFindsTheInstructionsThatObjdumpFinds() throws {
    let shop = try Workshop()
    for tool in ["objdump", "readelf"] { _ = try Tools.require(tool) }
    let program = try shop.compile("all", hello, ["-O2", "-static", "-mavx2"])
    for file in [program, "/usr/bin/bash"] where FileSystem.exists(file) {
      let expected = try objdump(file, in: shop)
      let handle = try ELFHandle(file)
      let line = try shop.run("sh", ["-c", "readelf -SW \"$0\" | sed -n 's/^.* \\.text *PROGBITS *//p'", "\(file)"])
      let words = line.split(separator: " ").compactMap { UInt64($0, radix: 16) }
      let bytes = try handle.bytes(words[1], words[2], ".text")
      var found: Set<UInt64> = []
      var position = 0
      while position < bytes.count {
        let one = try XCTUnwrap(
          X86Instruction(bytes, at: position), "\(file): \(String(words[0] + UInt64(position), radix: 16))")
        found.insert(words[0] + UInt64(position))
        position += one.length
      }
      XCTAssertEqual(expected.subtracting(found), [], "\(file)")
      // objdump takes a wait for a part of what follows.
      for extra in found.subtracting(expected) {
        XCTAssertEqual(bytes[Int(extra - words[0]) - 1], 0x9b, "\(file): \(String(extra, radix: 16))")
      }
      XCTAssertGreaterThan(expected.count, 50_000)
      XCTAssertGreaterThan(handle.size, UInt64(bytes.count))
    }
  }

  private static let worker = """
    #include <netinet/in.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/socket.h>
    #include <unistd.h>
    int main(void) {
      printf("%d\\n", getpid());
      free(malloc(300000));
      int s = socket(AF_INET, SOCK_STREAM, 0);
      struct sockaddr_in at = {.sin_family = AF_INET};
      if (bind(s, (void *)&at, sizeof at) || listen(s, 1)) return 1;
      char text[16];
      int file = dup(s);
      close(file);
      return write(1, text, 0) != 0 || close(s) != 0;
    }

    """

  /// What strace sees is in the list, and musl's programs have a whole one.
  func testEveryCallThatIsMadeIsInTheList() throws {
    let shop = try Workshop()
    for tool in ["strace", "musl-gcc"] { _ = try Tools.require(tool) }
    for (compiler, isWhole) in [("musl-gcc", true), ("gcc", nil as Bool?)] {
      let program = try shop.compile("worker-\(compiler)", Self.worker, ["-O2", "-static"], compiler: compiler)
      try shop.run("strace", ["-n", "-o", "trace", "\(program)"])
      let trace = String(decoding: try FileSystem.read(shop.path("trace")), as: UTF8.self)
      // The first is the execve that starts it.
      let made = Set(
        trace.split(separator: "\n").dropFirst().compactMap { line in
          line.first == "[" ? UInt32(line.dropFirst().prefix { $0 != "]" }.filter { $0 != " " }) : nil
        })
      XCTAssertGreaterThan(made.count, 8, trace)
      let file = try XCTUnwrap(try ELFFile.readIfELF(program))
      let found = try XCTUnwrap(try SystemCalls.read(program, file))
      XCTAssertEqual(made.subtracting(found.numbers), [], "\(compiler)")
      XCTAssertGreaterThan(found.sites, 10)
      if let isWhole { XCTAssertEqual(found.isWhole, isWhole, "\(found.unknown) \(found.doubts)") }
      // No symbol is needed.
      try shop.run("strip", ["\(program)"])
      XCTAssertEqual(try SystemCalls.read(program, file), found)
    }
    let dynamic = try shop.compile("dynamic", hello)
    XCTAssertNil(try SystemCalls.read(dynamic, XCTUnwrap(try ELFFile.readIfELF(dynamic))))
  }

  func testWhatANumberMayComeFrom() throws {
    let shop = try Workshop()
    let rows: [(String, [UInt32], isWhole: Bool)] = [
      ("mov $60, %eax\\nsyscall", [60], true), ("mov $-1, %rax\\nsyscall", [.max], true),
      ("xor %eax, %eax\\nmov $39, %al\\nsyscall", [39], true),
      ("mov $1, %eax\\ntest %edi, %edi\\nje 1f\\nmov $2, %eax\\n1: syscall", [1, 2], true),
      ("mov %edi, %eax\\ntest %rax, %rax\\nje 1f\\nhlt\\n1: syscall", [0], true),
      ("mov %edi, %eax\\ntest %eax, %eax\\njne 1f\\nsyscall\\n1: hlt", [0], true),
      ("mov %edi, %eax\\ntest %eax, %eax\\nje 1f\\nsyscall\\n1: hlt", [], false),
      ("mov %edi, %eax\\ntest %ecx, %eax\\nje 1f\\nhlt\\n1: syscall", [], false),
      ("mov $1, %ebx\\n2: mov %ebx, %eax\\nsyscall\\njmp 2b", [1], true),
      ("mov $39, %ebx\\ncall f\\nmov %ebx, %eax\\nsyscall\\nhlt\\nf: ret", [39], true),
      ("mov $39, %eax\\ncall f\\nsyscall\\nhlt\\nf: ret", [], false),
      ("mov $3, %edi\\ncall f\\nmov $4, %edi\\ncall f\\nhlt\\nf: mov %rdi, %rax\\nsyscall\\nret", [3, 4], true),
      ("mov $3, %edi\\ncall f\\nlea f(%rip), %rcx\\nhlt\\nf: mov %rdi, %rax\\nsyscall\\nret", [], false),
      ("mov $3, %edi\\ncall f\\nhlt\\nf: mov %rdi, %rax\\nsyscall\\nret\\n.data\\n.quad f", [], false),
      ("mov n(%rip), %eax\\nsyscall\\n.data\\nn: .long 5", [], false), ("syscall", [], false),
      ("mov $5, %eax\\ncmove %ecx, %eax\\nsyscall", [], false), ("mov $5, %eax\\nrdtsc\\nsyscall", [], false),
      ("mov $5, %eax\\nsyscall\\nsyscall", [5], false), ("mov $5, %eax\\njmp *%rcx\\nsyscall", [], false),
      ("mov $5, %eax\\nint $0x80", [], false), ("mov $59, %eax\\nsyscall", [59], false),
      ("mov $5, %eax\\nsyscall\\n.byte 6", [5], false),
      ("mov $7, %eax\\ntest %edi, %edi\\nje 1f\\n.byte 0xf0\\n1: incl (%rcx)\\nsyscall", [7], true),
    ]
    for (text, numbers, isWhole) in rows {
      let source = "__asm__(\".globl _start\\n_start: nop\\n\(text)\\nhlt\");"
      let program = try shop.compile("row", source, ["-nostdlib", "-static", "-O0"])
      let found = try XCTUnwrap(try SystemCalls.read(program, XCTUnwrap(try ELFFile.readIfELF(program))))
      XCTAssertEqual(found.numbers.sorted(), numbers, text)
      XCTAssertEqual(found.isWhole, isWhole, "\(text): \(found)")
    }
    // In data that may be executed: nobody knows who jumps there.
    let hidden = try shop.compile(
      "hidden", "const char text[] = \"\\x0f\\x05\"; void _start(void) { __asm__(\"mov $60, %eax\\nsyscall\"); }",
      ["-nostdlib", "-static", "-Wl,-z,noseparate-code", "-Wl,-N"])
    let found = try XCTUnwrap(try SystemCalls.read(hidden, XCTUnwrap(try ELFFile.readIfELF(hidden))))
    XCTAssertFalse(found.isWhole)
  }

  func testTheNamesAreTheKernels() throws {
    let header = HostPath("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    guard FileSystem.exists(header) else { throw XCTSkip("no header of the kernel") }
    for line in String(decoding: try FileSystem.read(header), as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[1].hasPrefix("__NR_"), let number = UInt32(words[2]), number <= 450 else {
        continue
      }
      XCTAssertEqual(SystemCallNames.name(of: number), String(words[1].dropFirst(5)))
    }
    XCTAssertEqual(SystemCallNames.all.count, 362)
    XCTAssertEqual(SystemCallNames.name(of: 400), "400")
  }

  func testRandomCodeIsBounded() throws {
    var random = SeededRandom(seed: Fuzzing.seed(31))
    for _ in 0..<Fuzzing.rounds(300) {
      // Much of what follows numbers, with few kinds of bytes.
      let some: [UInt8] = [0x0f, 0x05, 0xb8, 0xeb, 0xe8, 0x74, 0x89, 0x66, 0x48, 0xc4, 0x62, 0x00, 0xff]
      let isNarrow = Bool.random(using: &random)
      let bytes = (0..<Int.random(in: 0...3000, using: &random)).map { _ in
        isNarrow ? some[Int.random(in: some.indices, using: &random)] : UInt8.random(in: 0...255, using: &random)
      }
      bytes.withUnsafeBytes { bytes in
        for position in bytes.indices {
          guard let one = X86Instruction(bytes, at: position) else { continue }
          XCTAssertTrue((1...15).contains(one.length))
          XCTAssertLessThanOrEqual(position + one.length, bytes.count)
          _ = (one.writes, one.flow, one.value(of: 0))
        }
        guard let code = MachineCode([(address: 0x40_1000, bytes: bytes)]) else { return XCTFail("too large") }
        var search = NumberSearch(code)
        for place in code.systemCalls { _ = search.numbers(at: place) }
      }
    }
  }

  func testRandomDamageOfAProgramIsBounded() throws {
    let shop = try Workshop()
    let program = try shop.compile(
      "tiny", "void _start(void) { __asm__(\"mov $60, %eax\\nsyscall\"); }", ["-nostdlib", "-static"])
    let good = try FileSystem.read(program)
    var random = SeededRandom(seed: Fuzzing.seed(32))
    for _ in 0..<Fuzzing.rounds(400) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        // Most of it in the headers.
        let end = Bool.random(using: &random) ? min(400, bytes.count) : bytes.count
        bytes[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let handle = try? ELFHandle(bytes, name: "random") else { continue }
      do { _ = try SystemCalls(handle) } catch let failure as Failure { XCTAssertEqual(failure.code, "malformed_elf") }
    }
    // Jumps as many as there can be: a second at most, and no answer.
    var jumps = [UInt8](repeating: 0xeb, count: 12 << 20)
    for position in stride(from: 1, to: jumps.count, by: 2) { jumps[position] = 0xfe }
    jumps.withUnsafeBytes { XCTAssertNil(MachineCode([(address: 0x1000, bytes: $0)])) }
  }
}
