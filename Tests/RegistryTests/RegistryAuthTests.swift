import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// Tokens and passwords, and that nobody gets to see them.
final class RegistryAuthTests: XCTestCase {
  private let me = Credential(username: "me", password: "sesame-open")

  func testATokenIsFetchedOnceAndUsed() throws {
    let image = try RegistryImage()
    try withRegistry({ $0.token = ("me", "sesame-open") }) { registry in
      image.put(into: registry, "team/shop", "1")
      let source = try registry.source("team/shop:1", .test, me)
      XCTAssertEqual(try source.root().bytes, image.document.bytes)
      XCTAssertEqual(try source.bytes(image.layerDescriptor), image.layer)
      let tokens = registry.server.requests.filter { $0.path == "/token" }
      XCTAssertEqual(tokens.count, 1)
      XCTAssertEqual(tokens.first?.query["service"], "scripted")
      XCTAssertEqual(tokens.first?.query["account"], "me")
    }
  }

  func testAnonymousTokens() throws {
    let image = try RegistryImage()
    try withRegistry({ $0.token = ("", "") }) { registry in
      image.put(into: registry, "shop", "1")
      XCTAssertEqual(try registry.source("shop:1").root().bytes, image.document.bytes)
      XCTAssertNil(registry.server.requests.first { $0.path == "/token" }?.headers["authorization"])
    }
  }

  func testATokenThatRunsOutIsReplaced() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    let source = try image.put(into: store, "x:1")
    try withRegistry({ settings in
      settings.token = ("me", "sesame-open")
      settings.tokenLasts = 4
    }) { registry in
      try ImageCopy(from: source, to: registry.destination("shop:1", directory, .test, me)).run()
      XCTAssertEqual(registry.manifest("shop", "1"), image.document.bytes)
      XCTAssertGreaterThan(registry.server.requests.filter { $0.path == "/token" }.count, 1)
    }
  }

  func testAnIdentityTokenIsRefreshed() throws {
    let image = try RegistryImage()
    try withRegistry({ $0.token = ("me", "refresh-1234") }) { registry in
      image.put(into: registry, "shop", "1")
      let credential = Credential(username: "", password: "", identityToken: "refresh-1234")
      XCTAssertEqual(try registry.source("shop:1", .test, credential).root().bytes, image.document.bytes)
      let token = try XCTUnwrap(registry.server.requests.first { $0.path == "/token" })
      XCTAssertEqual(token.method, "POST")
      XCTAssertNil(token.headers["authorization"])
    }
  }

  func testAWrongPasswordIsSaidAndNotShown() throws {
    let image = try RegistryImage()
    for isToken in [true, false] {
      let said = Locked<[String]>([])
      var options = RegistryOptions.test
      options.trace = { line in said.withLock { $0.append(line) } }
      try withRegistry({ settings in
        if isToken { settings.token = ("me", "right") } else { settings.basic = "me:right" }
        // A registry that repeats what it got.
        settings.spoil = { request, answer in
          guard answer.status == 401 else { return answer }
          var answer = answer
          let text = "you sent \(request.headers["authorization"] ?? "-") and sesame-open"
          answer.body = CanonicalJSON.encode(["errors": [["code": "UNAUTHORIZED", "message": .string(text)]]])
          return answer
        }
      }) { registry in
        image.put(into: registry, "shop", "1")
        let failure = assertFailure("registry_unauthorized", exit: .notPermitted) {
          try registry.source("shop:1", options, me).root()
        }
        let shown = "\(String(describing: failure)) \(said.withLock { $0 })"
        for secret in me.secrets { XCTAssertFalse(shown.contains(secret), "\(secret) in \(shown)") }
        XCTAssertTrue(failure?.message.contains("does not accept") ?? false, shown)
      }
    }
    XCTAssertFalse("\(me) \(String(reflecting: me))".contains("sesame"))
  }

  func testAPasswordDoesNotGoToATokenServerInTheClear() throws {
    try withRegistry({ settings in
      settings.fault = { request, _ in
        ScriptedAnswer(401, [("WWW-Authenticate", "Bearer realm=\"http://tokens.example/\",service=\"x\"")])
      }
    }) { registry in
      assertFailure("registry_insecure", exit: .notPermitted) { try registry.source("shop:1", .test, me).root() }
    }
  }

  func testAnswersOfTokenServersThatAreNone() throws {
    let table: [(ScriptedAnswer, String)] = [
      (ScriptedAnswer(200, json: "{}"), "registry_answer"),
      (ScriptedAnswer(200, json: #"{"token":""}"#), "registry_answer"),
      (ScriptedAnswer(200, json: #"{"token":"a\r\nX: y"}"#), "registry_answer"),
      (ScriptedAnswer(200, [("Content-Type", "text/html")], Array("<html>".utf8)), "registry_answer"),
      (ScriptedAnswer(200, json: "["), "bad_json"), (ScriptedAnswer(500), "registry_error"),
      (ScriptedAnswer(403), "registry_unauthorized"),
    ]
    for (answer, code) in table {
      try withRegistry({ settings in
        settings.token = ("me", "x")
        settings.fault = { request, _ in request.path == "/token" ? answer : nil }
      }) { registry in
        assertFailure(code, "\(answer)") { try registry.source("shop:1").root() }
      }
    }
  }

  func testScopes() {
    XCTAssertEqual(
      Authorizer.scopes(asked: "repository:a:pull", challenge: "repository:a:pull,push"), ["repository:a:pull"])
    XCTAssertEqual(
      Authorizer.scopes(asked: "repository:a:pull,push repository:b:pull", challenge: "registry:catalog:*"),
      ["repository:a:pull,push", "repository:b:pull", "registry:catalog:*"])
    XCTAssertEqual(Authorizer.scopes(asked: "", challenge: nil), [])
  }
}
