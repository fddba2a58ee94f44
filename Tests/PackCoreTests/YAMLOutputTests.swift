import PackCore
import TestSupport
import XCTest

/// YAML that packc writes is read by a reader that is not packc's, as the value that it was.
final class YAMLOutputTests: XCTestCase {
  private static let script = """
    import json, sys, yaml
    for number, (text, value) in enumerate(json.load(sys.stdin)):
        found = yaml.safe_load(text)
        if found != value: print(number, repr(text), repr(found), repr(value))
    """

  private func text(_ random: inout SeededRandom) -> String {
    let words = [
      "", "a", "true", "No", "~", "null", "1", "1e3", "0x1f", "2026-12-01", "- a", "a: b", "# a", "&a", "*a", "'", "\"",
      "a\nb",
      " a ", "%", "@", "`", "{}", "[", "|", ">", "\u{0}", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "\u{fffe}", "ü",
      "\u{1f600}",
      "=", "<<", "on", "a-b_c", "\\", "\t", "y", "12:30:45",
    ]
    return (0..<Int.random(in: 1...3, using: &random)).map { _ in words.randomElement(using: &random)! }.joined()
  }

  private func value(_ depth: Int, _ random: inout SeededRandom) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
    case 0: return .string(text(&random))
    case 1: return .integer(Int64.random(in: .min ... .max, using: &random))
    case 2: return .bool(Bool.random(using: &random))
    case 3: return .null
    case 4, 5:
      return .object(
        Dictionary(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in (text(&random), value(depth - 1, &random)) },
          uniquingKeysWith: { $1 }))
    default: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1, &random) })
    }
  }

  func testAnotherReaderGetsTheSameValue() throws {
    let seed = Fuzzing.seed(31)
    var random = SeededRandom(seed: seed)
    let values = (0..<Fuzzing.rounds(500)).map { _ in value(4, &random) }
    let rows = JSONValue.array(values.map { .array([.string(YAMLOutput.text($0)), $0]) })
    let result = try ProcessRunner().run(
      Command(
        ["python3", "-c", Self.script], environment: ["PATH": "/usr/bin:/bin"],
        input: .bytes(CanonicalJSON.encode(rows)), timeout: 120))
    XCTAssertTrue(result.succeeded, result.errorText)
    XCTAssertEqual(result.outputText, "", "seed \(seed)")
  }

  func testItIsInBlocksSortedByKey() {
    let value: JSONValue = ["b": [["x": 1, "y": []], "yes"], "a": ["k": "v w"], "c": [:]]
    XCTAssertEqual(
      YAMLOutput.text(value), "a:\n  k: \"v w\"\nb:\n  - x: 1\n    \"y\": []\n  - \"yes\"\nc: {}\n")
  }
}
