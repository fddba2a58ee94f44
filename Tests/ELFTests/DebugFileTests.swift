import PackCore
import TestSupport
import XCTest

@testable import ELF

/// The debug file of a program, asked by binutils' and elfutils' tools: what they say of it is what they say of the
/// program before it was stripped.
final class DebugFileTests: XCTestCase {
  private static let program = """
    #include <stdio.h>
    static int twice(int value) {
      return 2 * value;
    }
    __attribute__((noinline)) int middle(int value) {
      int sum = 0;
      for (int i = 0; i < value; i++)
        sum += twice(i);
      return sum;
    }
    int main(int count, char **words) {
      printf("%d %s\\n", middle(count), words[0]);
      return 0;
    }

    """

  func testDynamicC() throws { try check("c") { try $0.compile("c", Self.program, ["-g3", "-O1"]) } }
  func testNonPIE() throws { try check("n") { try $0.compile("n", Self.program, ["-g", "-no-pie"]) } }
  func testSharedObject() throws {
    try check("libc.so") { try $0.compile("libc.so", Self.program, ["-g", "-shared", "-fPIC"]) }
  }
  func testStaticMusl() throws {
    try check("m") { try $0.compile("m", Self.program, ["-g", "-static"], compiler: "musl-gcc") }
  }
  func testCompressedDebugAndKeptRelocations() throws {
    try check("r", unstrip: false) {
      try $0.compile("r", Self.program, ["-g", "-gz", "-Wl,--emit-relocs", "-ffunction-sections"])
    }
  }
  func testWithoutABuildID() throws {
    try check("w") { try $0.compile("w", Self.program, ["-g", "-Wl,--build-id=none"]) }
  }
  func testSeparateCodeOff() throws {
    try check("s") { try $0.compile("s", Self.program, ["-g", "-Wl,-z,noseparate-code"]) }
  }
  func testClang() throws {
    guard try Workshop().has("clang") else { return }
    try check("c") { try $0.compile("c", Self.program, ["-g", "-O1"], compiler: "clang") }
  }

  func testRust() throws {
    try check("r") { shop in
      try shop.write(
        "r.rs", "fn twice(v: u32) -> u32 {\n    v * 2\n}\nfn main() {\n    println!(\"{}\", twice(3));\n}\n")
      try shop.run("rustc", ["-g", "-o", "r", "r.rs"])
      return shop.path("r")
    }
  }

  func testGo() throws {
    try check("g") { shop in
      try shop.write("go.mod", "module example.com/hello\n\ngo 1.20\n")
      try shop.write("main.go", "package main\n\nfunc main() {\n\tprintln(\"hello\")\n}\n")
      try shop.run(
        "go", ["build", "-trimpath", "-ldflags=-buildid=", "-o", "g", "."],
        environment: ["CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOCACHE": shop.path("cache").description])
      return shop.path("g")
    }
  }

  func testNoDebugFileOfWhatIsNotStripped() throws {
    let shop = try Workshop()
    let rows = [
      try shop.compile("object.o", hello, ["-g", "-c"]), try shop.compile("stripped", hello, ["-s"]),
      try shop.write("text", "#!/bin/sh\n"), try shop.write("empty", ""),
    ]
    for path in rows {
      XCTAssertFalse(try DebugFile.write(path, to: shop.path("out")), path.description)
      XCTAssertFalse(FileSystem.exists(shop.path("out")), path.description)
    }
  }

  private func check(_ name: String, unstrip: Bool = true, _ build: (Workshop) throws -> HostPath) throws {
    let shop = try Workshop()
    let path = try build(shop)
    let debug = shop.path("\(name).debug")
    XCTAssertTrue(try DebugFile.write(path, to: debug))
    XCTAssertTrue(try DebugFile.write(path, to: shop.path("again")))
    XCTAssertEqual(try FileSystem.digest(of: debug), try FileSystem.digest(of: shop.path("again")))
    XCTAssertTrue(try Strip.strip(path, to: shop.path("\(name).stripped")).changed)
    XCTAssertEqual(try ELFFile(debug).buildID, try ELFFile(path).buildID)

    let listing = try shop.attempt("readelf", ["-lSnsW", debug.description])
    XCTAssertTrue(listing.succeeded)
    XCTAssertEqual(listing.errorText, "")
    let addresses = try functions(shop, path)
    for tool in ["addr2line", "eu-addr2line"] {
      let ask = { (file: HostPath) in
        try shop.attempt(tool, ["-f", "-i", "-e", file.description] + addresses)
      }
      let original = try ask(path)
      // elfutils 0.188 does not read what Go 1.25 and later write.
      if name == "g", tool == "eu-addr2line", !original.succeeded { continue }
      let (before, after) = (original.outputText, try ask(debug).outputText)
      XCTAssertEqual(before, after, tool)
      XCTAssertGreaterThan(before.split(separator: "\n").count { !$0.hasPrefix("??") }, 4, before)
    }
    if unstrip { try checkUnstrip(shop, name, path) }
    // About as large as what objcopy makes.
    try shop.run("objcopy", ["--only-keep-debug", name, "reference"])
    let size = try XCTUnwrap(FileSystem.status(debug)).size
    let reference = try XCTUnwrap(FileSystem.status(shop.path("reference"))).size
    XCTAssertLessThanOrEqual(size, reference + 4096, "\(size) against \(reference)")
  }

  /// Addresses at and a little after the start of functions, at most sixty of all that there are.
  private func functions(_ shop: Workshop, _ path: HostPath) throws -> [String] {
    let all = try shop.run("nm", ["--defined-only", path.description]).split(separator: "\n").compactMap {
      line -> UInt64? in
      let fields = line.split(separator: " ")
      guard fields.count == 3, ["t", "T"].contains(fields[1]) else { return nil }
      return UInt64(fields[0], radix: 16)
    }
    let own = try shop.run("nm", ["--defined-only", path.description]).split(separator: "\n").compactMap {
      line -> UInt64? in
      let fields = line.split(separator: " ")
      guard let last = fields.last, ["main", "middle", "main.main"].contains(last) || last.contains("twice") else {
        return nil
      }
      return UInt64(fields[0], radix: 16)
    }
    let sample = all.enumerated().filter { $0.offset % max(1, all.count / 25) == 0 }.map(\.element)
    return (own + sample).flatMap { [$0, $0 + 7] }.map { "0x" + String($0, radix: 16) }
  }

  /// What eu-unstrip puts together again has the program's sections and symbols.
  private func checkUnstrip(_ shop: Workshop, _ name: String, _ path: HostPath) throws {
    try shop.run("eu-unstrip", ["-o", "whole", "\(name).stripped", "\(name).debug"])
    let whole = shop.path("whole")
    for section in [".symtab", ".text"] {
      XCTAssertTrue(try shop.run("readelf", ["-SW", whole.description]).contains(section), section)
    }
    let symbols = { (file: HostPath) in
      Set(
        try shop.run("nm", [file.description]).split(separator: "\n").map {
          String($0.split(separator: " ").last ?? "")
        })
    }
    XCTAssertEqual(try symbols(path), try symbols(whole))
  }
}

extension DebugFile {
  /// To a file; false, and no file, when there is none to write.
  static func write(_ input: HostPath, to output: HostPath) throws -> Bool {
    var bytes: [UInt8] = []
    guard try write(input, { bytes += $0 }) else { return false }
    try FileSystem.writeAtomically(bytes, to: output, durable: false)
    return true
  }
}
