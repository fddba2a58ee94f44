import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// What registries and networks do wrong: each ends with the right bytes or with a clear error.
final class RegistryFaultTests: XCTestCase {
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

  // MARK: cuts

  func testABlobThatIsCutAtRandomBytesArrivesWhole() throws {
    var random = SeededRandom(seed: Fuzzing.seed(11))
    for round in 0..<Fuzzing.rounds(25) {
      let cuts = (0..<3).map { _ in Int.random(in: 0...20_200, using: &random) }
      let hasRanges = round % 5 != 0
      let left = Locked(cuts)
      try withImage({ settings in
        settings.hasRanges = hasRanges
        settings.spoil = { request, answer in
          guard Self.isBlob(request), let cut = left.withLock({ $0.popLast() }) else { return answer }
          var answer = answer
          answer.cutAfter = cut
          return answer
        }
      }) { registry, image in
        let bytes = try registry.source("shop:1").bytes(image.layerDescriptor)
        XCTAssertEqual(bytes, image.layer, "cuts \(cuts), ranges \(hasRanges), seed \(Fuzzing.seed(11))")
      }
    }
  }

  func testACutBlobGoesOnAtTheByte() throws {
    let isFirst = Locked(true)
    try withImage({ settings in
      settings.spoil = { request, answer in
        guard Self.isBlob(request),
          isFirst.withLock({ isFirst in
            defer { isFirst = false }; return isFirst
          })
        else {
          return answer
        }
        var answer = answer
        answer.cutAfter = answer.bytes(isHead: false).count - 5000
        return answer
      }
    }) { registry, image in
      XCTAssertEqual(try registry.source("shop:1").bytes(image.layerDescriptor), image.layer)
      let ranges = registry.server.requests.filter(Self.isBlob).map { $0.headers["range"] }
      XCTAssertEqual(ranges, [nil, "bytes=15000-"])
    }
  }

  func testAManifestThatIsCutAtRandomBytesArrivesWhole() throws {
    var random = SeededRandom(seed: Fuzzing.seed(12))
    for _ in 0..<Fuzzing.rounds(25) {
      let cut = Int.random(in: 0...500, using: &random)
      let left = Locked(2)
      try withImage({ settings in
        settings.spoil = { request, answer in
          var answer = answer
          if left.withLock({ left in
            left -= 1; return left >= 0
          }) {
            answer.cutAfter = cut
          }
          return answer
        }
      }) { registry, image in
        // The ping may be what was cut: then the scheme is asked for again.
        let document = try registry.source("shop:1").root()
        XCTAssertEqual(document.bytes, image.document.bytes, "cut \(cut), seed \(Fuzzing.seed(12))")
      }
    }
  }

  func testAnUploadThatIsCutAtRandomBytesArrivesWhole() throws {
    let directory = try TemporaryDirectory()
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    let image = try image.get()
    let source = try image.put(into: store, "shop:1")
    var random = SeededRandom(seed: Fuzzing.seed(13))
    for round in 0..<Fuzzing.rounds(25) {
      var cuts = (0..<3).map { _ in Int.random(in: 0...20_000, using: &random) }
      if round < 3 { cuts = [round, round + 1, round] }
      try withRegistry { registry in
        registry.server.requestCuts.withLock { $0 = cuts }
        try registry.destination("shop:1", directory).put(image.layerDescriptor, from: source) { _ in }
        XCTAssertEqual(
          registry.blob("shop", Digest(of: image.layer)), image.layer, "cuts \(cuts), seed \(Fuzzing.seed(13))")
      }
    }
  }

  func testACutUploadGoesOnAtTheByte() throws {
    let directory = try TemporaryDirectory()
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    let image = try image.get()
    let source = try image.put(into: store, "shop:1")
    try withRegistry { registry in
      registry.server.requestCuts.withLock { $0 = [12_000] }
      try registry.destination("shop:1", directory).put(image.layerDescriptor, from: source) { _ in }
      XCTAssertEqual(
        registry.server.requests.map { "\($0.method) \($0.headers["content-range"] ?? "") \($0.body.count)" },
        ["GET  0", "POST  0", "PUT  12000", "GET  0", "PATCH 12000-19999 8000", "PUT  0"])
      XCTAssertEqual(registry.blob("shop", Digest(of: image.layer)), image.layer)
    }
  }

  func testAConnectionThatIsAlwaysCutEndsWithAnError() throws {
    try withImage({ settings in
      settings.spoil = { request, answer in
        guard Self.isBlob(request) else { return answer }
        var answer = answer
        answer.cutAfter = 10
        return answer
      }
    }) { registry, image in
      assertFailure("registry_unreachable", exit: .unavailable) {
        try registry.source("shop:1").bytes(image.layerDescriptor)
      }
      XCTAssertEqual(registry.server.requests.filter(Self.isBlob).count, RegistryOptions.test.retries.attempts)
    }
  }

  func testNobodyListens() throws {
    let registry = try ScriptedRegistry()
    let source = try registry.source("shop:1")
    registry.stop()
    let failure = assertFailure("registry_unreachable", exit: .unavailable) { try source.root() }
    XCTAssertNotNil(failure?.cause)
  }

