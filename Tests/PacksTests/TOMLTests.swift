import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

final class TOMLTests: XCTestCase {
  private func parse(_ text: String) throws -> TOMLTable { try TOML.parse(Array(text.utf8), path: "Cargo.toml") }

  // MARK: Values

  func testValues() throws {
    let rows: [(String, JSONValue)] = [
      (#""a\tb\u00e9\U0001F600\"\\""#, "a\tb\u{e9}\u{1F600}\"\\"), (#"'C:\a'"#, #"C:\a"#), ("\"\"", ""),
      ("\"\"\"\na\n  b\\\n   c\"\"\"", "a\n  bc"), ("'''\r\na\\n''b'''''", "a\\n''b''"), ("\"\"\"a\"\"\"\"\"", "a\"\""),
      (#""\x41\e""#, "A\u{1b}"), ("1_000", 1000), ("-17", -17), ("+0", 0), ("0xDEAD_beef", 0xdead_beef), ("0o755", 493),
      ("0b11", 3), ("-9223372036854775808", .integer(.min)), ("3.5", "float 3.5"), ("-1e3", "float -1000.0"),
      ("1_0.0_1E+0_2", "float 1001.0"), ("-inf", "float -inf"), ("nan", "float nan"), ("true", true), ("false", false),
      ("1979-05-27T07:32:00.5-07:00", "date 1979-05-27T07:32:00.5-07:00"), ("2024-02-29", "date 2024-02-29"),
      ("1979-05-27 07:32:00Z", "date 1979-05-27 07:32:00Z"), ("07:32", "date 07:32"),
      ("[ 1, 'two', [ ], # three\n [true,],\n]", [1, "two", [], [true]]), ("{}", [:]),
      ("{ a.b = 1, a.c = 2, 'd e' = [{f=1}] }", ["a": ["b": 1, "c": 2], "d e": [["f": 1]]]),
      ("{\n a = 1, # of TOML 1.1\n}", ["a": 1]),
    ]
    for (text, expected) in rows {
      XCTAssertEqual(try TOMLText.json(parse("value = \(text) # a comment\r\n"))["value"], expected, text)
    }
  }

  func testTables() throws {
    let rows: [(String, JSONValue)] = [
      ("", [:]), ("\u{feff}a=1", ["a": 1]), ("a.b.c = 1\na.b.d = 2", ["a": ["b": ["c": 1, "d": 2]]]),
      ("[a.b]\nc=1\n[a]\nd=2", ["a": ["b": ["c": 1], "d": 2]]), ("[ 'x' . \"y.z\" ]", ["x": ["y.z": [:]]]),
      ("[[p]]\nn=1\n[p.q]\nr=2\n[[p]]\nn=3", ["p": [["n": 1, "q": ["r": 2]], ["n": 3]]]),
      ("[[a.b]]\n[[a.b.c]]\n[[a.b.c]]", ["a": ["b": [["c": [[:], [:]]]]]]),
      ("[f]\na.c=1\na.d.e=2\n[f.a.t]\nx=1", ["f": ["a": ["c": 1, "d": ["e": 2], "t": ["x": 1]]]]),
      ("'' = 1\n\"\\u0041\" = 2\n1-2 = 3", ["": 1, "A": 2, "1-2": 3]),
    ]
    for (text, expected) in rows { XCTAssertEqual(try TOMLText.json(parse(text)), expected, text) }
  }

  func testWhatIsWrongHasItsPlace() throws {
    let deep = String(repeating: "[", count: 100)
    let rows: [(String, Int, Int, String)] = [
      ("[package]\nname = \n", 2, 8, "a value is expected"), ("[package\n", 1, 9, "ends with \"]\""),
      ("a = 1\n\nä = 2", 3, 1, "a key is expected"), ("a = 1 b = 2", 1, 7, "the line must end"),
      ("a\n", 1, 2, "an equals sign"), ("é = 1", 1, 1, "a key"), ("'é' = x", 1, 7, "\"x\" is no value"),
      ("a = \"b\nc = 1", 1, 7, "not closed in its line"), ("a = '''b\n\n", 1, 5, "not closed"),
      ("a = [1,\n2\n3]", 3, 1, "a comma"), ("a = [1", 1, 7, "not closed"), ("a = {b = 1", 1, 11, "not closed"),
      ("a = 1\na = 2", 2, 1, "stands twice"), ("[a]\n[b]\n[a]", 3, 2, "stands twice"),
      ("a = {b=1}\na.c = 1", 2, 1, "twice"), ("[a]\nb.c=1\n[a.b]", 3, 4, "twice"), ("a=[]\n[[a]]", 2, 3, "twice"),
      ("[[a]]\n[a]", 2, 2, "twice"), ("[a.b]\nx=1\n[a]\nb.y=1", 4, 1, "twice"), ("a = {b=1, b=2}", 1, 11, "twice"),
      ("a = \"\\q\"", 1, 6, "escape"), ("a = \"\\ud800\"", 1, 6, "no character"), ("a = 01", 1, 5, "no value"),
      ("a = 1__0", 1, 5, "no value"), ("a = 0x", 1, 5, "no value"), ("a = 1.", 1, 5, "no value"),
      ("a = 9223372036854775808", 1, 5, "no value"), ("a = 2023-02-29", 1, 5, "no value"), ("a = 24:00:00", 1, 5, "no"),
      ("a = \(deep)", 1, 69, "deeper than 64"), ("a\u{1} = 1", 1, 2, "equals"), ("# \u{7f}", 1, 3, "control"),
      ("a = 1\rb = 2", 1, 6, "carriage"), ("\(String(repeating: "a.", count: 70))b = 1", 1, 129, "parts"),
    ]
    for (text, line, column, words) in rows {
      let failure = try failure { try parse(text) }
      XCTAssertEqual(failure.code, "bad_toml", text)
      XCTAssertEqual(failure.location, SourceLocation(path: "Cargo.toml", line: line, column: column), text)
      XCTAssertTrue(failure.message.contains(words), "\(text): \(failure.message)")
    }
    let bytes = Array("a = 1\nb = \"".utf8) + [0xff] + Array("\"".utf8)
    XCTAssertEqual(try failure { try TOML.parse(bytes, path: "x") }.location?.description, "x:2:6")
    let large = [UInt8](repeating: 0x20, count: TOML.Limits.bytes + 1)
    XCTAssertTrue(try failure { try TOML.parse(large, path: "x") }.message.contains("limit"))
  }

  func testPlacesAndReading() throws {
    let root = try parse("[package]\nname = 7\n[[bin]]\nname = \"a\"\n[[bin]]\nname = \"b\"\n")
    XCTAssertEqual(root.first("package", "name")?.place, TOMLPlace(line: 2, column: 8))
    XCTAssertEqual(root["package"]?.table?.entry("name")?.key, TOMLPlace(line: 2, column: 1))
    XCTAssertEqual(root["bin"]?.tables?.map(\.place.line), [3, 5])
    let reader = TOMLReader(root, path: "Cargo.toml")
    XCTAssertEqual(try reader.required("bin").array().map { try $0.required("name").string() }, ["a", "b"])
    let wrong = try failure { try reader.required("package").required("name").string() }
    XCTAssertEqual(wrong.description, "Cargo.toml:2:8: package.name: expected a string, found an integer")
    XCTAssertNil(try reader.optional("lib"))
  }

  /// A file of one line must not cost the square of its length.
  func testALongLineIsReadInOnePass() throws {
    let values = (0..<200_000).map(String.init).joined(separator: ",")
    XCTAssertEqual(try parse("a = [\(values)]")["a"]?.array?.count, 200_000)
    let packages = (0..<20_000).map { "[[package]]\nname = \"p\($0)\"\nversion = \"1.0.\($0)\"\n" }.joined()
    XCTAssertEqual(try parse(packages)["package"]?.tables?.last?["name"]?.string, "p19999")
  }

  // MARK: Fuzz

  private static let whole = Array(
    """
    # a comment
    title = "é \\u00e9"
    [package]
    name = 'x'
    version.workspace = true
    numbers = [1, 0x2f, 3.5e2, -inf, 1979-05-27 07:32:00Z,]
    [[bin]]
    path = "src/main.rs"
    [dependencies]
    a = { version = "1", features = ["b", 'c'] }
    a-b.c = 1
    text = \"""
      a\\
      b\"""
    [dependencies.d.e]
    [[bin]]
    """.utf8)

  private static func mutated(_ random: inout SeededRandom) -> [UInt8] {
    let pieces = [
      "[", "]", "[[", "]]", "\"", "'''", "\"\"\"", "\\", "=", ".", ",", "\n", "{", "}", "a", "0", "_", "-", ":", "#",
    ]
    var bytes = whole
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0x09...0x7f, using: &random)
      case 1: bytes.remove(at: at)
      case 2: bytes.insert(contentsOf: pieces.randomElement(using: &random).map { Array($0.utf8) } ?? [], at: at)
      case 3: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...30, using: &random)))
      default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 40)], at: at)
      }
      if bytes.isEmpty { return whole }
    }
    return bytes
  }

  func testFuzzMutatedDocumentsAreReadOrRefused() throws {
    let seed = Fuzzing.seed(20_250_302)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(10_000) {
      var bytes = Self.mutated(&random)
      if round % 4 == 0 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0 ... .max, using: &random)
      }
      do {
        let text = TOMLText.write(try TOML.parse(bytes, path: "f"))
        // What was read and written again reads as the same.
        let again = TOMLText.write(try TOML.parse(Array(text.utf8), path: "f"))
        XCTAssertEqual(again, text, "seed \(seed), round \(round)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.code, "bad_toml", "seed \(seed), round \(round)")
        XCTAssertNotNil(failure.location?.column, "seed \(seed), round \(round)")
      }
    }
  }

  /// Python's own reader (tomllib, 3.11) as the second opinion: what it takes has the same values here.
  func testMutatedDocumentsReadAsInPython() throws {
    let seed = Fuzzing.seed(20_250_303)
    var random = SeededRandom(seed: seed)
    let documents = (0..<Fuzzing.rounds(3_000)).map { _ in Self.mutated(&random) }
      .filter { String(validating: $0, as: UTF8.self) != nil }
    let hex = documents.map { bytes in bytes.map { String(256 + Int($0), radix: 16).suffix(2) }.joined() }
    let script = """
      import sys, json, tomllib
      def plain(v):
          if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
          if isinstance(v, list): return [plain(x) for x in v]
          if isinstance(v, bool) or isinstance(v, (int, str)): return v
          return "float" if isinstance(v, float) else "date"
      for line in sys.stdin:
          try: print(json.dumps(plain(tomllib.loads(bytes.fromhex(line.strip()).decode()))))
          except Exception: print("null")
      """
    let result = try Tools.run("python3", ["-c", script], input: Array(hex.joined(separator: "\n").utf8))
    guard result.succeeded else { throw XCTSkip("python3 has no tomllib: \(result.errorText)") }
    let answers = result.output.split(separator: 0x0a)
    XCTAssertEqual(answers.count, documents.count)
    var taken = 0
    for (document, answer) in zip(documents, answers) {
      let expected = try JSONParser.parse(Array(answer))
      let text = String(decoding: document, as: UTF8.self)
      let found = (try? TOML.parse(document, path: "f")).map { TOMLText.json($0, plain: true) } ?? .null
      if expected != .null {
        taken += 1
        XCTAssertEqual(found, expected, "seed \(seed):\n\(text)")
      } else if found != .null {
        // TOML 1.1 takes line ends in inline tables, a comma at their end, and two more escapes.
        XCTAssertTrue(text.contains("{") || text.contains("\\"), "seed \(seed): only Python refuses\n\(text)")
      }
    }
    // About a tenth of them is still TOML.
    XCTAssertGreaterThan(taken, documents.count / 20)
  }
}

