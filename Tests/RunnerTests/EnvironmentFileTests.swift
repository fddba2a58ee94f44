import TestSupport
import XCTest

@testable import PackCore
@testable import Runner

/// `.env` files: what they mean, and what is refused with its line.
final class EnvironmentFileTests: XCTestCase {
  private func parse(_ text: String) throws -> [String: String] {
    try EnvironmentFile.parse(Array(text.utf8), path: "x.env")
  }

  func testWhatALineMeans() throws {
    let rows: [(line: String, value: String)] = [
      ("A=b", "b"), ("A=", ""), ("A=b=c", "b=c"), ("A=  b c \t", "b c"), ("A=b\r", "b"),
      ("export A=b", "b"), ("export\t A=b", "b"), ("A=b # why", "b"), ("A=b#c", "b#c"), ("A=#c", ""), ("A=\t# c", ""),
      ("A=\"b # c\"", "b # c"), ("A=\"b\" # c", "b"), ("A='b # c'   ", "b # c"), ("A=\"\"", ""), ("A=''", ""),
      (#"A="a\n\r\t\"\\\$""#, "a\n\r\t\"\\$"), (#"A='a\n"$X'"#, #"a\n"$X"#), ("A=$HOME/${B}", "$HOME/${B}"),
      (#"A=b\n"#, #"b\n"#), ("A=ü€😀", "ü€😀"), ("A=b'c", "b'c"), ("A=it's \"so\"", "it's \"so\""), ("\u{feff}A=b", "b"),
    ]
    for row in rows {
      XCTAssertEqual(try parse(row.line), ["A": row.value], row.line.debugDescription)
    }
    XCTAssertEqual(
      try parse("\n# c\n   # c\n\t\nA=1\n\nB-c.d_2=2\nexport=3\n"), ["A": "1", "B-c.d_2": "2", "export": "3"])
    XCTAssertEqual(try parse(""), [:])
  }

  func testWhatIsWrongIsRefusedWithItsLine() throws {
    let rows: [(line: String, says: String)] = [
      ("A", "there is no ="), ("=b", "no name"), ("A =b", "a blank before the ="), ("1A=b", "\"1A\" is not the name"),
      ("Ä=b", "is not the name"), ("A B=c", "is not the name"), ("export B", "there is no ="), ("A=\"b", "not closed"),
      ("A='b", "not closed"), ("A=\"b\\", "not closed"), ("A=\"b\" c", "behind the closing quote"),
      ("A='b'c", "behind the closing quote"), ("A='b'# c", "behind the closing quote"), (#"A="\d""#, "a backslash"),
      ("A=\0", "a NUL"), ("OK=2", "stands on line 2 already"),
      (String(repeating: "a", count: 257) + "=b", "is not the name"),
      ("A=" + String(repeating: "b", count: 128 << 10), "128 KiB"),
    ]
    for row in rows {
      let failure = assertFailure("bad_env_file", exit: .badInput, row.line) {
        try parse("# c\nOK=1\n\(row.line)\nZ=1\n")
      }
      XCTAssertEqual(failure?.location?.description, "x.env:3", row.line)
      XCTAssertTrue(failure?.message.contains(row.says) ?? false, "\(row.line): \(failure?.message ?? "")")
      XCTAssertNotNil(failure?.hint)
    }
    let binary = assertFailure("bad_env_file") { try EnvironmentFile.parse([0x41, 0x3d, 0xff], path: "x.env") }
    XCTAssertEqual(binary?.location?.line, 1)
    assertFailure("bad_env_file") { try parse((0...2048).map { "A\($0)=\n" }.joined()) }
    XCTAssertEqual(try parse((0..<2048).map { "A\($0)=\n" }.joined()).count, 2048)
  }

  func testAFileThatIsTooLargeIsNotRead() throws {
    let directory = try TemporaryDirectory("packc-env")
    try directory.write(String(repeating: "# comment\n", count: 110_000), to: "large.env")
    assertFailure("file_too_large", exit: .badInput) { try EnvironmentFile.read(directory.path / "large.env") }
    assertFailure("system_error") { try EnvironmentFile.read(directory.path / "missing.env") }
  }

  /// Any value that is quoted comes back as it was.
  func testRandomValuesComeBack() throws {
    let seed = Fuzzing.seed(20)
    var random = SeededRandom(seed: seed)
    let letters = Array("ab# \t'\"\\$=\n\r,;üé😀{}")
    for round in 0..<Fuzzing.rounds(3000) {
      let value = String(
        (0..<Int.random(in: 0...20, using: &random)).map { _ in letters.randomElement(using: &random)! })
      var quoted = ""
      for letter in value.unicodeScalars {
        switch letter {
        case "\n": quoted += "\\n"
        case "\r": quoted += "\\r"
        case "\"", "\\", "$": quoted += "\\" + String(letter)
        default: quoted.unicodeScalars.append(letter)
        }
      }
      XCTAssertEqual(try parse("A=\"\(quoted)\" # c\n"), ["A": value], "seed \(seed), round \(round)")
      if !value.contains("'"), !value.contains("\n"), !value.contains("\r\n") {
        XCTAssertEqual(try parse("A='\(value)'"), ["A": value], "seed \(seed), round \(round)")
      }
    }
  }

  /// Whatever bytes there are: values without NUL and within bounds, or an error that names a line.
  func testRandomBytesAreReadOrRefused() throws {
    let seed = Fuzzing.seed(21)
    var random = SeededRandom(seed: seed)
    let alphabet = Array("AB_=\"'\\# \t\n\r\0$export".utf8) + [0xff, 0xc3, 0xbc]
    for round in 0..<Fuzzing.rounds(5000) {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      do {
        for (name, value) in try EnvironmentFile.parse(bytes, path: "x") {
          XCTAssertFalse(name.isEmpty || name.contains("="), "seed \(seed), round \(round)")
          XCTAssertFalse(value.utf8.contains(0), "seed \(seed), round \(round)")
        }
      } catch let failure as Failure {
        XCTAssertEqual(failure.code, "bad_env_file", "seed \(seed), round \(round)")
        XCTAssertNotNil(failure.location?.line, "seed \(seed), round \(round)")
      }
    }
  }
}
