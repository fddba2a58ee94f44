import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

final class ReportPageTests: XCTestCase {
  static func report(_ extra: [SampleImage.Item] = [], labels: [String: String] = [:]) throws -> ImageReport {
    var sample = SampleImage(layers: [
      ("runtime", [SampleImage.file("usr/lib/libc.so.6", size: 1_900_000), SampleImage.file("etc/passwd", "root")]),
      ("dependencies", (0..<40).map { SampleImage.file("app/lib/m\($0)/f.py", size: Int64(1000 + $0 * 700)) }),
      ("application", [SampleImage.file("app/main.py", "print(1)")] + extra),
    ])
    sample.labels = labels.merging(["dev.packc.version": "1"]) { $1 }
    sample.project = FileOwner(kind: .project, name: "shop")
    sample.recorded = OwnerRules(of: [
      (RootPath(literal: "usr/lib/libc.so.6"), FileOwner(kind: .debian, name: "libc6", version: "2.36")),
      (RootPath(literal: "etc/passwd"), nil), (RootPath(literal: "app/x"), nil),
    ])
    var old = sample
    old.layers[1].items.removeLast(3)
    let steps: JSONValue = [
      [
        "id": "build", "title": "go build", "status": "ran", "reason": "inputs changed", "start_ms": 5,
        "duration_ms": 900,
      ],
      ["id": "layers", "title": "compress", "status": "reused", "start_ms": 905, "duration_ms": 0],
    ]
    let snapshot = try sample.snapshot()
    return ImageReport(
      snapshot: snapshot, change: ImageDiff(try old.snapshot(), snapshot), changeNote: "",
      timeline: try BuildTimeline(JSONReader(steps)))
  }

  private func page(_ report: ImageReport) -> String { String(decoding: report.page(), as: UTF8.self) }

  /// The text between the tags of the page's data.
  private func tree(_ page: String) throws -> JSONValue {
    let start = try XCTUnwrap(page.range(of: "id=\"tree\">"))
    let end = try XCTUnwrap(page.range(of: "</script>", in: start.upperBound))
    return try JSONParser.parse(Array(page[start.upperBound..<end.lowerBound].utf8))
  }

  func testTheSameValuesGiveTheSameBytes() throws {
    XCTAssertEqual(try Self.report().page(), try Self.report().page())
  }

  func testThePageHasWhatItSays() throws {
    let text = page(try Self.report())
    for part in [
      "sample:latest", "libc6", "2.36", "Since the build before", "3 added", "go build", "inputs changed", "sha256:",
    ] {
      XCTAssertTrue(text.contains(part), part)
    }
    let tree = try tree(text)
    XCTAssertEqual(tree["c"]?.array?.count, 3)
    func sum(_ node: JSONValue) -> Int64 { node["c"]?.array?.reduce(0) { $0 + sum($1) } ?? node["b"]?.integer ?? 0 }
    XCTAssertEqual(sum(tree), tree["b"]?.integer, "the parts are the whole")
    XCTAssertEqual(sum(tree), try Self.report().snapshot.fileBytes)
  }

  func testThePolicyAllowsThePagesOwnScriptAndNothingElse() throws {
    let text = page(try Self.report())
    XCTAssertTrue(text.contains("default-src 'none'"))
    for (name, open, close) in [("style", "<style>", "</style>"), ("script", "<script>", "</script>")] {
      let start = try XCTUnwrap(text.range(of: open))
      let end = try XCTUnwrap(text.range(of: close, in: start.upperBound))
      let source = HTML.hashSource(of: String(text[start.upperBound..<end.lowerBound]))
      XCTAssertTrue(text.contains("\(name)-src \(source)"), name)
    }
    for outside in ["http://", "https://", "//cdn", "@import", "url(", "style=\"", "onclick"] {
      XCTAssertFalse(text.contains(outside), outside)
    }
  }

  func testHostileNamesAreTextEverywhere() throws {
    let names = [
      "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'&<!--", "a\u{202e}gnp.exe", "]]>",
    ]
    let items = names.enumerated().map {
      SampleImage.file(
        bytes: Array("app/".utf8) + Array($1.utf8).filter { $0 != 0x2f }, [UInt8](repeating: 1, count: 90_000 + $0))
    }
    let text = page(
      try Self.report(
        items + [SampleImage.file(bytes: Array("app/".utf8) + [0xff, 0xfe, 0x3c], [1, 2, 3])],
        labels: ["</style><b>": "<script>x</script>"]))
    XCTAssertEqual(try WellFormed.problems(text), [])
    XCTAssertFalse(text.contains("<img"))
    XCTAssertFalse(text.contains("\u{202e}"))
    XCTAssertEqual(text.split(separator: "<script", omittingEmptySubsequences: false).count, 3, "two scripts, as ever")
  }

