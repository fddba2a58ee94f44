import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// Push and pull against a registry that keeps to the spec.
final class RegistryTransferTests: XCTestCase {
  private func store(_ directory: TemporaryDirectory, _ name: String = "store") throws -> ImageStore {
    try ImageStore(content: ContentStore(root: directory / name))
  }

  func testAnImageGoesThereAndComesBack() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    try withRegistry { registry in
      let source = try image.put(into: store(directory), "shop:1")
      let destination = try registry.destination("team/shop:1", directory)
      try ImageCopy(from: source, to: destination).run()
      XCTAssertEqual(registry.blob("team/shop", Digest(of: image.layer)), image.layer)
      XCTAssertEqual(registry.manifest("team/shop", "1"), image.document.bytes)
      XCTAssertEqual(destination.tally.sent, 2)

      let back = try store(directory, "back")
      let summary = try ImageCopy(
        from: registry.source("team/shop:1"), to: StoreDestination(back, name: "x")
      ).run()
      XCTAssertEqual(summary.copied, 2)
      XCTAssertEqual(try FileSystem.read(back.content.path(of: Digest(of: image.layer))), image.layer)
      XCTAssertEqual(try back.find("x")?.digest, image.document.descriptor.digest)
    }
  }

  func testWhatIsThereIsNotSentAgain() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    try withRegistry { registry in
      image.put(into: registry, "shop", "1")
      let destination = try registry.destination("shop:2", directory)
      try ImageCopy(from: registry.source("shop:1"), to: destination).run()
      XCTAssertEqual(destination.tally.present, 2)
      XCTAssertEqual(registry.manifest("shop", "2"), image.document.bytes)
      let bodies = registry.server.requests.filter { $0.path.contains("/blobs/") && $0.method != "HEAD" }
      XCTAssertEqual(bodies.map(\.line), [], "tagging moves no blob")
    }
  }

  func testAnotherRepositoryMounts() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    try withRegistry { registry in
      image.put(into: registry, "a/shop", "1")
      let destination = try registry.destination("b/shop:1", directory)
      try ImageCopy(from: registry.source("a/shop:1"), to: destination).run()
      XCTAssertEqual(destination.tally.mounted, 2)
      XCTAssertEqual(registry.blob("b/shop", Digest(of: image.layer)), image.layer)
      XCTAssertFalse(registry.server.lines.contains { $0.hasPrefix("GET /v2/a/shop/blobs") })
    }
  }

  func testARegistryThatDoesNotMountGetsTheBytes() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    try withRegistry({ $0.mounts = false }) { registry in
      image.put(into: registry, "a/shop", "1")
      let destination = try registry.destination("b/shop:1", directory)
      try ImageCopy(from: registry.source("a/shop:1"), to: destination).run()
      XCTAssertEqual(destination.tally.sent, 2)
      XCTAssertEqual(registry.blob("b/shop", Digest(of: image.layer)), image.layer)
      XCTAssertEqual(try directory.names(in: "scratch"), [], "nothing is left of the way through")
    }
  }

  func testAProxyThatLimitsRequestsGetsPieces() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage(layerBytes: 200_000)
    try withRegistry({ $0.bodyLimit = 90_000 }) { registry in
      let source = try image.put(into: store(directory), "shop:1")
      var options = RegistryOptions.test
      options.pieceSize = 80_000
      try ImageCopy(from: source, to: registry.destination("shop:1", directory, options)).run()
      XCTAssertEqual(registry.blob("shop", Digest(of: image.layer))?.count, image.layer.count)
      XCTAssertEqual(registry.server.requests.filter { $0.method == "PATCH" }.count, 3)
    }
  }

  func testReferrersGoAlongWithAndWithoutTheAPI() throws {
    for native in [true, false] {
      let directory = try TemporaryDirectory()
      let image = try RegistryImage()
      let notes = try (1...2).map {
        try RegistryImage(layerBytes: 10, seed: UInt64($0), subject: image.document.descriptor)
      }
      try withRegistry({ $0.hasReferrers = native }) { registry in
        let destination = try registry.destination("shop:1", directory)
        let source = try image.put(into: store(directory), "shop:1")
        try ImageCopy(from: source, to: destination).run()
        for note in notes {
          for bytes in [note.layer, note.config] { registry.add("shop", blob: bytes) }
          try destination.put(note.document)
          try destination.put(note.document)
        }
        let found = try registry.source("shop:1").referrers(of: image.document.descriptor.digest)
        XCTAssertEqual(found.map(\.digest), notes.map(\.document.descriptor.digest).sorted(), "native \(native)")
        let fallback = registry.manifest("shop", "sha256-\(image.document.descriptor.digest.hex)")
        XCTAssertEqual(fallback == nil, native)

        let back = try store(directory, "back")
        var copy = ImageCopy(from: try registry.source("shop:1"), to: StoreDestination(back, name: "x"))
        copy.includesReferrers = true
        try copy.run()
        XCTAssertEqual(try back.referrers().count, 2, "native \(native)")
      }
    }
  }

  func testTheTagsOfAllPages() throws {
    let image = try RegistryImage()
    try withRegistry { registry in
      for tag in ["c", "a", "e", "b", "d"] { image.put(into: registry, "shop", tag) }
      XCTAssertEqual(try registry.source("shop:a").repository.tags(), ["a", "b", "c", "d", "e"])
      let failure = assertFailure("not_in_registry", exit: .badInput) { try registry.source("shop:aa").root() }
      XCTAssertTrue(failure?.hint?.contains("did you mean a?") ?? false, "\(String(describing: failure))")
    }
  }

  func testADigestThatIsNotTheImagesIsRefused() throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage()
    let other = Digest(of: [1])
    try withRegistry { registry in
      let source = try image.put(into: store(directory), "shop:1")
      assertFailure("bad_reference", exit: .usage) {
        try ImageCopy(from: source, to: registry.destination("shop@\(other)", directory)).run()
      }
      XCTAssertNil(registry.manifest("shop", other.description))
    }
  }
}