  // MARK: statuses

  func testStatusesAtEachStep() throws {
    let table: [(Int, String, ExitCode)] = [
      (401, "registry_unauthorized", .notPermitted), (403, "registry_denied", .notPermitted),
      (404, "not_in_registry", .badInput), (405, "registry_refused", .failed), (429, "registry_busy", .tryAgain),
      (500, "registry_error", .unavailable), (502, "registry_error", .unavailable),
      (503, "registry_error", .unavailable),
    ]
    let image = try image.get()
    for (status, code, exit) in table {
      try withImage({ settings in
        settings.fault = { request, _ in request.path == "/v2/" ? nil : Self.error(status) }
      }) { registry, _ in
        let source = try registry.source("shop:1")
        let failure = assertFailure(code, exit: exit, "manifest \(status)") { try source.root() }
        XCTAssertNotNil(failure?.hint, "\(status)")
        if status == 401 { XCTAssertTrue(failure?.hint?.contains("packc image login \(registry.host)") ?? false) }
        assertFailure(code, exit: exit, "blob \(status)") { try source.bytes(image.layerDescriptor) }
        let directory = try TemporaryDirectory()
        let store = try ImageStore(content: ContentStore(root: directory / "store"))
        let mine = try image.put(into: store, "shop:1")
        let target = try registry.destination("shop:1", directory)
        assertFailure(code, exit: exit, "upload \(status)") {
          try target.put(image.layerDescriptor, from: mine) { _ in }
        }
        assertFailure(code, exit: exit, "tag \(status)") { try target.finish(image.document) }
      }
    }
  }

  private static func error(_ status: Int) -> ScriptedAnswer {
    ScriptedAnswer(status, json: #"{"errors":[{"code":"X","message":"in the registry's words"}]}"#)
  }

  func testFaultsThatPassAreWaitedFor() throws {
    for status in [429, 500, 502, 503, 504] {
      try withImage({ settings in
        settings.fault = { request, number in
          guard request.path != "/v2/", number % 3 != 0 else { return nil }
          var answer = Self.error(status)
          answer.headers.append(("Retry-After", "0"))
          return answer
        }
      }) { registry, image in
        let source = try registry.source("shop:1")
        XCTAssertEqual(try source.root().bytes, image.document.bytes, "\(status)")
        XCTAssertEqual(try source.bytes(image.layerDescriptor), image.layer, "\(status)")
      }
    }
  }

  func testALongRetryAfterIsNotWaitedFor() throws {
    try withImage({ settings in
      settings.fault = { request, _ in
        request.path == "/v2/" ? nil : ScriptedAnswer(429, [("Retry-After", "86400")])
      }
    }) { registry, _ in
      let failure = assertFailure("registry_busy", exit: .tryAgain) { try registry.source("shop:1").root() }
      XCTAssertTrue(failure?.message.contains("86400 s") ?? false, "\(String(describing: failure))")
      XCTAssertEqual(registry.server.requests.filter { $0.path.contains("manifests") }.count, 1)
    }
  }

  func testAnUploadOutlivesPassingFaults() throws {
    let directory = try TemporaryDirectory()
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    let image = try image.get()
    let source = try image.put(into: store, "shop:1")
    for status in [408, 429, 500, 503] {
      try withRegistry({ settings in
        settings.fault = { _, number in [2, 4, 5].contains(number) ? Self.error(status) : nil }
      }) { registry in
        try registry.destination("shop:1", directory).put(image.layerDescriptor, from: source) { _ in }
        XCTAssertEqual(registry.blob("shop", Digest(of: image.layer)), image.layer, "\(status)")
      }
    }
  }

  func testARangeThatTheRegistryDoesNotHave() throws {
    try withImage({ settings in
      settings.spoil = { request, answer in
        guard Self.isBlob(request) else { return answer }
        return request.headers["range"] == nil
          ? ScriptedAnswer.raw("HTTP/1.1 200 OK\r\n\r\nshort") : ScriptedAnswer(416)
      }
    }) { registry, image in
      assertFailure("damaged_image", exit: .badInput) { try registry.source("shop:1").bytes(image.layerDescriptor) }
    }
  }

  // MARK: time

  func testASlowPeerIsLeft() throws {
    var options = RegistryOptions.test
    options.timeouts = TransferTimeouts().limited(to: 0.3)
    options.retries.attempts = 1
    let start = HostContext.monotonicClock()
    for path in ["/manifests/", "/blobs/"] {
      try withImage({ settings in
        settings.spoil = { request, answer in
          guard request.path.contains(path) else { return answer }
          var answer = answer
          answer.drip = 100
          return answer
        }
      }) { registry, image in
        let source = try registry.source("shop:1", options)
        assertFailure("registry_unreachable", exit: .unavailable, path) {
          path == "/blobs/" ? try source.bytes(image.layerDescriptor) : try source.root().bytes
        }
      }
    }
    XCTAssertLessThan(HostContext.monotonicClock() - start, 10_000_000_000)
  }
}
