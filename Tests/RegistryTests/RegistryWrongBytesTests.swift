import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// Answers that are not what they are called, or have no end: each is refused.
final class RegistryWrongBytesTests: XCTestCase {
  private let image = Result { try RegistryImage() }

  @discardableResult
  private func withImage<R>(
    _ change: (inout ScriptedRegistry.Settings) -> Void = { _ in },
    _ body: (ScriptedRegistry, RegistryImage) throws -> R
  ) throws -> R {
    let image = try image.get()
    return try withRegistry(change) { registry in
      image.put(into: registry, "shop", "1")
      return try body(registry, image)
    }
  }

  private static func isBlob(_ request: SeenRequest) -> Bool {
    request.method == "GET" && request.path.contains("/blobs/sha256")
  }

  func testBlobsThatAreNotWhatTheyAreCalled() throws {
    let table: [(String, @Sendable ([UInt8]) -> ScriptedAnswer)] = [
      ("other bytes", { ScriptedAnswer(200, [], $0.reversed()) }),
      ("longer", { ScriptedAnswer(200, [], $0 + [0]) }),
      ("shorter", { ScriptedAnswer(200, [], $0.dropLast()) }),
      ("longer, unannounced", { .raw("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: $0.count + 1)) }),
      ("a web page", { ScriptedAnswer(200, [("Content-Type", "text/html")], $0) }),
      (
        "another range",
        { ScriptedAnswer(206, [("Content-Range", "bytes 1-\($0.count - 1)/\($0.count)")], Array($0[1...])) }
      ),
      ("no range", { ScriptedAnswer(206, [], $0) }), ("no content", { _ in ScriptedAnswer(204) }),
    ]
    for (name, answer) in table {
      let layer = try image.get().layer
      try withImage({ $0.spoil = { Self.isBlob($0) ? answer(layer) : $1 } }) { registry, image in
        assertFailure("damaged_image", exit: .badInput, name) {
          try registry.source("shop:1").bytes(image.layerDescriptor)
        }
      }
    }
  }

  func testManifestsThatAreNotWhatTheyAreCalled() throws {
    let document = try image.get().document
    let type = document.descriptor.mediaType.description
    let bytes = document.bytes
    let table: [(String, String, ScriptedAnswer)] = [
      (
        "type of an index", "damaged_image",
        ScriptedAnswer(200, [("Content-Type", MediaType.imageIndex.description)], bytes)
      ),
      (
        "Docker's type", "damaged_image",
        ScriptedAnswer(200, [("Content-Type", MediaType.dockerManifest.description)], bytes)
      ),
      ("no type", "registry_answer", ScriptedAnswer(200, [], bytes)),
      ("plain JSON", "registry_answer", ScriptedAnswer(200, [("Content-Type", "application/json")], bytes)),
      (
        "schema 1", "registry_answer",
        ScriptedAnswer(200, [("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")], bytes)
      ),
      (
        "HTML", "registry_answer",
        ScriptedAnswer(200, [("Content-Type", "text/html; charset=utf-8")], Array("<html>".utf8))
      ),
      ("HTML without a type", "registry_answer", ScriptedAnswer(200, [], Array("<!DOCTYPE html><p>Log in".utf8))),
      (
        "another digest in the header", "damaged_image",
        ScriptedAnswer(200, [("Content-Type", type), ("Docker-Content-Digest", Digest(of: [1]).description)], bytes)
      ),
      ("no JSON", "bad_json", ScriptedAnswer(200, [("Content-Type", type)], Array("{".utf8))),
      ("an empty one", "bad_json", ScriptedAnswer(200, [("Content-Type", type)], [])),
      ("no content", "registry_answer", ScriptedAnswer(204, [("Content-Type", type)])),
    ]
    for (name, code, answer) in table {
      try withImage({ $0.spoil = { $0.path.contains("/manifests/") ? answer : $1 } }) { registry, _ in
        let failure = assertFailure(code, exit: .badInput, name) { try registry.source("shop:1").root() }
        if name.hasPrefix("HTML") { XCTAssertTrue(failure?.message.contains("HTML") ?? false, name) }
      }
    }
  }

  func testADigestIsKeptTo() throws {
    let other = try RegistryImage(seed: 99)
    try withImage({ settings in
      settings.spoil = { request, answer in
        guard request.path.contains("/manifests/sha256") else { return answer }
        return ScriptedAnswer(200, [("Content-Type", MediaType.imageManifest.description)], other.document.bytes)
      }
    }) { registry, image in
      assertFailure("damaged_image", exit: .badInput) {
        try registry.source("shop@\(image.document.descriptor.digest)").root()
      }
    }
  }

  func testTenGigabytesAreRefusedAtOnce() throws {
    try withImage({ settings in
      settings.spoil = { request, answer in
        guard request.path.contains("/manifests/") else { return answer }
        var answer = answer
        answer.announced = 10_000_000_000
        return answer
      }
    }) { registry, _ in
      let failure = assertFailure("registry_answer", exit: .badInput) { try registry.source("shop:1").root() }
      XCTAssertTrue(failure?.message.contains("10000000000") ?? false, "\(String(describing: failure))")
    }
  }

  func testAnEndlessManifestIsRefused() throws {
    let endless = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + String(repeating: " ", count: 5 << 20)
    try withImage({ $0.spoil = { $0.path.contains("/manifests/") ? .raw(endless) : $1 } }) { registry, _ in
      assertFailure("registry_answer", exit: .badInput) { try registry.source("shop:1").root() }
    }
  }

  func testEndlessHeadersAreRefused() throws {
    for line in ["X: " + String(repeating: "x", count: 1000), "A: b"] {
      let endless = "HTTP/1.1 200 OK\r\n" + String(repeating: line + "\r\n", count: 4000)
      try withImage({ $0.spoil = { $0.path.contains("/manifests/") ? .raw(endless) : $1 } }) { registry, _ in
        assertFailure("registry_answer", exit: .badInput) { try registry.source("shop:1").root() }
      }
    }
  }

  func testChunksThatAreGarbage() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: \(MediaType.imageManifest)\r\nTransfer-Encoding: chunked\r\n\r\n"
    for body in ["zz\r\nabc", "5\r\nab", "ffffffffffffffffff\r\n", "-1\r\n"] {
      try withImage({ $0.spoil = { $0.path.contains("/manifests/") ? .raw(head + body) : $1 } }) { registry, _ in
        assertFailure("registry_unreachable", exit: .unavailable, body) { try registry.source("shop:1").root() }
      }
    }
  }
}
