import Glibc
import PackCore
import TestSupport
import XCTest

/// Build commands that end well and leave what cannot run.
final class ArtifactRefusalTests: XCTestCase {
  private func refuse(
    _ command: String, path: String = "out", exit: ExitCode = .badInput, says: [String], more: [String: String] = [:],
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let site = try Site()
    let project = try site.write(Projects.made(by: command, path: path).merging(more) { $1 }, to: "p")
    let result = try site.packc("build", "\(project)").run().expect(exit: exit, file: file, line: line)
    for text in says + ["next: "] { result.expect(standardErrorContains: text, file: file, line: line) }
    XCTAssertFalse(FileSystem.exists(project / ".packc/image"), "an output is left", file: file, line: line)
    XCTAssertFalse(FileSystem.exists(project / ".packc/unikernel"), "an output is left", file: file, line: line)
    XCTAssertEqual(try site.workInProgress(), [], file: file, line: line)
    // What failed once is not believed later.
    try site.packc("build", "\(project)").run().expect(exit: exit, file: file, line: line)
  }

  func testMissing() throws {
    try refuse(
      "mkdir bin && cp /bin/true bin/server", path: "bin/serve", exit: .stepFailed,
      says: ["bin/serve", "artifact", "bin/server"])
  }

  func testMissingWithoutACommand() throws {
    let site = try Site()
    let project = try site.write(["unik.yaml": "version: 1\nartifact: {path: server}\n"], to: "p")
    let result = try site.packc("build", "\(project)").run()
    XCTAssertNotEqual(result.result.end, .exited(0))
    result.expect(standardErrorContains: "server").expect(standardErrorContains: "next: ")
  }

  /// The ELF header of a static program for AArch64 (elf(5)): 64 bits, little-endian, ET_EXEC, e_machine 183.
  private static let arm64: [UInt8] = {
    var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    header += [2, 0, 183, 0, 1, 0, 0, 0]  // type, machine, version
    header += [0x78, 0, 0x40, 0, 0, 0, 0, 0]  // entry
    header += [64, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)  // program headers, section headers
    header += [0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]  // flags, sizes and counts
    // PT_LOAD, R+X: the whole file at 0x400000.
    header += [1, 0, 0, 0, 5, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
    for value in [0x400000, 0x400000, 120, 120, 0x1000] {
      header += (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    return header
  }()

  func testOfAnotherArchitecture() throws {
    let octal = Self.arm64.map { "\\0" + String($0, radix: 8) }.joined()
    try refuse("printf '%b' '\(octal)' > out && chmod +x out", says: ["/app/out", "arm64", "amd64"])
  }

  func testNeitherELFNorScript() throws {
    let rows = [
      ("echo just words > out && chmod +x out", "a text file"), (": > out && chmod +x out", "an empty file"),
      ("printf 'MZ\\220' > out && chmod +x out", "a Windows program"),
      ("printf 'int x;' > x.c && cc -c -o out x.c && chmod +x out", "not linked"),
      ("head -c 100 /bin/true > out && chmod +x out", "not a valid ELF file"),
    ]
    for (command, says) in rows { try refuse(command, says: ["out", says]) }
  }

  func testAScriptWhoseInterpreterIsNotInTheImage() throws {
    try refuse(
      "printf '#!/usr/bin/perl\\nprint 1;\\n' > out && chmod +x out",
      says: ["/usr/bin/perl", "not an ELF and not a script with an interpreter in the closure"])
    try refuse("printf '#!/bin/sh\\ntrue\\n' > out && chmod +x out", says: ["/bin/sh"])
  }

  func testALibraryThatCannotBeFoundIsNamedWithItsUser() throws {
    let command = """
      cc -shared -fPIC -o libgone.so gone.c && cc -o out main.c -L. -lgone && rm libgone.so
      """
    try refuse(
      command, says: ["/app/out", "libgone.so", "neither in the image nor on this machine", "looked in"],
      more: [
        "gone.c": "int gone(void) { return 1; }\n", "main.c": "int gone(void);\nint main(void) { return gone(); }\n",
      ])
  }
}
