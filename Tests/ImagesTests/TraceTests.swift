import PackCore
import TestSupport
import XCTest

@testable import Images

/// What is found in the texts that runtimes, sanitizers and kernels write.
final class TraceTests: XCTestCase {
  private typealias Place = Trace.Frame.Place

  func testTheFormsOfALine() throws {
    let rows: [(String, module: String?, Place, isReturn: Bool)] = [
      ("./server(+0x11a7) [0x55f3964f51a7]", "./server", .offset(0x11a7), true),
      ("./server(main+0x1b) [0x55f3964f51d0]", "./server", .symbol("main", 0x1b), true),
      ("2026-01-02 app: /app/server() [0x401136]", "/app/server", .address(0x401136), true),
      ("    #0 0x4a1b2c  (/app/server+0x1234) (BuildId: 0123456789abcdef)", "/app/server", .offset(0x1234), false),
      ("    #3 0x4a1b2c  (/app/my server+0xa)", "/app/my server", .offset(0xa), false),
      ("#0  0x000055d2e1b3a139 n/a (server + 0x1139)", "server", .offset(0x1139), false),
      ("#1  0x000055d2e1b3a139 n/a (server + 0x1139)", "server", .offset(0x1139), true),
      (
        "server[7]: segfault at 0 ip 000055f3964f51a7 sp 00007ffd2d80f5c0 error 6 in server[55f3964f5000+1000]",
        "server", .codeOffset(0x1a7), false
      ),
      (
        "server[7]: segfault at 0 ip 55f3964f51a7 sp 7ffd error 6 in server[11a7,55f3964f5000+1000] likely on CPU 0",
        "server", .codeOffset(0x1a7), false
      ),
      (
        "traps: server[7] trap invalid opcode ip:401136 sp:7ffd error:0 in server[401000+1000]", "server",
        .codeOffset(0x136), false
      ),
      ("[   12.1]  broken+0x12/0x40", nil, .symbol("broken", 0x12), true),
      ("RIP: 0010:broken+0x12/0x40", nil, .symbol("broken", 0x12), false),
      ("[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b1c2]", nil, .address(0x47b1c2), false),
      ("#1  0x0000555555555151 in ?? ()", nil, .address(0x555555555151), true),
      ("   4:     0x55a4b7c0d2f5 - <unknown>", nil, .address(0x55a4b7c0d2f5), true),
    ]
    for (text, module, place, isReturn) in rows {
      let trace = try Trace(Array(text.utf8), name: "row")
      XCTAssertEqual(trace.frames.count, 1, text)
      XCTAssertEqual(trace.frames.first?.module, module, text)
      XCTAssertEqual(trace.frames.first?.place, place, text)
      XCTAssertEqual(trace.frames.first?.isReturn, isReturn, text)
    }
    XCTAssertEqual(try Trace(Array(rows[3].0.utf8), name: "row").frames.first?.buildID, "0123456789abcdef")
  }

  func testLinesThatSayNothing() throws {
    let rows = [
      "", "goroutine 1 [running]:", "\t/packc/source/main.go:12 +0x1d", "main.main()",
      "\t/packc/source/main.go:12 +0x1d fp=0xc00009cf50 sp=0xc00009cf30 pc=0x47b1c2", "f(a + b)", "x(+) [0x1]",
      "thread 'main' panicked at src/main.rs:3:5:", "   4: server::main", "             at ./src/main.rs:4:5",
      "#1 0x55f3964f51a7 in main /packc/source/server.c:3:1", "exit status (1+2)", "()", "(((((",
      "build id", "BuildId: 12", "name+0x/0x", "a+0x10000000000000000/0x1",
    ]
    for text in rows {
      let trace = try Trace(Array(text.utf8), name: "row")
      XCTAssertEqual(trace.frames, [], text)
      XCTAssertEqual(trace.buildIDs, [], text)
    }
  }

  func testOtherLinesCompleteAFrame() throws {
    let text = """
      Module /app/server with build-id 61735fc1dce358568d18f95b17d5091bd9341b6e
      #0  0x000055d2e1b3a139 n/a (server + 0x1139)
      #1  0x0000555555555151 in ?? ()
      555555554000-555555555000 r--p 00000000 08:01 12    /app/other
      555555555000-555555556000 r-xp 00001000 08:01 12    /app/other
      """
    let trace = try Trace(Array(text.utf8), name: "text")
    XCTAssertEqual(trace.frames.map(\.line), [2, 3])
    XCTAssertEqual(trace.frames[0].buildID, "61735fc1dce358568d18f95b17d5091bd9341b6e")
    XCTAssertEqual(trace.frames[1].module, "/app/other")
    XCTAssertEqual(trace.frames[1].place, .offset(0x1151))
    XCTAssertEqual(trace.buildIDs, ["61735fc1dce358568d18f95b17d5091bd9341b6e"])
    let file = try Trace(Array("server: ELF, BuildID[sha1]=61735FC1DCE3, stripped".utf8), name: "file")
    XCTAssertEqual(file.buildIDs, ["61735fc1dce3"])
  }

