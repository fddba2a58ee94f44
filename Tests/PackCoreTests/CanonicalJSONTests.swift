internal import TestSupport
import XCTest

@testable import PackCore

final class CanonicalJSONTests: XCTestCase {
  func testOneFormForEachValue() {
    let table: [(JSONValue, String)] = [
      (.null, "null"), (true, "true"), (.integer(.min), "-9223372036854775808"), (.number(1.5), "1.5"),
      (.number(.nan), "null"), (.number(.infinity), "null"), ([], "[]"), ([:], "{}"), ([1, [2], [:]], "[1,[2],{}]"),
      ("a/b", #""a/b""#), ("\"\\\n\r\t\u{8}\u{1b}\u{7f}", #""\"\\\n\r\t\u0008\u001b\u007f""#),
      ("ü😀\u{2028}", "\"ü😀\u{2028}\""),
      (["b": 1, "a": 2, "B": 3, "": 4, "aa": 5], #"{"":4,"B":3,"a":2,"aa":5,"b":1}"#),
    ]
    for (value, text) in table { XCTAssertEqual(CanonicalJSON.string(value), text) }
  }

  /// By bytes U+FF5E (ef bd 9e) comes before U+1F600 (f0 …); UTF-16 order, which others use, has them the other way.
  func testKeysSortByBytes() {
    let value: JSONValue = ["😀": 1, "～": 2, "é": 3, "z": 4]
    XCTAssertEqual(CanonicalJSON.string(value), #"{"z":4,"é":3,"～":2,"😀":1}"#)
  }

  func testPrettyForm() {
    let value: JSONValue = ["b": [1, 2], "a": [:], "c": []]
    XCTAssertEqual(
      String(decoding: CanonicalJSON.encodePretty(value), as: UTF8.self),
      """
      {
        "a": {},
        "b": [
          1,
          2
        ],
        "c": []
      }

      """)
  }

  func testRoundTripOfRandomValues() throws {
    let seed = Fuzzing.seed(7)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(2_000) {
      let value = Self.value(depth: 0, &random)
      let bytes = CanonicalJSON.encode(value)
      let back = try JSONParser.parse(bytes)
      XCTAssertEqual(back, value, "seed \(seed), round \(round)")
      XCTAssertEqual(CanonicalJSON.encode(back), bytes, "seed \(seed), round \(round)")
      XCTAssertEqual(
        try JSONParser.parse(CanonicalJSON.encodePretty(value)), value, "seed \(seed), round \(round), pretty")
    }
  }

  private static func value(depth: Int, _ random: inout SeededRandom) -> JSONValue {
    switch Int.random(in: 0..<(depth < 5 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
    case 3: return .number(Double.random(in: -1e9...1e9, using: &random) + 0.5)
    case 4: return .string(text(&random))
    case 5: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth + 1, &random) })
    default:
      var object: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0..<5, using: &random) { object[text(&random)] = value(depth: depth + 1, &random) }
      return .object(object)
    }
  }

  private static func text(_ random: inout SeededRandom) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<8, using: &random) {
      let range: ClosedRange<UInt32> = Bool.random(using: &random) ? 0...0x7f : 0...0x10ffff
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.append(scalar) }
    }
    return String(text)
  }

  func testReaderNamesTheField() throws {
    let reader = JSONReader(["steps": [["argv": "make"]], "none": .null, "n": 5, "map": ["a": 1]])
    let step = try reader.required("steps").array()[0]
    XCTAssertEqual(
      assertFailure("bad_json", exit: .badInput) { try step.required("argv").strings() }?.message,
      "steps[0].argv: expected an array, found string")
    XCTAssertEqual(
      assertFailure("bad_json") { try step.required("cwd") }?.message, "steps[0]: the field \"cwd\" is missing")
    XCTAssertNil(try reader.optional("none"), "null counts as missing")
    XCTAssertEqual(
      assertFailure("bad_json") { try reader.required("n").integer(in: 0...4) }?.message, "n: 5 is not between 0 and 4")
    XCTAssertEqual(
      assertFailure("bad_json") { try reader.required("map").stringMap() }?.message,
      "map.a: expected a string, found number")
    XCTAssertEqual(
      assertFailure("bad_json") { try reader.string() }?.message, "document: expected a string, found object")
    XCTAssertEqual(
      assertFailure("bad_json") { try JSONReader("x").digest() }?.message, "document: not a sha256 digest")
    assertFailure("bad_json") { try JSONReader([]).optional("a") }
  }
}
