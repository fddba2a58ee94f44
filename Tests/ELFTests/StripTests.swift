import Glibc
import PackCore
import XCTest

@testable import ELF

final class StripTests: XCTestCase {
  func testDynamicC() throws { try check(try Workshop(), "c") { try $0.compile("c", hello, ["-g3", "-O1"]) } }
  func testNonPIE() throws { try check(try Workshop(), "n") { try $0.compile("n", hello, ["-g", "-no-pie"]) } }
  func testStaticMusl() throws {
    try check(try Workshop(), "m") { try $0.compile("m", hello, ["-g", "-static"], compiler: "musl-gcc") }
  }
  func testCompressedDebugAndKeptRelocations() throws {
    try check(try Workshop(), "r") {
      try $0.compile("r", hello, ["-g", "-gz", "-Wl,--emit-relocs", "-ffunction-sections"])
    }
  }

  func testRust() throws {
    guard try Workshop().has("rustc") else { throw XCTSkip("rustc is not installed; packc does not ask for it yet") }
    try check(try Workshop(), "r") { shop in
      try shop.write("r.rs", "fn main() { println!(\"hello\"); }\n")
      try shop.run("rustc", ["-g", "-o", "r", "r.rs"])
      return shop.path("r")
    }
  }

  func testGo() throws {
    let shop = try Workshop()
    let name = "go"
    let build = { (shop: Workshop) -> HostPath in
      try shop.write("go.mod", "module example.com/hello\n\ngo 1.20\n")
      try shop.write("main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n")
      try shop.run(
        name, ["build", "-trimpath", "-o", "g", "."],
        environment: ["CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOCACHE": shop.path("cache").description])
      return shop.path("g")
    }
    try check(shop, "g", build)
    // What `go version -m` reads is still there.
    XCTAssertTrue(try shop.run(name, ["version", "-m", "g.stripped"]).contains("example.com/hello"))
    XCTAssertTrue(try shop.run("readelf", ["-SW", "g.stripped"]).contains(".gopclntab"))
  }

  func testSharedObjectKeepsItsDynamicSymbols() throws {
    let shop = try Workshop()
    let path = try shop.library("libs.so.1", function: "answer", ["-g"])
    let symbols = { (file: HostPath) in
      try shop.run("readelf", ["--dyn-syms", "-W", file.description])
    }
    let result = try Strip.strip(path, to: shop.path("out"), mode: 0o644)
    XCTAssertTrue(result.changed)
    XCTAssertEqual(try symbols(path), try symbols(shop.path("out")))
    XCTAssertEqual(try FileSystem.status(shop.path("out"))?.mode, 0o644)
  }

  func testWhatStaysUnchanged() throws {
    let shop = try Workshop()
    let symbols = try shop.compile("symbols", hello, ["-g"])
    let trailing = shop.path("trailing")
    try FileSystem.writeAtomically(try FileSystem.read(symbols) + Array("appended".utf8), to: trailing, durable: false)
    let rows: [(HostPath, String)] = [
      (try shop.compile("object.o", hello, ["-g", "-c"]), "not a linked"),
      (try shop.compile("stripped", hello, ["-s"]), "no symbol table"),
      (try shop.write("text", "#!/bin/sh\n"), "not an ELF"), (trailing, "data of its own"),
    ]
    for (path, reason) in rows {
      let result = try Strip.strip(path, to: shop.path("out"))
      XCTAssertFalse(result.changed, path.description)
      XCTAssertEqual(result.before, result.after)
      XCTAssertEqual(result.before, try FileSystem.digest(of: path))
      XCTAssertTrue(result.reason?.contains(reason) == true, result.reason ?? "")
      XCTAssertFalse(FileSystem.exists(shop.path("out")), path.description)
    }
  }

  /// Runs, is valid for readelf and eu-elflint, loads the same bytes at the same places, is the same each time, and is
  /// about as small as what the two strip tools make.
  private func check(_ shop: Workshop, _ name: String, _ build: (Workshop) throws -> HostPath) throws {
    let path = try build(shop)
    let output = shop.path("\(name).stripped")
    let result = try Strip.strip(path, to: output)
    XCTAssertTrue(result.changed, result.reason ?? "")
    XCTAssertTrue(result.removed.contains(".symtab"), "\(result.removed)")
    XCTAssertEqual(result.before, try FileSystem.digest(of: path))
    XCTAssertEqual(result.after, try FileSystem.digest(of: output))
    XCTAssertNotEqual(result.before, result.after)
    XCTAssertEqual(result.buildID, try ELFFile(output).buildID)
    XCTAssertEqual(try ELFFile(path), try ELFFile(output))
    XCTAssertEqual(try shop.run(output.description, []), "hello\n")
    try checkTools(shop, path, output)
    try checkSegments(path, output, shop)
    let again = try Strip.strip(path, to: shop.path("again"))
    XCTAssertEqual(again, result)
    let second = try Strip.strip(output, to: shop.path("second"))
    XCTAssertFalse(second.changed)
    for tool in ["strip", "eu-strip"] {
      try shop.run(tool, ["-o", "\(name).\(tool)", name])
      let size = try XCTUnwrap(FileSystem.status(output)).size
      let reference = try XCTUnwrap(FileSystem.status(shop.path("\(name).\(tool)"))).size
      XCTAssertLessThanOrEqual(size, reference + 512 + reference / 100, "\(tool): \(size) against \(reference)")
    }
  }

  private func checkTools(_ shop: Workshop, _ path: HostPath, _ output: HostPath) throws {
    let listing = try shop.attempt("readelf", ["-lSW", output.description])
    XCTAssertTrue(listing.succeeded)
    XCTAssertFalse(listing.errorText.contains("rror") || listing.errorText.contains("arning"), listing.errorText)
    // What the linker did that eu-elflint does not like is not ours; strip must add nothing.
    let lint = { (file: HostPath) in
      let result = try shop.attempt("eu-elflint", ["--gnu-ld", file.description])
      return Set((result.outputText + result.errorText).split(separator: "\n").map(Self.withoutNumbers))
    }
    let added = try lint(output).subtracting(try lint(path))
    XCTAssertEqual(added.filter { $0 != "No errors" }, [])
  }
  private static func withoutNumbers(_ line: Substring) -> String { String(line.filter { !$0.isNumber }) }

  /// All segments' bytes but the fields of the ELF header that name the section headers.
  private func checkSegments(_ path: HostPath, _ output: HostPath, _ shop: Workshop) throws {
    func image(_ path: HostPath) throws -> [UInt8] {
      var bytes = try FileSystem.read(path, limit: 1 << 28)
      for field in [40..<48, 60..<64] { bytes.replaceSubrange(field, with: [UInt8](repeating: 0, count: field.count)) }
      return bytes
    }
    let before = try image(path)
    let after = try image(output)
    func number(_ offset: Int, _ size: Int) -> Int {
      before[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    // ELF64, little endian: e_phoff at 32, e_phnum at 56; p_offset and p_filesz at 8 and 32 of each 56 bytes.
    let table = number(32, 8)
    XCTAssertGreaterThan(number(56, 2), 0)
    for index in 0..<number(56, 2) {
      let start = number(table + 56 * index + 8, 8)
      let end = start + number(table + 56 * index + 32, 8)
      XCTAssertEqual(before[start..<end], after[start..<end], "segment \(index)")
    }
  }
}
