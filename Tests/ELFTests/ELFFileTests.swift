import PackCore
import XCTest

@testable import ELF

final class ELFFileTests: XCTestCase {
  /// Compiler flags, and what the file must say of itself.
  func testProgramsOfEveryKind() throws {
    let shop = try Workshop()
    struct Row {
      var flags: [String]
      var kind = ELFFile.Kind.shared
      var pie = true
      var isStatic = false
      var relro = ELFFile.Relro.full
      var stack = ELFFile.Stack.nonExecutable
      var musl = false
    }
    let rows: [Row] = [
      Row(flags: ["-pie", "-fPIE", "-Wl,-z,relro,-z,now"]),
      Row(flags: ["-no-pie", "-Wl,-z,relro,-z,now"], kind: .executable, pie: false),
      Row(flags: ["-pie", "-Wl,-z,relro,-z,lazy"], relro: .partial),
      Row(flags: ["-pie", "-Wl,-z,norelro"], relro: .none),
      Row(flags: ["-pie", "-Wl,-z,execstack,-z,now"], stack: .executable),
      Row(flags: ["-static", "-no-pie"], kind: .executable, pie: false, isStatic: true, relro: .partial),
      Row(flags: ["-static-pie", "-Wl,-z,now"], isStatic: true),
      Row(flags: ["-static", "-no-pie"], kind: .executable, pie: false, isStatic: true, relro: .partial, musl: true),
      Row(flags: ["-no-pie", "-Wl,-z,now"], kind: .executable, pie: false, musl: true),
    ]
    for (index, row) in rows.enumerated() {
      let path = try shop.compile("p\(index)", hello, row.flags, compiler: row.musl ? "musl-gcc" : "gcc")
      let elf = try ELFFile(path)
      let name = "\(row.musl ? "musl " : "")\(row.flags)"
      XCTAssertEqual(elf.kind, row.kind, name)
      XCTAssertEqual(elf.isPositionIndependentProgram, row.pie, name)
      XCTAssertTrue(elf.isProgram, name)
      XCTAssertEqual(elf.isStatic, row.isStatic, name)
      XCTAssertEqual(elf.relro, row.relro, name)
      XCTAssertEqual(elf.stack, row.stack, name)
      XCTAssertEqual(elf.architectureName, Platform.host.architecture.rawValue, name)
      XCTAssertTrue(elf.matches(.host), name)
      XCTAssertEqual(elf.interpreter == nil, row.isStatic, name)
      XCTAssertEqual(elf.needed, row.isStatic ? [] : [row.musl ? "libc.so" : "libc.so.6"], name)
      if row.isStatic { XCTAssertEqual(elf.canary, .unknown, name) }
      try compareWithReadelf(elf, path, shop)
    }
  }

  func testSearchPathsAndNames() throws {
    let shop = try Workshop()
    let library = try shop.library(
      "libone.so.1", function: "one", ["-Wl,-rpath,$ORIGIN/../x:/opt/y", "-Wl,--enable-new-dtags"])
    var elf = try ELFFile(library)
    XCTAssertEqual(elf.soname, "libone.so.1")
    XCTAssertEqual(elf.runpath, ["$ORIGIN/../x", "/opt/y"])
    XCTAssertEqual(elf.rpath, [])
    XCTAssertTrue(elf.isSharedObject)
    try compareWithReadelf(elf, library, shop)
    elf = try ELFFile(
      shop.library("libtwo.so", function: "two", ["-Wl,-rpath,/a", "-Wl,--disable-new-dtags", "-Wl,-z,nodefaultlib"]))
    XCTAssertEqual(elf.rpath, ["/a"])
    XCTAssertEqual(elf.runpath, [])
    XCTAssertTrue(elf.skipsDefaultDirectories)
  }

