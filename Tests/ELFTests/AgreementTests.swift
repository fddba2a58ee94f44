import PackCore
import TestSupport
import XCTest

@testable import ELF

/// What packc says of programs and libraries of this machine, beside what readelf and checksec say.
final class AgreementTests: XCTestCase {
  private static let wanted = 100

  /// Programs and libraries of this architecture, in the order of their names, some of them static.
  private func samples() throws -> [(path: HostPath, elf: ELFFile)] {
    var found: [(HostPath, ELFFile)] = []
    var seen: Set<HostPath> = []
    for directory in ["/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/sbin", "/usr/lib/git-core"] {
      guard FileSystem.isDirectory(HostPath(directory)) else { continue }
      let names = try DirectoryWalk.names(in: HostPath(directory)).sorted { $0.lexicographicallyPrecedes($1) }
      var taken = 0
      for name in names where taken < Self.wanted / 2 {
        let path = HostPath(directory) / HostPath(bytes: name)
        guard let real = FileSystem.resolve(path), try FileSystem.target(real)?.kind == .file,
          seen.insert(real).inserted,
          let elf = try? ELFFile.readIfELF(real), elf.matches(.host), elf.isProgram || elf.isSharedObject
        else { continue }
        found.append((real, elf))
        taken += 1
      }
    }
    return Array(found.prefix(Self.wanted))
  }

  func testReadelfAgreesOnHundredFiles() throws {
    let samples = try samples()
    try XCTSkipIf(samples.count < Self.wanted, "this machine has only \(samples.count) programs and libraries")
    for (path, elf) in samples {
      let text = try Tools.output("readelf", ["-W", "-h", "-l", "-d", "-n", path.description])
      func values(_ pattern: String) -> [String] {
        text.split(separator: "\n").filter { $0.contains(pattern) }.compactMap { line in
          line.split(separator: "[").dropFirst().first?.prefix { $0 != "]" }.description
        }
      }
      let lines = text.split(separator: "\n")
      XCTAssertEqual(elf.needed, values("(NEEDED)"), "\(path)")
      XCTAssertEqual(elf.runpath, values("(RUNPATH)").flatMap { $0.split(separator: ":").map(String.init) }, "\(path)")
      XCTAssertEqual(elf.rpath, values("(RPATH)").flatMap { $0.split(separator: ":").map(String.init) }, "\(path)")
      let type = lines.first { $0.contains("Type:") }.map(String.init) ?? ""
      XCTAssertTrue(type.contains("\(elf.kind.rawValue) ("), "\(path): \(type)")
      let interpreter = text.split(separator: "Requesting program interpreter: ").dropFirst().first
        .map { String($0.prefix { $0 != "]" }) }
      XCTAssertEqual(elf.interpreter, interpreter, "\(path)")
      // Go's linker leaves its build-id out of the notes that are loaded, where packc and debuggers of dumps look.
      if elf.buildID != nil || !text.contains(".note.go.buildid") {
        XCTAssertEqual(
          elf.buildID, lines.first { $0.contains("Build ID: ") }?.split(separator: "Build ID: ").last.map(String.init),
          "\(path)")
      }
      let stack = lines.first { $0.contains("GNU_STACK") }.map { $0.contains("RWE") }
      XCTAssertEqual(elf.stack, stack.map { $0 ? .executable : .nonExecutable } ?? .unspecified, "\(path)")
      XCTAssertEqual(
        elf.writableExecutableSegments, lines.count { $0.contains("LOAD ") && $0.contains("RWE") }, "\(path)")
    }
  }

  /// checksec calls a static program without symbols "No canary found" and "Full RELRO" by what it does not see; packc
  /// says unknown there, and is compared on what both can see.
  func testChecksecAgreesOnHundredFiles() throws {
    let samples = try samples()
    try XCTSkipIf(samples.count < Self.wanted, "this machine has only \(samples.count) programs and libraries")
    for (path, elf) in samples {
      let text = try Tools.output("checksec", ["--file=\(path)", "--output=csv"])
      let fields = text.split(separator: "\n").last?.split(separator: ",").map(String.init) ?? []
      guard fields.count > 5 else {
        XCTFail("\(path): \(text)")
        continue
      }
      XCTAssertEqual(
        elf.relro, ["Full RELRO": .full, "Partial RELRO": .partial, "No RELRO": ELFFile.Relro.none][fields[0]],
        "\(path)")
      if elf.canary != .unknown {
        XCTAssertEqual(elf.canary, fields[1] == "Canary found" ? .present : .absent, "\(path)")
      }
      XCTAssertEqual(elf.stack == .nonExecutable, fields[2] == "NX enabled", "\(path)")
      XCTAssertEqual(
        elf.isPositionIndependentProgram, fields[3] == "PIE enabled", "\(path): \(fields[3]), \(elf.kind)")
      XCTAssertEqual(elf.runpath.isEmpty, fields[5] == "No RUNPATH", "\(path)")
    }
  }
}