/// Documents as JSON, and written as TOML again in a plain form.
private enum TOMLText {
  static func json(_ table: TOMLTable, plain: Bool = false) -> JSONValue {
    .object(
      Dictionary(
        uniqueKeysWithValues: table.keys.map { key in (key, table[key].map { json($0, plain: plain) } ?? .null) }))
  }

  private static func json(_ value: TOMLValue, plain: Bool) -> JSONValue {
    switch value.content {
    case .string(let text): .string(text)
    case .integer(let number): .integer(number)
    case .bool(let bool): .bool(bool)
    case .float(let number): .string(plain ? "float" : "float \(number)")
    case .date(let text): .string(plain ? "date" : "date \(text)")
    case .table(let table): json(table, plain: plain)
    case .array, .tables: .array((value.array ?? []).map { json($0, plain: plain) })
    }
  }

  static func write(_ table: TOMLTable) -> String {
    table.keys.map { "\(quoted($0)) = \(table[$0].map(write) ?? "")\n" }.joined()
  }

  private static func write(_ value: TOMLValue) -> String {
    switch value.content {
    case .string(let text): return quoted(text)
    case .integer(let number): return "\(number)"
    case .bool(let bool): return "\(bool)"
    case .float(let number): return "\(number)"
    case .date(let text): return text
    case .table(let table):
      let pairs = table.keys.map { "\(quoted($0)) = \(table[$0].map(write) ?? "")" }
      return "{\(pairs.joined(separator: ", "))}"
    case .array, .tables: return "[\((value.array ?? []).map(write).joined(separator: ", "))]"
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" || scalar.value < 0x20 || scalar.value == 0x7f {
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