  func testHintsFromImports() throws {
    let shop = try Workshop()
    let source = """
      #include <stdio.h>
      #include <string.h>
      #include <iconv.h>
      #include <dlfcn.h>
      int main(int n, char **v) {
        char buffer[16]; strcpy(buffer, v[0]); puts(buffer);
        if (n > 9) { iconv_open("a", "b"); dlopen(v[1], 0); }
        return 0; }
      """
    let hard = try ELFFile(shop.compile("hard", source, ["-O2", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2"]))
    XCTAssertEqual(hard.canary, .present)
    XCTAssertEqual(hard.fortify, .present)
    XCTAssertTrue(hard.usesIconv)
    XCTAssertTrue(hard.usesDlopen)
    let soft = try ELFFile(
      shop.compile("soft", source, ["-O2", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-Wl,--hash-style=sysv"]))
    XCTAssertEqual(soft.canary, .absent)
    XCTAssertEqual(soft.fortify, .absent)
    XCTAssertGreaterThan(soft.importCount ?? 0, 3)
    XCTAssertFalse(try ELFFile(shop.compile("plain", hello)).usesIconv)
    // Without section headers (e_shoff, e_shnum, e_shstrndx zero) the loader's own tables say the same.
    for name in ["hard", "soft"] {
      var bytes = try FileSystem.read(shop.path(name))
      bytes.replaceSubrange(40..<48, with: [UInt8](repeating: 0, count: 8))
      bytes.replaceSubrange(60..<64, with: [UInt8](repeating: 0, count: 4))
      XCTAssertEqual(try ELFFile(bytes, name: name), name == "hard" ? hard : soft)
    }
  }

  func testObjectFilesAndWritableCode() throws {
    let shop = try Workshop()
    let object = try shop.compile("o.o", hello, ["-c"])
    XCTAssertEqual(try ELFFile(object).kind, .relocatable)
    XCTAssertFalse(try ELFFile(object).isProgram)
    let bare = ["-nostdlib", "-static", "-no-pie", "-Wl,-N", "-Wl,-e,main"]
    let wx = try shop.compile("wx", "int x = 1; int main(void) { return x; }", bare)
    XCTAssertEqual(try ELFFile(wx).writableExecutableSegments, 1)
    try shop.run("ar", ["rc", "libo.a", "o.o"])
    XCTAssertNil(try ELFFile.readIfELF(shop.path("libo.a")))
    XCTAssertEqual(failure { try ELFFile(shop.path("libo.a")) }?.code, "not_an_elf")
  }

  /// Files of the system, against readelf.
  func testSystemFilesAgreeWithReadelf() throws {
    let shop = try Workshop()
    let source = HostRuntimeSource()
    for name in ["lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6", "usr/bin/env", "bin/sh"] {
      guard let file = try source.file(at: XCTUnwrap(RootPath(name))) else { continue }
      let elf = try ELFFile(file.host)
      try compareWithReadelf(elf, file.host, shop)
      XCTAssertEqual(elf.isSharedObject, name.hasPrefix("lib"), name)
    }
  }

  private func compareWithReadelf(
    _ elf: ELFFile, _ path: HostPath, _ shop: Workshop, file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let text = try shop.run("readelf", ["-hldnW", path.description])
    let lines = text.split(separator: "\n").map(String.init)
    func values(_ tag: String) -> [String] {
      lines.filter { $0.contains("(\(tag))") }.compactMap { line in
        line.split(separator: "[").last?.split(separator: "]").first.map(String.init)
      }
    }
    XCTAssertEqual(elf.needed, values("NEEDED"), path.description, file: file, line: line)
    XCTAssertEqual(elf.soname, values("SONAME").first, path.description, file: file, line: line)
    XCTAssertEqual(elf.runpath.joined(separator: ":"), values("RUNPATH").first ?? "", file: file, line: line)
    XCTAssertTrue(text.contains("\(elf.kind.rawValue) ("), path.description, file: file, line: line)
    let interpreter = lines.first { $0.contains("program interpreter:") }.map {
      String($0.split(separator: ":")[1].dropFirst().dropLast())
    }
    XCTAssertEqual(elf.interpreter, interpreter, path.description, file: file, line: line)
    let buildID = lines.first { $0.contains("Build ID:") }.map { String($0.split(separator: " ").last ?? "") }
    XCTAssertEqual(elf.buildID, buildID, path.description, file: file, line: line)
    XCTAssertEqual(elf.relro != .none, text.contains("GNU_RELRO"), path.description, file: file, line: line)
    let symbols = try shop.run("readelf", ["--dyn-syms", "-W", path.description]).split(separator: "\n")
    let undefined = symbols.filter { line in
      let words = line.split(separator: " ")
      return words.count >= 8 && words[6] == "UND"
    }.count
    if elf.hasDynamicSection { XCTAssertEqual(elf.importCount, undefined, path.description, file: file, line: line) }
  }
}

final class ELFFuzzTests: XCTestCase {
  /// Cut off at any place, and with any bytes changed: a value or a Failure that names the file, never a trap.
  func testDamagedFilesNeverTrap() throws {
    let shop = try Workshop()
    let inputs = [
      try FileSystem.read(shop.compile("dynamic", hello, ["-s"])),
      try FileSystem.read(shop.library("libx.so", function: "x", ["-Wl,--hash-style=both"])),
    ]
    var random = Random(seed: 0x656c66)
    var accepted = 0
    for round in 0..<1500 {
      var bytes = inputs[round % inputs.count]
      if round % 5 == 0 {
        bytes = Array(bytes.prefix(random.below(bytes.count)))
      } else {
        for _ in 0...random.below(6) {
          // Headers, program headers and the dynamic section are where damage matters most.
          let place = random.below(2) == 0 ? random.below(1024) : random.below(bytes.count)
          bytes[place] = [0, 0xff, 0x7f, 0x80, UInt8(random.below(256))][random.below(5)]
        }
      }
      do {
        _ = try ELFFile(bytes, name: "damaged")
        accepted += 1
      } catch let failure as Failure {
        XCTAssertTrue(["malformed_elf", "not_an_elf"].contains(failure.code), failure.description)
        XCTAssertTrue(failure.message.contains("damaged"), failure.message)
        XCTAssertEqual(failure.exit, .badInput)
      }
      if round % 10 == 0 { try checkAsFile(bytes, shop) }
    }
    XCTAssertGreaterThan(accepted, 50)
    XCTAssertLessThan(accepted, 1450)
  }

  /// The same bytes as a file, through strip too.
  private func checkAsFile(_ bytes: [UInt8], _ shop: Workshop) throws {
    let path = shop.path("damaged.bin")
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
    do {
      _ = try ELFFile.readIfELF(path)
      _ = try Strip.strip(path, to: shop.path("damaged.out"))
    } catch let failure as Failure {
      XCTAssertEqual(failure.exit, .badInput, failure.description)
    }
  }

  func testWhatIsWrongIsSaid() throws {
    let shop = try Workshop()
    let whole = try FileSystem.read(shop.compile("p", hello))
    let rows: [(Int, String)] = [(20, "not a valid ELF file"), (whole.count / 3, "reaches past the end")]
    for (count, text) in rows {
      let message = failure { try ELFFile(Array(whole.prefix(count)), name: "cut") }?.message ?? ""
      XCTAssertTrue(message.contains(text), message)
      XCTAssertTrue(message.contains("cut"), message)
    }
  }
}
