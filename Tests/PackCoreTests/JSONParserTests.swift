internal import TestSupport
import XCTest

@testable import PackCore

final class JSONParserTests: XCTestCase {
  private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

  func testAccepts() throws {
    let table: [(String, JSONValue)] = [
      ("null", .null), (" true\n", true), ("\t[ ]\r\n", []), ("{}", [:]), ("0", 0), ("-0", 0), ("-1", -1),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9.223372036854775808e18)), ("1.5", .number(1.5)), ("1e2", .number(100)),
      ("1E+2", .number(100)), ("-1.25e-2", .number(-0.0125)), (#""""#, ""), (#""a\/b""#, "a/b"),
      (#""\"\\\b\f\n\r\t""#, "\"\\\u{8}\u{c}\n\r\t"), (#""\u00e9""#, "\u{e9}"), (#""\uD83D\uDE00""#, "😀"),
      (#""\u0000""#, "\0"), (#""\uFFFF""#, "\u{ffff}"), ("\"\u{7f}ü😀\"", "\u{7f}ü😀"),
      (#"{"a":[1,{"b":null}],"":0}"#, ["a": [1, ["b": .null]], "": 0]), (#"[[[[1]]]]"#, [[[[1]]]]),
      (#"{"a":1,"A":2}"#, ["a": 1, "A": 2]),
    ]
    for (text, value) in table { XCTAssertEqual(try parse(text), value, text) }
  }

  func testRefuses() {
    let table = [
      "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e1", "1e",
      "1e+", "0x10", "1_000", "1e400", "-1e400", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{", "}",
      "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}", "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "\"", "\"a",
      "'a'", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\ud800\"", "\"\\udc00\"",
      "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\"a\nb\"", "\"a\tb\"", "\"\0\"",
      "1 2", "{} {}", "[]]", "null,", "// c\n1", "/* c */1", "1 # c", "\u{feff}1", "\u{a0}1", "\u{c}1",
    ]
    for text in table {
      assertFailure("bad_json", exit: .badInput, text.debugDescription) { try parse(text) }
    }
  }

  func testRefusesDuplicateKeys() {
    let tables = [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"x":1,"y":2,"x":3}}]"#]
    for text in tables {
      let failure = assertFailure("bad_json", text) { try parse(text) }
      XCTAssertTrue(failure?.message.contains("stands twice") ?? false, text)
    }
  }

  func testRefusesWhatIsNotUTF8() {
    let table: [[UInt8]] = [
      [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0xff, 0xfe, 0x31, 0x00],
    ]
    for bytes in table { assertFailure("json_not_utf8", exit: .badInput, "\(bytes)") { try JSONParser.parse(bytes) } }
  }

  func testBoundsDepthAndSize() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    XCTAssertNoThrow(try JSONParser.parse(nested(64)))
    assertFailure("bad_json") { try JSONParser.parse(nested(65)) }
    assertFailure("bad_json") { try JSONParser.parse([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)) }
    let deepObject = String(repeating: #"{"a":"#, count: 65) + "1" + String(repeating: "}", count: 65)
    assertFailure("bad_json") { try parse(deepObject) }
    let limits = JSONParser.Limits(bytes: 4, depth: 1)
    XCTAssertNoThrow(try JSONParser.parse(Array("1234".utf8), limits: limits))
    assertFailure("json_too_large", exit: .badInput) { try JSONParser.parse(Array("12345".utf8), limits: limits) }
  }

  func testSaysWhere() {
    let table: [(String, Int, Int)] = [
      ("x", 1, 1), ("[1,\n  x]", 2, 3), ("{\n\"ü\": x}", 2, 6), ("[1\n\n", 3, 1), ("[\"😀\", x]", 1, 7),
    ]
    for (text, line, column) in table {
      let failure = assertFailure("bad_json", text) { try JSONParser.parse(Array(text.utf8), name: "a.json") }
      XCTAssertEqual(failure?.location, SourceLocation(path: "a.json", line: line, column: column), text)
    }
  }

  /// Whatever the bytes, the parser ends with a value or a `Failure`, and what it took reads the same a second time.
  func testMutatedDocumentsNeverTrap() throws {
    let seed = Fuzzing.seed(20_240_601)
    var random = SeededRandom(seed: seed)
    let seeds = [
      #"{"a":[1,-2.5e3,{"b":null}],"c":"\u00e9\ud83d\ude00\n"}"#, #"[true,false,"x\\y",[],{},0.1]"#,
    ].map { Array($0.utf8) }
    var accepted = 0
    for round in 0..<Fuzzing.rounds(20_000) {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes.randomElement(using: &random) ?? 0, at: index)
        }
      }
      do {
        let value = try JSONParser.parse(bytes)
        accepted += 1
        XCTAssertEqual(try JSONParser.parse(CanonicalJSON.encode(value)), value, "seed \(seed): \(bytes)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput)
      }
    }
    XCTAssertGreaterThan(accepted, 100, "the mutations are too wild to say anything")
  }
}
