import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

final class XMLElementTests: XCTestCase {
  private func parse(_ text: String) throws -> XMLElement { try XMLElement.parse(Array(text.utf8), path: "pom.xml") }

  func testElements() throws {
    let root = try parse(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a comment -->
      <m:project xmlns:m="http://maven.apache.org/POM/4.0.0" id="1&lt;2">
        <name> K&#xf8;ge &amp; <![CDATA[<Søn>]]> </name>
        <build><plugins><plugin>a</plugin><plugin/></plugins></build>
      </m:project>
      """)
    XCTAssertEqual(root.name, "project")
    XCTAssertEqual(root.attributes, ["xmlns:m": "http://maven.apache.org/POM/4.0.0", "id": "1<2"])
    XCTAssertEqual(root["name"]?.text, "Køge & <Søn>")
    XCTAssertEqual(root.first("build", "plugins")?.all("plugin").map(\.text), ["a", ""])
    XCTAssertEqual([root.line, root.column], [3, 1])
    XCTAssertEqual(root.first("build", "plugins", "plugin")?.location("pom.xml").description, "pom.xml:5:19")
    XCTAssertNil(root.first("build", "none", "plugin"))
  }

  func testEncodings() throws {
    let text = "<a><b>ø</b></a>"
    let declared: [(String, [UInt8])] = [
      ("byte order mark", [0xef, 0xbb, 0xbf] + Array(text.utf8)),
      ("UTF-16", [0xfe, 0xff] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }),
      ("ISO-8859-1", Array("<?xml version='1.0' encoding='ISO-8859-1'?><a><b>".utf8) + [0xf8] + Array("</b></a>".utf8)),
      (
        "windows-1252",
        Array("<?xml version='1.0' encoding='windows-1252'?><a><b>".utf8) + [0xf8] + Array("</b></a>".utf8)
      ),
    ]
    for (name, bytes) in declared {
      XCTAssertEqual(try XMLElement.parse(bytes, path: "x")["b"]?.text, "ø", name)
    }
  }

  /// Maven knows HTML's entities; a name of a developer must not be in the way of a build.
  func testAnEntityThatNobodyDeclaresStays() throws {
    XCTAssertEqual(try parse("<a><n>J&oslash;rn</n></a>")["n"]?.text, "J&oslash;rn")
  }

  func testErrorsHaveTheirPlace() throws {
    let deep = String(repeating: "<a>", count: 200)
    let rows: [(String, String, String)] = [
      ("<a>\n  <b>\n</a>", "pom.xml:3:3", "</a> closes <b>, opened in line 2"),
      ("<a>\n<m:b x='1'\n>c</m:d \n></a>", "pom.xml:3:5", "</m:d> closes <m:b>, opened in line 2"),
      ("", "pom.xml:1:1", "no element found"), ("<a>\n<b>", "pom.xml:2:4", "ends before <b>, opened in line 2, is"),
      ("<a b='1' b='2'/>", "pom.xml:1:10", "duplicate attribute"),
      ("<a/>\n<b/>", "pom.xml:2:1", "junk after document element"),
      ("<a>\n\u{1}</a>", "pom.xml:2:1", "not well-formed"), (deep, "pom.xml:1:385", "deeper than 128"),
      ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "pom.xml:1:", "declares entities"),
      ("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "pom.xml:1:", "declares entities"),
    ]
    for (text, place, words) in rows {
      let failure = try failure { try parse(text) }
      XCTAssertEqual(failure.code, "bad_xml", text)
      XCTAssertTrue(failure.location?.description.hasPrefix(place) ?? false, "\(text): \(failure)")
      XCTAssertTrue(failure.message.contains(words), "\(text): \(failure.message)")
    }
    let wide: [UInt8] = [0xfe, 0xff] + "<a><b></a>".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    XCTAssertTrue(
      try failure { try XMLElement.parse(wide, path: "x") }.message.contains("does not close <b>, opened in line 1"))
    XCTAssertTrue(
      try failure { try XMLElement.parse([0x3c, 0x61, 0x3e, 0xff], path: "x") }.message.contains("invalid"))
    let large = [UInt8](repeating: 0x20, count: XMLElement.Limits.bytes + 1)
    XCTAssertTrue(try failure { try XMLElement.parse(large, path: "x") }.message.contains("limit"))
    let many = "<a>" + String(repeating: "<b/>", count: XMLElement.Limits.elements) + "</a>"
    XCTAssertTrue(try failure { try parse(many) }.message.contains("elements"))
  }

  /// A document type without entities of its own, as old files have it, names a file that nobody reads.
  func testADocumentTypeIsNotFollowed() throws {
    let root = try parse("<!DOCTYPE project SYSTEM \"file:///nonexistent/x.dtd\"><project><a>1</a></project>")
    XCTAssertEqual(root["a"]?.text, "1")
  }

  func testFuzzMutatedDocumentsAreReadOrRefused() throws {
    let seed = Fuzzing.seed(20_250_301)
    var random = SeededRandom(seed: seed)
    let whole = Array(
      """
      <?xml version="1.0" encoding="UTF-8"?><!DOCTYPE project SYSTEM "x" [<!ELEMENT a (b)>]>
      <project a="1" x:b="&lt;"><b>&#65;<![CDATA[x]]></b><!-- c --><c/>text &amp; &oslash;</project>
      """.utf8)
    let pieces = [
      "<", ">", "</", "/>", "&", ";", "<!--", "]]>", "<![CDATA[", "\"", "<?xml", "<!ENTITY", "%p;", "\u{0}",
    ]
    for round in 0..<Fuzzing.rounds(5_000) {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: pieces.randomElement(using: &random).map { Array($0.utf8) } ?? [], at: at)
        default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 20)], at: at)
        }
      }
      do {
        let root = try XMLElement.parse(bytes, path: "f")
        XCTAssertFalse(root.name.isEmpty, "seed \(seed), round \(round)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.code, "bad_xml", "seed \(seed), round \(round)")
        XCTAssertNotNil(failure.location?.line, "seed \(seed), round \(round)")
      }
    }
  }
}