  /// A return address is one instruction behind its call; what a signal interrupted made no call.
  func testTheFrameBelowASignalHandlerIsTheInstructionItself() throws {
    for between in [
      "/lib/x86_64-linux-gnu/libc.so.6(__restore_rt+0x0) [0x7f01]", "#1  <signal handler called>",
      "#1  0x00007f01 in __restore_rt () from /lib/x86_64-linux-gnu/libc.so.6",
    ] {
      let text = "./s(handler+0x1d) [0x1]\n\(between)\n./s(crash+0xb) [0x2]\n./s(main+0x9) [0x3]\n"
      let frames = try Trace(Array(text.utf8), name: "text").frames.filter { $0.module == "./s" }
      XCTAssertEqual(frames.map(\.isReturn), [true, false, true], between)
    }
  }

  func testATextThatIsTooLargeIsRefused() throws {
    assertFailure("trace_too_large") {
      try Trace([UInt8](repeating: 0x20, count: Trace.sizeLimit + 1), name: "text")
    }
  }

  /// Frames beyond the limit are lines without a frame.
  func testTheNumberOfFramesIsBounded() throws {
    let text = String(repeating: "./server(+0x11a7) [0x1]\n", count: 20_500)
    XCTAssertEqual(try Trace(Array(text.utf8), name: "text").frames.count, 20_000)
  }

  func testWhatTheToolsAnswer() {
    let text = """
      0x00000000000011a7
      crash
      /packc/source/server.c:7 (discriminator 3)
      main
      /packc/source/server.c:12:20
      0x0000000000000001
      ??
      ??:0
      0x2
      _start
      ??:?
      """
    XCTAssertEqual(
      AddressTool.parse(text),
      [
        [
          SourceLine(function: "crash", file: "/packc/source/server.c", line: 7),
          SourceLine(function: "main", file: "/packc/source/server.c", line: 12),
        ], [], [SourceLine(function: "_start")],
      ])
    XCTAssertEqual(AddressTool.parse(""), [])
  }
}

final class TraceFuzzTests: XCTestCase {
  func testMutatedLines() throws {
    let good = """
      ./server(+0x11a7) [0x55f3964f51a7]
          #0 0x4a1b2c  (/app/server+0x1234) (BuildId: 0123456789abcdef)
      server[7]: segfault at 0 ip 55f3964f51a7 sp 7ffd error 6 in server[11a7,55f3964f5000+1000] likely on CPU 0
      RIP: 0010:broken+0x12/0x40
      #1  0x0000555555555151 in ?? ()
      555555554000-555555555000 r--p 00000000 08:01 12    /app/other
      Module /app/server with build-id 61735fc1dce358568d18f95b17d5091bd9341b6e
      """
    let seed = Fuzzing.seed(21)
    var random = SeededRandom(seed: seed)
    let alphabet = Array("0123456789abcdef+()[]x# :/-,.\n\t".utf8)
    var frames = 0
    for round in 0..<Fuzzing.rounds(2000) {
      var bytes = Array(good.utf8)
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: at)
        case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0x20, at: at)
        case 2: bytes[at] = UInt8.random(in: 0 ... .max, using: &random)
        default: bytes.replaceSubrange(at..<min(bytes.count, at + 20), with: bytes[..<min(20, at)])
        }
      }
      let trace = try Trace(bytes, name: "text")
      XCTAssertTrue(trace.frames.allSatisfy { (1...trace.lines.count).contains($0.line) }, "seed \(seed) \(round)")
      frames += trace.frames.count
    }
    XCTAssertGreaterThan(frames, 2000)
  }

  func testRandomToolOutput() {
    var random = SeededRandom(seed: Fuzzing.seed(22))
    let pieces = ["0x1", "0xzz", "??", "??:0", "a:1", "a:1:2", ":", "::", "", " (discriminator 1)", "main", "/x y:3"]
    for _ in 0..<Fuzzing.rounds(2000) {
      let lines = (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
      let groups = AddressTool.parse(lines.joined(separator: "\n"))
      XCTAssertEqual(groups.count, lines.count { $0 == "0x1" }, "\(lines)")
    }
  }
}
