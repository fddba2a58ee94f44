import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// Where a credential goes, and where it does not.
final class RegistryRedirectTests: XCTestCase {
  private func storage(_ bytes: [UInt8]) throws -> ScriptedServer {
    try ScriptedServer { _ in ScriptedAnswer(200, [("Content-Type", "application/octet-stream")], bytes) }
  }

  func testARedirectToAnotherHostTakesNoAuthorizationAlong() throws {
    let image = try RegistryImage()
    let storage = try storage(image.layer)
    defer { storage.stop() }
    for status in [301, 302, 303, 307, 308] {
      storage.forget()
      try withRegistry({ settings in
        settings.basic = "me:secret"
        let place = "http://\(storage.host)/bucket/layer?signature=abc"
        settings.spoil = { request, answer in
          guard answer.status == 200, request.path.contains("/blobs/") else { return answer }
          return ScriptedAnswer(status, [("Location", place)])
        }
      }) { registry in
        image.put(into: registry, "shop", "1")
        let source = try registry.source("shop:1", .test, Credential(username: "me", password: "secret"))
        XCTAssertEqual(try source.bytes(image.layerDescriptor), image.layer, "\(status)")
        XCTAssertEqual(storage.requests.count, 1)
        XCTAssertEqual(storage.requests.first?.query, ["signature": "abc"])
        XCTAssertNil(storage.requests.first?.headers["authorization"], "\(status)")
        XCTAssertEqual(
          registry.server.requests.last?.headers["authorization"], "Basic " + Base64.encode(Array("me:secret".utf8)))
      }
    }
  }

  func testACircleEnds() throws {
    try withRegistry({ settings in
      settings.fault = { request, _ in
        request.path == "/v2/" ? nil : ScriptedAnswer(307, [("Location", request.path)])
      }
    }) { registry in
      assertFailure("registry_redirects", exit: .unavailable) { try registry.source("shop:1").root() }
      XCTAssertEqual(registry.server.requests.filter { $0.path != "/v2/" }.count, 1)
    }
    try withRegistry({ settings in
      settings.fault = { request, number in
        request.path == "/v2/" ? nil : ScriptedAnswer(307, [("Location", "/v2/shop/manifests/n\(number)")])
      }
    }) { registry in
      assertFailure("registry_redirects", exit: .unavailable) { try registry.source("shop:1").root() }
      XCTAssertLessThanOrEqual(registry.server.requests.filter { $0.path != "/v2/" }.count, 6)
    }
  }

  func testPlainHTTPElsewhereIsRefused() throws {
    for location in ["http://registry.example/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "\u{1}"] {
      try withRegistry({ settings in
        settings.fault = { request, _ in
          if request.path == "/v2/" { return nil }
          return ScriptedAnswer(request.method == "POST" ? 202 : 307, [("Location", location)])
        }
      }) { registry in
        let failure = assertFailure(
          location.hasPrefix("http://r") ? "registry_insecure" : "registry_answer", location
        ) { try registry.source("shop:1").root() }
        XCTAssertNotNil(failure?.hint)
        let directory = try TemporaryDirectory()
        let image = try RegistryImage()
        let store = try ImageStore(content: ContentStore(root: directory / "store"))
        let source = try image.put(into: store, "x:1")
        assertFailure(location.hasPrefix("http://r") ? "registry_insecure" : "registry_answer", "upload \(location)") {
          try registry.destination("shop:1", directory).put(image.layerDescriptor, from: source) { _ in }
        }
      }
    }
  }

  func testAnotherHostNeedsTLS() throws {
    let client = RegistryClient(host: "registry.invalid:5000", options: .test) { _ in nil }
    XCTAssertEqual(try client.url("").scheme, .https)
    var options = RegistryOptions.test
    XCTAssertFalse(options.permits(try XCTUnwrap(HTTPURL("http://registry.invalid:5000/"))))
    try options.allowInsecure("registry.invalid:5000")
    XCTAssertTrue(options.permits(try XCTUnwrap(HTTPURL("http://registry.invalid:5000/"))))
    XCTAssertFalse(options.permits(try XCTUnwrap(HTTPURL("http://registry.invalid:5001/"))))
    for wrong in ["http://x", "x/y", "", "a b", "x?y"] {
      assertFailure("bad_registry", exit: .usage, wrong) { try options.allowInsecure(wrong) }
    }
  }

  func testTheNextPageStaysOnItsHost() throws {
    try withRegistry({ settings in
      settings.fault = { request, _ in
        guard request.path.hasSuffix("/tags/list") else { return nil }
        var answer = ScriptedAnswer(200, json: #"{"tags":["a"]}"#)
        answer.headers.append(("Link", "<http://127.0.0.2:1/x>; rel=\"next\""))
        return answer
      }
    }) { registry in
      assertFailure("registry_answer") { try registry.source("shop:1").repository.tags() }
    }
  }
}
