import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// Versions and ranges, also against npm's own reader of them.
final class NodeVersionTests: XCTestCase {
  func testVersionsAreOrdered() throws {
    let ordered = [
      "0.0.1-0", "0.0.1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.2.0",
    ]
    let versions = try ordered.map { try XCTUnwrap(SemanticVersion($0), $0) }
    for (a, b) in zip(versions, versions.dropFirst()) { XCTAssertLessThan(a, b) }
    for text in ["", "1", "1.2", "1.2.x", "a.b.c", "1.2.3.4", "1.2.3-", "-1.2.3", "99999999999.0.0"] {
      XCTAssertNil(SemanticVersion(text), text)
    }
  }

  func testRanges() throws {
    let rows: [(range: String, yes: [String], no: [String])] = [
      ("^18.2", ["18.2.0", "18.99.1"], ["18.1.9", "19.0.0", "18.3.0-rc.1"]),
      (">=18 <21 || 22.x", ["18.0.0", "20.5.0", "22.1.0"], ["17.9.9", "21.0.0", "23.0.0"]),
      ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]), ("1.2 - 2", ["1.2.0", "2.9.9"], ["3.0.0", "1.1.9"]),
      ("*", ["0.0.0", "99.0.0"], ["1.0.0-a"]), ("", ["1.0.0"], []), ("20", ["20.0.0", "20.20.2"], ["21.0.0"]),
      (">= 16.0.0", ["16.0.0", "20.0.0"], ["15.9.9"]), ("^0.2.3", ["0.2.9"], ["0.3.0"]),
      ("^0.0.3", ["0.0.3"], ["0.0.4"]),
      ("<18", ["17.0.0"], ["18.0.0", "18.0.0-0"]), (">18", ["19.0.0"], ["18.9.9"]), ("=1.2.3", ["1.2.3"], ["1.2.4"]),
      (">=3.0.0-0", ["3.0.0-0"], []), (">=3.0.0-0 || *", ["3.0.0", "1.0.0"], ["3.0.0-0"]),
      ("^1.0.0-rc.1", ["1.0.0-rc.2", "1.5.0"], ["1.0.0-beta", "1.1.0-rc.1"]),
    ]
    for row in rows {
      let range = try XCTUnwrap(SemanticRange(row.range), row.range)
      for text in row.yes { XCTAssertTrue(range.allows(try XCTUnwrap(SemanticVersion(text))), "\(row.range) \(text)") }
      for text in row.no { XCTAssertFalse(range.allows(try XCTUnwrap(SemanticVersion(text))), "\(row.range) \(text)") }
    }
    for text in ["latest", "lts/iron", "1.2.3 || nonsense", "workspace:*", "^1.2.3.4"] {
      XCTAssertNil(SemanticRange(text), text)
    }
  }

  /// Random ranges, judged by npm's own library.
  func testRandomRangesAgreeWithNpm() throws {
    let node = try Tools.require("node")
    let npm = try XCTUnwrap(FileSystem.resolve(try Tools.require("npm")))
    let seed = Fuzzing.seed(71)
    var random = SeededRandom(seed: seed)
    var cases: [(range: String, version: String)] = []
    for _ in 0..<Fuzzing.rounds(2000) {
      let version = Self.version(&random, partial: false)
      let parts = (0...Int.random(in: 0...2, using: &random)).map { _ in Self.simple(&random) }
      cases.append((parts.joined(separator: Bool.random(using: &random) ? " " : " || "), version))
    }
    let document = JSONValue.array(cases.map { [.string($0.range), .string($0.version)] })
    let script = """
      const semver = require(require.resolve("semver", {paths: [process.argv[1]]}));
      const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
      console.log(cases.map(([r, v]) => semver.validRange(r) === null ? "-" : semver.satisfies(v, r) ? "1" : "0").join(""));
      """
    let answer = try Tools.output(
      "\(node)", ["-e", script, "\(npm.parent)"], environment: ["NODE_PATH": "/usr/share/nodejs"],
      input: CanonicalJSON.encode(document))
    let verdicts = Array(answer.filter { "-01".contains($0) })
    XCTAssertEqual(verdicts.count, cases.count)
    for (row, verdict) in zip(cases, verdicts) {
      let ours = SemanticRange(row.range).map { $0.allows(SemanticVersion(row.version)!) ? "1" : "0" } ?? "-"
      XCTAssertEqual(ours, String(verdict), "\"\(row.range)\" \(row.version) (seed \(seed))")
    }
  }

  private static func version(_ random: inout SeededRandom, partial: Bool) -> String {
    let count = partial ? Int.random(in: 1...3, using: &random) : 3
    var text = (0..<count).map { _ in "\(Int.random(in: 0...3, using: &random))" }.joined(separator: ".")
    if partial, count < 3, Int.random(in: 0...3, using: &random) == 0 { text += ".x" }
    if count == 3, Int.random(in: 0...5, using: &random) == 0 {
      text += "-" + ["0", "rc.1", "beta"].randomElement(using: &random)!
    }
    return text
  }
  private static func simple(_ random: inout SeededRandom) -> String {
    let sign = ["", "", "=", ">", "<", ">=", "<=", "^", "^", "~", ">= "].randomElement(using: &random)!
    if Int.random(in: 0...15, using: &random) == 0 { return "*" }
    return sign + version(&random, partial: true)
  }

  func testWhatVersionFilesMean() throws {
    let rows: [(text: String, allowed: [Int], not: [Int])] = [
      ("lts/iron", [20], [18, 22]), ("lts/*", [18, 20, 22], [19, 21]), ("node", [18, 21], []), ("v20.11.0", [20], [18]),
      ("20", [20], [22]), ("jod", [22], [20]), ("lts/Hydrogen", [18], [20]), ("18.x", [18], [20]),
    ]
    for row in rows {
      let wish = NodeWishes.Wish(
        text: row.text, source: "", location: .init(path: ""), meaning: NodeWishes.meaning(row.text, pins: true))
      for major in row.allowed { XCTAssertEqual(wish.allows(SemanticVersion(major, 99)), true, "\(row.text) \(major)") }
      for major in row.not { XCTAssertEqual(wish.allows(SemanticVersion(major, 99)), false, "\(row.text) \(major)") }
    }
    XCTAssertNil(NodeWishes.meaning("some_invalid_version", pins: true))
  }
}
