import PackCore
import TestSupport
import XCTest

@testable import Registry

/// The small parsers of what registries say: known texts, and mutations of them, which may mean anything but never crash or
/// give more than was there.
final class ParserFuzzTests: XCTestCase {
  func testChallenges() {
    let bearer = AuthChallenge(
      scheme: "bearer", parameters: ["realm": "https://auth.example/token", "service": "x", "scope": "a:b:pull,push"])
    let table: [(String, [AuthChallenge])] = [
      (#"Bearer realm="https://auth.example/token",service="x",scope="a:b:pull,push""#, [bearer]),
      (#"bEARER  Realm = "https://auth.example/token" , service=x, scope="a:b:pull,push""#, [bearer]),
      (#"Basic realm="a \"b\" c""#, [AuthChallenge(scheme: "basic", parameters: ["realm": #"a "b" c"#])]),
      ("Basic", [AuthChallenge(scheme: "basic", parameters: [:])]),
      (
        #"Basic realm="x", Bearer realm="y""#,
        [
          AuthChallenge(scheme: "basic", parameters: ["realm": "x"]),
          AuthChallenge(scheme: "bearer", parameters: ["realm": "y"]),
        ]
      ),
      (#"Bearer realm="open"#, [AuthChallenge(scheme: "bearer", parameters: [:])]),
      (#"Bearer realm="a",realm="b""#, [AuthChallenge(scheme: "bearer", parameters: ["realm": "a"])]),
      ("", []), (",,=", []),
    ]
    for (text, expected) in table { XCTAssertEqual(AuthChallenge.parse([text]), expected, text) }
  }

  func testLinks() {
    let table: [(String, String?)] = [
      (#"</v2/x/tags/list?n=2&last=b>; rel="next""#, "/v2/x/tags/list?n=2&last=b"), (#"<a>; rel=next"#, "a"),
      (#"<a>; rel="prev", <b>; rel="next""#, "b"), (#"<a>; title="x"; REL="prev next""#, "a"), ("<a>", nil),
      ("<a; rel=next", nil), ("", nil), (#"<a>; rel="nextish""#, nil),
    ]
    for (text, expected) in table { XCTAssertEqual(LinkHeader.next([text]), expected, text) }
  }

  func testURLs() throws {
    let base = try XCTUnwrap(HTTPURL("https://r.example:5000/v2/a/blobs/uploads/?x=1"))
    let table: [(String, String?)] = [
      ("/v2/b", "https://r.example:5000/v2/b"), ("c?y=2", "https://r.example:5000/v2/a/blobs/uploads/c?y=2"),
      ("../d", "https://r.example:5000/v2/a/blobs/d"), ("?z=3", "https://r.example:5000/v2/a/blobs/uploads/?z=3"),
      ("//other.example/x", "https://other.example/x"), ("HTTPS://Other.Example/x#f", "https://other.example/x"),
      ("/../../e", "https://r.example:5000/e"), ("http://[::1]:80/x", "http://[::1]/x"),
      ("ftp://x/y", nil), ("https://user:pw@x/y", nil), ("https://x:0/", nil), ("https://x:99999/", nil), ("/a b", nil),
      ("/a\r\nX: y", nil), ("javascript:alert(1)", nil), ("https://", nil), ("/ä", nil),
    ]
    for (text, expected) in table { XCTAssertEqual(base.resolving(text)?.text, expected, text) }
    XCTAssertEqual(base.adding("digest", "sha256:a b").query, "x=1&digest=sha256%3Aa%20b")
    XCTAssertEqual(base.description, "https://r.example:5000/v2/a/blobs/uploads/", "no query for people")
  }

  func testRanges() {
    XCTAssertEqual(ContentRange("bytes 5-9/10").map { [$0.first, $0.last, $0.total ?? -1] }, [5, 9, 10])
    XCTAssertEqual(ContentRange("bytes 5-9/*").map { [$0.first, $0.last] }, [5, 9])
    for wrong in [
      "", "bytes 9-5/10", "bytes 5-10/10", "bytes -5/10", "bytes 5-/10", "items 1-2/3", "bytes 1-2", "bytes 1-2/x",
    ] {
      XCTAssertNil(ContentRange(wrong), wrong)
    }
    let ends: [(String, Int64?)] = [
      ("0-9", 10), ("bytes=0-0", 1), ("1-9", nil), ("0--1", nil), ("0-", nil), ("x", nil),
    ]
    for (text, expected) in ends {
      var headers = HTTPHeaders()
      headers.append(line: "Range: \(text)")
      XCTAssertEqual(BlobUpload.kept(headers), expected, text)
    }
  }

  func testMutatedHeaders() throws {
    let seeds = [
      #"Bearer realm="https://auth.example/token",service="x",scope="a:b:pull,push",error="invalid_token""#,
      #"Basic realm="a \"b\" c", Digest nonce=abc, qop="auth""#,
      #"</v2/x/tags/list?n=2&last=b>; rel="next", <c>; rel=prev"#,
      "https://r.example:5000/v2/a/../b?x=1#y", "bytes 5-9/10",
      #"{"auths":{"a.example":{"auth":"bWU6eA==","identitytoken":"t"}},"credsStore":"x","credHelpers":{"b":"y"}}"#,
      #"{"ServerURL":"a","Username":"b","Secret":"c"}"#,
    ]
    let seed = Fuzzing.seed(21)
    var random = SeededRandom(seed: seed)
    let directory = try TemporaryDirectory()
    let base = try XCTUnwrap(HTTPURL("https://r.example/v2/"))
    for round in 0..<Fuzzing.rounds(3000) {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      let note = "seed \(seed) round \(round): \(text.debugDescription)"
      let challenges = AuthChallenge.parse([text])
      XCTAssertLessThanOrEqual(
        challenges.reduce(0) { $0 + $1.scheme.utf8.count + $1.parameters.values.reduce(0) { $0 + $1.utf8.count } },
        3 * text.utf8.count, note)
      if let target = LinkHeader.next([text]) { XCTAssertTrue(text.contains("<\(target)>"), note) }
      if let url = base.resolving(text) {
        XCTAssertEqual(HTTPURL(url.text), url, note)
        XCTAssertTrue(url.text.utf8.allSatisfy { (0x21...0x7e).contains($0) }, note)
      }
      if let range = ContentRange(text) { XCTAssertLessThanOrEqual(range.first, range.last, note) }
      _ = try? CredentialHelper.credential(bytes, "x")
      if round % 10 == 5 {
        let path = try directory.write(bytes, to: "config.json")
        if let config = try? DockerConfig(path) { _ = try? config.credential(for: "a.example") }
      }
      if let plain = RegistryClient.plain(text) {
        XCTAssertTrue(
          plain.count <= 301 && plain.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }, note)
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
    case 1 where place < bytes.count: bytes.remove(at: place)
    case 2: bytes.insert(Array("\"\\=,;<>:/?# \0\r\n{}[]%".utf8).randomElement(using: &random) ?? 0, at: place)
    default: bytes += bytes.prefix(place)
    }
    if bytes.count > 4000 { bytes.removeLast(bytes.count - 4000) }
  }
}
