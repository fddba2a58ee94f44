internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class ProgressTests: XCTestCase {
  private static let second: UInt64 = 1_000_000_000
  private static let story: [ProgressEvent] = [
    .decision(Decision(what: "go", value: "1.22", source: "go.mod")),
    .stepStarted(id: "build", title: "go build -o ${work}/shop ."),
    .stepLine(id: "build", text: "net/http"),
    .stepProgress(id: "build", done: 1, total: 4),
    .stepEnded(id: "build", status: .ran, reason: "input changed", seconds: 1.26),
    .stepEnded(id: "fetch", status: .reused, reason: "nothing changed", seconds: 0),
    .stepEnded(id: "test", status: .failed, reason: "exit code 2", seconds: 125),
    .note("wrote packc.lock"),
    .warning("no lock\nsecond line", hint: "packc lock"),
    .warning("plain", hint: nil),
  ]

  private func render(_ renderer: some ProgressRenderer, _ events: [ProgressEvent] = story) -> String {
    var renderer = renderer
    return events.map { renderer.render($0, now: 0, columns: 80) }.joined() + renderer.finish(now: 0, columns: 80)
  }

  func testPlainLines() {
    XCTAssertEqual(
      render(PlainRenderer(palette: Palette(isOn: false))),
      """
      • go 1.22 ← go.mod
      ▸ build: go build -o ${work}/shop .
      build │ net/http
      ✓ build ran (input changed) 1.2s
      ✓ fetch reused (nothing changed) 0.0s
      ✗ test failed (exit code 2) 2m05s
      wrote packc.lock
      warning: no lock
      second line
        next: packc lock
      warning: plain

      """)
  }

  func testABriefStepHasOnePlainLine() {
    XCTAssertEqual(
      render(
        PlainRenderer(palette: Palette(isOn: false)),
        [
          .briefStepStarted(id: "a", title: "2 kB to x"), .stepStarted(id: "b", title: "2 MB to x"),
          .stepEnded(id: "a", status: .reused, reason: "is there already", seconds: 0),
          .stepEnded(id: "b", status: .ran, reason: "", seconds: 1),
        ]),
      "▸ b: 2 MB to x\n✓ a: 2 kB to x reused (is there already) 0.0s\n✓ b ran 1.0s\n")
  }

  func testPlainLinesInColour() {
    XCTAssertEqual(
      render(
        PlainRenderer(palette: Palette(isOn: true)),
        [
          .stepStarted(id: "a", title: "t"), .stepEnded(id: "a", status: .failed, reason: "", seconds: 1),
          .warning("w", hint: nil),
        ]),
      "\u{1b}[36m▸\u{1b}[0m a: t\n\u{1b}[31m✗\u{1b}[0m a failed \u{1b}[2m1.0s\u{1b}[0m\n\u{1b}[33mwarning:\u{1b}[0m w\n"
    )
  }

  func testQuietSaysWarningsOnly() {
    XCTAssertEqual(
      render(QuietRenderer(palette: Palette(isOn: false))),
      "warning: no lock\nsecond line\n  next: packc lock\nwarning: plain\n")
  }

  func testNDJSON() {
    XCTAssertEqual(
      render(JSONRenderer()),
      #"""
      {"event":"decision","source":"go.mod","value":"1.22","what":"go"}
      {"event":"step_started","id":"build","title":"go build -o ${work}/shop ."}
      {"event":"step_line","id":"build","text":"net/http"}
      {"done":1,"event":"step_progress","id":"build","total":4}
      {"event":"step_ended","id":"build","milliseconds":1260,"reason":"input changed","status":"ran"}
      {"event":"step_ended","id":"fetch","milliseconds":0,"reason":"nothing changed","status":"reused"}
      {"event":"step_ended","id":"test","milliseconds":125000,"reason":"exit code 2","status":"failed"}
      {"event":"note","text":"wrote packc.lock"}
      {"event":"warning","hint":"packc lock","text":"no lock\nsecond line"}
      {"event":"warning","text":"plain"}

      """#)
    XCTAssertEqual(
      render(JSONRenderer(), [.briefStepStarted(id: "a", title: "t")]),
      #"{"event":"step_started","id":"a","title":"t"}"# + "\n")
  }

  func testTheTreeOnATerminal() {
    var tree = TerminalTree(palette: Palette(isOn: false))
    func send(_ event: ProgressEvent, at seconds: Double, columns: Int = 40) -> String {
      tree.render(event, now: UInt64(seconds * 1e9), columns: columns)
    }
    XCTAssertEqual(send(.note("hello"), at: 0), "hello\n")
    XCTAssertEqual(send(.stepStarted(id: "build", title: "make"), at: 1), "▸ build: make  0.0s\n")
    XCTAssertEqual(
      send(.stepLine(id: "build", text: "one"), at: 2), "\u{1b}[1A\u{1b}[J▸ build: make  1.0s\n  │ one\n")
    XCTAssertEqual(
      send(.stepProgress(id: "build", done: 1, total: 3), at: 3),
      "\u{1b}[2A\u{1b}[J▸ build: make  1 B/3 B  2.0s\n  │ one\n")
    XCTAssertEqual(
      send(.decision(Decision(what: "a", value: "b", source: "c")), at: 4),
      "\u{1b}[2A\u{1b}[J• a b ← c\n▸ build: make  1 B/3 B  3.0s\n  │ one\n", "what lasts goes above")
    XCTAssertEqual(
      send(.stepEnded(id: "build", status: .ran, reason: "new", seconds: 4), at: 5),
      "\u{1b}[2A\u{1b}[J✓ build ran (new) 4.0s\n")
    XCTAssertEqual(tree.tick(now: 6 * Self.second, columns: 40), "")
    XCTAssertEqual(tree.finish(now: 6 * Self.second, columns: 40), "")
  }

  func testThingsAreCounted() {
    func event(_ done: Int) -> ProgressEvent {
      .stepCount(id: "k", done: done, total: 20, unit: "files", item: "\(done).c")
    }
    var tree = TerminalTree(palette: Palette(isOn: false))
    _ = tree.render(.stepStarted(id: "k", title: "t"), now: 0, columns: 60)
    XCTAssertEqual(
      tree.render(event(7), now: Self.second, columns: 60), "\u{1b}[1A\u{1b}[J▸ k: t  7/20 files  1.0s\n  │ 7.c\n")
    // A log has a line for each tenth.
    XCTAssertEqual(
      render(PlainRenderer(palette: Palette(isOn: false)), [event(1), event(2), event(3), event(4), event(9)]),
      "k │ 2 of about 20 files\nk │ 4 of about 20 files\nk │ 9 of about 20 files\n")
  }

  func testTheWindowHoldsTheLastLines() {
    var tree = TerminalTree(palette: Palette(isOn: false))
    _ = tree.render(.stepStarted(id: "s", title: "t"), now: 0, columns: 80)
    var last = ""
    for number in 1...9 {
      let text = number == 5 ? "  \t" : "line \(number)"
      last = tree.render(.stepLine(id: "s", text: text), now: UInt64(number) * Self.second, columns: 80)
    }
    XCTAssertEqual(last, "\u{1b}[5A\u{1b}[J▸ s: t  9.0s\n  │ line 6\n  │ line 7\n  │ line 8\n  │ line 9\n")
  }

  func testAFloodIsDrawnNowAndThen() {
    var tree = TerminalTree(palette: Palette(isOn: false))
    _ = tree.render(.stepStarted(id: "s", title: "t"), now: 0, columns: 80)
    var drawn = 0
    for number in 0..<10_000 {
      let text = tree.render(.stepLine(id: "s", text: "\(number)"), now: UInt64(number) * 100_000, columns: 80)
      if !text.isEmpty { drawn += 1 }
    }
    XCTAssertEqual(drawn, 19, "a second of it at 50 ms each")
    XCTAssertTrue(tree.tick(now: Self.second, columns: 80).contains("9999"), "the last line shows in the end")
  }

  func testTheTreeFitsTheWidth() {
    var tree = TerminalTree(palette: Palette(isOn: true))
    let long = String(repeating: "名", count: 100)
    for columns in [20, 21, 40, 79] {
      _ = tree.render(.stepStarted(id: "s\(columns)", title: long), now: 0, columns: columns)
      let text = tree.render(.stepLine(id: "s\(columns)", text: long), now: Self.second, columns: columns)
      for line in text.split(separator: "\n") {
        XCTAssertLessThan(DisplayText(String(line)).columns, columns, "\(columns): \(line)")
      }
      _ = tree.render(.stepEnded(id: "s\(columns)", status: .ran, reason: "", seconds: 0), now: 0, columns: columns)
    }
    let narrow = tree.render(.stepStarted(id: "s", title: long), now: 0, columns: 0)
    XCTAssertTrue(narrow.hasSuffix("0.0s\u{1b}[0m\n"), "a width that is not known counts as 20")
  }

  func testFinishTakesTheLivePartAway() {
    var tree = TerminalTree(palette: Palette(isOn: false))
    _ = tree.render(.stepStarted(id: "s", title: "t"), now: 0, columns: 80)
    XCTAssertEqual(tree.finish(now: 3 * Self.second, columns: 80), "\u{1b}[1A\u{1b}[J– s stopped 3.0s\n")
    XCTAssertEqual(tree.finish(now: 4 * Self.second, columns: 80), "")
  }

  func testOutputOfOthersCannotTouchTheTerminal() {
    let table: [(String, String)] = [
      ("plain", "plain"), ("\u{1b}[31mred\u{1b}[0m", "red"), ("\u{1b}]0;title\u{7}after", "after"),
      ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"), ("\u{1b}P1$r\u{1b}\\x", "x"),
      ("\u{9b}2Jx", "x"), ("a\u{7}\u{8}\u{0}b", "ab"), ("\u{1b}cx", "x"), ("\u{1b}(Bx", "x"),
      ("10%\r50%\r100%", "100%"), ("done\r\n", "done"), ("done\r", "done"), ("a\tb", "a       b"),
      ("\u{202e}evil\u{2066}", "evil"), ("\u{1b}[", ""), ("\u{1b}", ""), ("two\nlines", "two lines"),
      ("\u{1b}]52;c;ZXZpbA==\u{9c}x", "x"), ("e\u{301}ü", "e\u{301}ü"),
    ]
    for (raw, shown) in table { XCTAssertEqual(DisplayText(raw).text, shown, raw.debugDescription) }
    let nasty = "\u{1b}[2J\u{1b}[H\u{9b}A"
    let events: [ProgressEvent] = [
      .stepStarted(id: nasty, title: nasty), .stepLine(id: nasty, text: nasty + "x"), .note(nasty),
      .stepEnded(id: nasty, status: .failed, reason: nasty, seconds: 0), .warning(nasty, hint: nasty),
      .decision(Decision(what: nasty, value: nasty, source: nasty)),
    ]
    for text in [render(PlainRenderer(palette: Palette(isOn: false)), events), render(JSONRenderer(), events)] {
      XCTAssertFalse(text.contains("\u{1b}"), text.debugDescription)
    }
    let tree = render(TerminalTree(palette: Palette(isOn: false)), events)
    let own = tree.replacing(/\u{1b}\[\d+A\u{1b}\[J/, with: "")
    XCTAssertFalse(own.contains("\u{1b}"), tree.debugDescription)
  }

  func testWidths() {
    let table: [(String, Int)] = [
      ("", 0), ("abc", 3), ("名前", 4), ("e\u{301}", 1), ("😀", 2), ("ｆｕｌｌ", 8), ("한", 2), ("│", 1), ("\u{200b}", 0),
    ]
    for (text, columns) in table { XCTAssertEqual(DisplayText(text).columns, columns, text) }
    let cuts: [(String, Int, String)] = [
      ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("名前名", 5, "名前…"), ("名前名", 4, "名…"), ("abc", 1, "…"), ("abc", 0, ""),
      ("", 0, ""),
    ]
    for (text, limit, expected) in cuts {
      let fitted = DisplayText(text).fitted(to: limit)
      XCTAssertEqual(fitted, expected, "\(text) to \(limit)")
      XCTAssertLessThanOrEqual(DisplayText(fitted).columns, limit)
    }
  }

  func testDurations() {
    let table: [(Double, String)] = [
      (0, "0.0s"), (-1, "0.0s"), (.nan, "0.0s"), (0.06, "0.0s"), (9.99, "9.9s"), (59.99, "59.9s"), (60, "1m00s"),
      (3599, "59m59s"), (3600, "1h00m"), (90_061, "25h01m"), (.infinity, "277777h46m"),
    ]
    for (seconds, text) in table { XCTAssertEqual(EventLine.duration(seconds), text) }
  }

  func testColourIsOnWhereItIsWanted() {
    let table: [(ColorChoice, Bool, [String: String], Bool)] = [
      (.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
      (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["TERM": "dumb"], false),
      (.always, false, ["NO_COLOR": "1"], true), (.never, true, [:], false),
    ]
    for (choice, terminal, environment, expected) in table {
      XCTAssertEqual(
        choice.isOn(terminal: terminal, context: .test(environment: environment)), expected,
        "\(choice) \(terminal) \(environment)")
    }
  }

  func testEventsOfManyThreadsStayWhole() throws {
    let written = Locked("")
    let output = ProgressOutput(
      PlainRenderer(palette: Palette(isOn: false)), clock: { 0 }, columns: { 80 }, ticks: false,
      write: { text in written.withLock { $0 += text } })
    let threads = try (0..<4).map { number in
      try HostThread { for _ in 0..<200 { output.reporter.note(String(repeating: "\(number)", count: 50)) } }
    }
    for thread in threads { try thread.join() }
    output.finish()
    let lines = written.withLock { $0 }.split(separator: "\n")
    XCTAssertEqual(lines.count, 800)
    XCTAssertTrue(lines.allSatisfy { $0.count == 50 && Set($0).count == 1 })
  }

  func testTheTimeOfASilentStepMovesOn() {
    let clock = Locked<UInt64>(0)
    let written = Locked("")
    let output = ProgressOutput(
      TerminalTree(palette: Palette(isOn: false)), clock: { clock.withLock { $0 } }, columns: { 80 }, ticks: true,
      write: { text in written.withLockAndNotify { $0 += text } })
    output.reporter.send(.stepStarted(id: "s", title: "t"))
    clock.withLock { $0 = 7 * Self.second }
    _ = written.wait { $0.contains("▸ s: t  7.0s\n") ? true : nil }
    output.finish()
    XCTAssertTrue(written.withLock { $0 }.hasSuffix("– s stopped 7.0s\n"))
  }

  /// The factory in a child whose standard error is a pipe.
  func testTheFactoryWritesToStandardError() throws {
    if let style = TestChild["STYLE"].flatMap(ProgressOutput.Style.init) {
      let context = HostContext.test(
        environment: ["TERM": TestChild["TERM"] ?? ""], standardErrorColumns: style == .auto ? 80 : 0, clock: { 0 })
      let output = ProgressOutput.reporter(style: style, color: .always, context: context)
      output.reporter.send(.stepStarted(id: "s", title: "t"))
      output.finish()
      exit(0)
    }
    let plain = "\u{1b}[36m▸\u{1b}[0m s: t\n"
    let tree = "\u{1b}[36m▸\u{1b}[0m s: t\u{1b}[2m  0.0s\u{1b}[0m\n"
    let stopped = "\u{1b}[1A\u{1b}[J\u{1b}[33m–\u{1b}[0m s stopped \u{1b}[2m0.0s\u{1b}[0m\n"
    let table: [(ProgressOutput.Style, String, String)] = [
      (.plain, "", plain), (.quiet, "", ""), (.json, "", #"{"event":"step_started","id":"s","title":"t"}"# + "\n"),
      (.tree, "", tree + stopped), (.auto, "xterm", tree + stopped), (.auto, "dumb", plain),
    ]
    for (style, term, expected) in table {
      let result = try TestChild.run(
        "ProgressTests/testTheFactoryWritesToStandardError", ["STYLE": style.rawValue, "TERM": term])
      XCTAssertEqual(result.errorText, expected, "\(style) \(term)")
    }
  }
}