  func testRandomNamesLeaveThePageWellFormed() throws {
    let seed = Fuzzing.seed(3)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "<", ">", "</script>", "<!--", "-->", "&", "\"", "'", "]]>", "\u{1b}", "é", "\\u003c", "{{", "\u{2028}", "a",
    ]
    for round in 0..<Fuzzing.rounds(25) {
      func text() -> [UInt8] {
        (0..<Int.random(in: 1...8, using: &random)).flatMap { _ in
          Int.random(in: 0..<6, using: &random) == 0
            ? random.bytes(2).map { $0 == 0x2f || $0 == 0 ? 0x78 : $0 }
            : Array((pieces.randomElement(using: &random) ?? "a").utf8).map { $0 == 0x2f ? 0x7c : $0 }
        }
      }
      let items = (0..<5).map { _ in
        SampleImage.file(bytes: Array("app/d".utf8) + text(), random.bytes(Int.random(in: 0...3000, using: &random)))
      }
      let label = String(decoding: text(), as: UTF8.self)
      let page = page(try Self.report(items, labels: [label: label, "dev.packc.mode": label]))
      XCTAssertEqual(try WellFormed.problems(page), [], "seed \(seed), round \(round)")
      XCTAssertNoThrow(try tree(page), "seed \(seed), round \(round)")
    }
  }

  func testManyFilesAreFolded() throws {
    let items = (0..<6000).map {
      SampleImage.file(
        "app/node_modules/package-with-a-name-\($0 % 900)/lib/some/module-\($0).js", size: Int64($0 % 997) * 31)
    }
    let bytes = try Self.report(items).page()
    XCTAssertLessThan(bytes.count, 500_000)
    XCTAssertEqual(try tree(String(decoding: bytes, as: UTF8.self))["f"]?.integer, 6_043)
  }
}

extension String {
  /// The first place of `text` from `start` on.
  fileprivate func range(of text: String, in start: Index? = nil) -> Range<Index>? {
    self[(start ?? startIndex)...].firstRange(of: text)
  }
}

/// As much of HTML's syntax as the page uses: each element is closed where it was opened, attributes are quoted, and `&`
/// begins a character reference.
enum WellFormed {
  private static let void: Set<String> = ["meta", "br", "rect"]

  static func problems(_ page: String) throws -> [String] {
    var problems: [String] = []
    var open: [String] = []
    // As a browser takes it: to Swift, a mark that combines with the ">" before it makes another character of that.
    let page = String(decoding: page.utf8.map { $0 < 0x80 ? $0 : UInt8(ascii: "x") }, as: UTF8.self)
    var rest = page[...].dropFirst("<!doctype html>".count)
    while let start = rest.firstIndex(of: "<") {
      problems += text(rest[..<start])
      guard let end = rest[start...].firstIndex(of: ">") else { return problems + ["a tag without an end"] }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        if open.popLast() != String(tag.dropFirst()) { problems.append("</\(tag.dropFirst())> closes another element") }
        continue
      }
      let name = String(tag.prefix { !$0.isWhitespace && $0 != "/" })
      let known = #"^[a-z][a-z0-9]*( [a-zA-Z-]+(="[^"<]*")?)*/?$"#
      if try Regex(known).firstMatch(in: String(tag)) == nil { problems.append("no tag of ours: <\(tag)>") }
      if void.contains(name) { continue }
      if name == "script" || name == "style" {
        guard let close = rest.firstRange(of: "</\(name)>") else { return problems + ["<\(name)> without an end"] }
        if rest[..<close.lowerBound].contains("<!--") { problems.append("a comment begins in <\(name)>") }
        rest = rest[close.upperBound...]
      } else {
        open.append(name)
      }
    }
    return problems + open.map { "<\($0)> is not closed" } + text(rest)
  }

  private static func text(_ text: Substring) -> [String] {
    var problems: [String] = []
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
    where !["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: part.hasPrefix) {
      problems.append("& without a reference: \(part.prefix(20))")
    }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" }) { problems.append("a control") }
    return problems
  }
}
