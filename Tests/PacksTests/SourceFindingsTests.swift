import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

final class SourceFindingsTests: XCTestCase {
  private func place(_ path: StaticString, _ line: Int) -> SourceFact.Place {
    SourceFact.Place(path: RootPath(literal: path), line: line)
  }

  private func fact(_ kind: SourceKind, _ findings: SourceFindings) throws -> SourceFact {
    try XCTUnwrap(findings.facts.first { $0.kind == kind.rawValue })
  }

  func testEachKindHasOneSpelling() {
    let rows: [(SourceKind, String, String?)] = [
      (.egress, "https://User:Secret@API.Example.com/v1?x=1", "api.example.com"),
      (.egress, "https://api.example.com:8443", "api.example.com:8443"),
      (.egress, "redis://:word@cache:6379/0", "cache:6379"), (.egress, "//cdn.example.com/x", "cdn.example.com"),
      (.egress, "db.example.com:5432", "db.example.com:5432"), (.egress, "http://[::1]:80/", "[::1]:80"),
      (.egress, "https://{host}/", nil), (.egress, "https:///x", nil), (.egress, "http://a:b/", nil),
      (.egress, "http://a:0/", nil), (.egress, "http://%s/", nil),
      (.ports, "8080", "8080/tcp"), (.ports, "53/udp", "53/udp"), (.ports, "0", nil), (.ports, "65536", nil),
      (.ports, "80/http", nil),
      (.routes, "get /users/{id:[0-9]{2}}/", "GET /users/{id}/"), (.routes, "* users//{rest...}", "* /users/{rest}"),
      (.routes, "POST ", "POST /"), (.routes, "/x", nil), (.routes, "GET /{a", nil), (.routes, "GET /a}", nil),
      (.routes, "GET /files/{*}", "GET /files/{*}"), (.routes, "GET /{*path}", "GET /{path}"),
      (.envOptional, "LOG_LEVEL", "LOG_LEVEL"), (.envOptional, "A=b", nil), (.envOptional, "A B", nil),
      (.writes, "./out//a.txt", "out/a.txt"), (.writes, "/var//log/x", "/var/log/x"), (.writes, ".", "."),
      (.writes, "a\nb", nil), (.writes, "", nil), (.cacheNamespaces, "session:", "session:"),
    ]
    for (kind, text, wanted) in rows {
      XCTAssertEqual(SourceValue.normal(kind, text), wanted, "\(kind): \(text)")
    }
  }

  /// Whatever is read off a source, the spelling is stable, and nothing that a URL hides in it comes out.
  func testRandomTextsHaveAStableForm() {
    let seed = Fuzzing.seed(71)
    var random = SeededRandom(seed: seed)
    let pieces = ["GET ", "/", "{", "}", ":", "@", "host", "8080", "...", "*", "..", "[", "]", "://", "é", "%", "\0"]
    for _ in 0..<Fuzzing.rounds(3000) {
      let text = (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      for kind in SourceKind.allCases {
        guard let once = SourceValue.normal(kind, text) else { continue }
        XCTAssertEqual(SourceValue.normal(kind, once), once, "\(kind): \(text), seed \(seed)")
        if kind == .egress { XCTAssertFalse(once.contains("@"), "\(text), seed \(seed)") }
      }
    }
  }

  func testAListIsWholeOnlyWithoutGapsAndDoubts() throws {
    var findings = SourceFindings(method: "test")
    findings.add(.routes, "GET /b", at: place("b.py", 4))
    findings.add(.routes, "GET /a", at: place("b.py", 9))
    findings.add(.routes, "GET /a", at: place("a.py", 7))
    XCTAssertEqual(try fact(.routes, findings).closed, .closed)
    XCTAssertEqual(try fact(.routes, findings).values, ["GET /a", "GET /b"])
    XCTAssertEqual(try fact(.routes, findings).evidence, [place("a.py", 7), place("b.py", 4)])
    findings.addDoubt([.routes], "the package x is not known")
    XCTAssertEqual(try fact(.routes, findings).closed, .unknown)
    XCTAssertEqual(try fact(.egress, findings).closed, .closed)
    findings.addGap([.routes], "the path is no literal", at: place("c.py", 1))
    XCTAssertEqual(try fact(.routes, findings).closed, .open)
    XCTAssertEqual(
      try fact(.routes, findings).caveats, ["c.py:1: the path is no literal", "the package x is not known"])
  }

  func testARequiredVariableIsNotOptional() throws {
    var findings = SourceFindings(method: "test")
    findings.add(.envOptional, "URL", at: place("a.py", 1))
    findings.add(.envRequired, "URL", at: place("a.py", 2))
    XCTAssertEqual(try fact(.envOptional, findings).values, [])
    XCTAssertEqual(try fact(.envRequired, findings).values, ["URL"])
  }

  func testNothingThatLooksLikeASecretComesOut() throws {
    let secrets = [
      "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7", "AKIAIOSFODNN7EXAMPLE1", "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
      "0123456789abcdef0123456789abcdef", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ3",
    ]
    var findings = SourceFindings(method: "test")
    for secret in secrets {
      findings.add(.routes, "GET /hook/\(secret)", at: place("a.py", 1))
      findings.add(.egress, "https://\(secret)@example.com/\(secret)", at: place("a.py", 1))
      findings.add(.writes, "/data/\(secret)", at: place("a.py", 1))
      findings.add(.cacheNamespaces, secret, at: place("a.py", 1))
      findings.add(.envOptional, secret, at: place("a.py", 1))
    }
    let text = findings.facts.map { CanonicalJSON.string($0.json) }.joined()
    for secret in secrets { XCTAssertFalse(text.contains(secret), secret) }
    XCTAssertEqual(try fact(.egress, findings).values, ["example.com"])
    XCTAssertEqual(try fact(.routes, findings).closed, .open)
    for plain in ["GET /users/{id}/preferences/notifications/settings", "POST /api/v1/organizations", "* /"] {
      XCTAssertFalse(SecretShape.isLikely(plain), plain)
    }
  }

  func testWhatAnAnalyserPrints() throws {
    let text = """
      {"sites": [{"kind": "routes", "value": "get /", "path": "app.py", "line": 3},
                 {"kind": "routes", "value": "nonsense", "path": "app.py", "line": 4},
                 {"kind": "writes", "value": "/dev/null", "path": "app.py"}],
       "gaps": [{"kinds": ["env"], "path": "app.py", "line": 9, "what": "the name is no literal"}],
       "doubts": [{"kinds": ["*"], "what": "old.py is no Python 3"}]}
      """
    let findings = try SourceFindings(method: "test", JSONReader(JSONParser.parse(Array(text.utf8), name: "findings")))
    XCTAssertEqual(try fact(.routes, findings).values, ["GET /"])
    XCTAssertEqual(try fact(.routes, findings).closed, .open)
    XCTAssertEqual(try fact(.envRequired, findings).closed, .open)
    XCTAssertEqual(try fact(.writes, findings).values, [])
    XCTAssertEqual(try fact(.ports, findings).closed, .unknown)
    for broken in ["{}", #"{"sites": [{"kind": "x", "value": "", "path": "a"}], "gaps": [], "doubts": []}"#] {
      XCTAssertThrowsError(
        try SourceFindings(method: "test", JSONReader(JSONParser.parse(Array(broken.utf8), name: "findings"))))
    }
  }
}
