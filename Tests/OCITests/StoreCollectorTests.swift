import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

final class StoreCollectorTests: XCTestCase {
  private static let hour: Int64 = 3_600_000_000_000

  /// Two days later, so that what the test makes is old; `store` is another process's as far as leases go.
  private static func collect(
    _ store: ContentStore, later: Int64 = 48 * hour, grace: Int64 = 24 * hour, keeping: Set<Digest> = [],
    dryRun: Bool = false
  ) throws -> StoreCollector.Report {
    try StoreCollector(
      ImageStore(content: store),
      policy: .init(grace: grace, now: LayerCache.realTime() + later, dryRun: dryRun)
    ).collect(alsoKeeping: keeping)
  }

  /// An image of one config and some layers; its blobs are nobody's until it gets a name.
  private static func image(_ store: ContentStore, _ layers: String..., subject: BlobDescriptor? = nil) throws
    -> BlobDescriptor
  {
    func put(_ bytes: [UInt8], _ type: MediaType) throws -> BlobDescriptor {
      BlobDescriptor(mediaType: type, digest: try store.put(bytes), size: Int64(bytes.count))
    }
    let config = try put(Array("{\"of\":\"\(layers)\"}".utf8), .imageConfig)
    let manifest = ImageManifest(
      config: config, layers: try layers.map { try put(Array($0.utf8), .layerGzip) }, subject: subject)
    return try put(CanonicalJSON.encode(manifest.json), .imageManifest)
  }

  private static func index(_ store: ContentStore, _ manifests: [BlobDescriptor]) throws -> BlobDescriptor {
    let bytes = CanonicalJSON.encode(ImageIndex(manifests: manifests).json)
    return BlobDescriptor(mediaType: .imageIndex, digest: try store.put(bytes), size: Int64(bytes.count))
  }

  /// What the body makes is made by a process that has ended when it returns.
  private func scene<R>(_ body: (ContentStore) throws -> R) throws -> (TemporaryDirectory, R) {
    let directory = try TemporaryDirectory()
    return (directory, try body(ContentStore(root: directory.path)))
  }

  func testWhatNamesLeadToStays() throws {
    let (directory, wanted) = try scene { store -> Set<Digest> in
      let shop = try Self.image(store, "base", "shop")
      let both = try Self.index(store, [Self.image(store, "base", "amd"), Self.image(store, "base", "arm")])
      let signature = try Self.image(store, "signature", subject: shop)
      let ofSignature = try Self.image(store, "signature of the signature", subject: signature)
      try ImageStore(content: store).updateContents { contents in
        contents.names = ["shop:latest": shop, "both:1": both]
        contents.referrers = [signature, ofSignature]
      }
      let wanted = Set(try store.blobs().map(\.digest))
      _ = try Self.image(store, "base", "nobody's")
      _ = try Self.image(store, "about nobody's", subject: Self.image(store, "base", "another one"))
      return wanted
    }
    let store = try ContentStore(root: directory.path)
    let count = try store.blobs().count
    let dry = try Self.collect(store, dryRun: true)
    XCTAssertEqual(try store.blobs().count, count)
    let report = try Self.collect(store)
    XCTAssertEqual(dry.blobs, report.blobs)
    XCTAssertEqual(Set(try store.blobs().map(\.digest)), wanted)
    XCTAssertEqual(report.blobs.count, count - wanted.count)
    XCTAssertEqual(report.images, 2)
    XCTAssertEqual(report.damaged, [])
    // Without its name an image goes, with what was said about it, and what others share stays.
    try ImageStore(content: store).update { $0["shop:latest"] = nil }
    _ = try Self.collect(store)
    let left = try store.blobs().count
    XCTAssertEqual(left, 1 + 2 * 3 + 1, "an index, two manifests with config and layer, and what they share")
    XCTAssertEqual(try ImageStore(content: store).referrers(), [])
    for blob in try store.blobs() {
      XCTAssertEqual(try FileSystem.digest(of: store.path(of: blob.digest)), blob.digest)
    }
  }

  func testYoungHeldAndListedBlobsStay() throws {
    let (directory, descriptor) = try scene { try Self.image($0, "pulled") }
    let store = try ContentStore(root: directory.path)
    XCTAssertEqual(try Self.collect(store, later: Self.hour).blobs, [], "within the grace period")
    XCTAssertEqual(try Self.collect(store, keeping: Set(store.blobs().map(\.digest))).blobs, [])
    try store.hold(descriptor.digest)
    XCTAssertEqual(
      try Self.collect(store, grace: 0).blobs, [], "a living process holds the manifest, and so what it names")
    XCTAssertEqual(try store.blobs().count, 3)
  }

  /// A clock that was set back makes blobs of the future: they neither vanish at once nor stay for ever.
  func testTimesOfAWrongClock() throws {
    let (directory, _) = try scene { try Self.image($0, "app") }
    let store = try ContentStore(root: directory.path)
    XCTAssertEqual(try Self.collect(store, later: -12 * Self.hour).blobs, [])
    XCTAssertEqual(try Self.collect(store, later: -720 * Self.hour).blobs.count, 3)
  }

  func testADamagedImageIsNamedAndTheRestOfItStays() throws {
    let (directory, descriptor) = try scene { store -> BlobDescriptor in
      let image = try Self.image(store, "base", "app")
      try ImageStore(content: store).update { $0["app:1"] = image }
      return image
    }
    let store = try ContentStore(root: directory.path)
    try FileSystem.removeFile(store.path(of: Digest(of: Array("app".utf8))))
    var report = try Self.collect(store)
    XCTAssertEqual(report.damaged, ["app:1"])
    XCTAssertEqual(try store.blobs().count, 3)
    try FileSystem.removeFile(store.path(of: descriptor.digest))
    report = try Self.collect(store)
    XCTAssertEqual(report.damaged, ["app:1"])
  }

  /// Names that cannot be read name everything, perhaps.
  func testNothingGoesWhereTheNamesCannotBeRead() throws {
    let (directory, _) = try scene { store in
      let image = try Self.image(store, "app")
      try ImageStore(content: store).update { $0["app:1"] = image }
    }
    let store = try ContentStore(root: directory.path)
    let good = try FileSystem.read(directory / "index.json")
    for damage in [Array(good.dropLast(9)), [], Array("{}".utf8)] {
      try FileSystem.writeAtomically(damage, to: directory / "index.json")
      XCTAssertThrowsError(try Self.collect(store, grace: 0))
      XCTAssertEqual(try store.blobs().count, 3)
    }
  }

  /// Writers, who take up blobs, name what they made and forget it again, beside a collector that waits for nothing.
  func testRandomWritersBesideACollector() throws {
    let directory = try TemporaryDirectory()
    let seed = Fuzzing.seed(77)
    let ended = Locked(false)
    let collector = try HostThread {
      var removed = 0
      while !ended.withLock({ $0 }) {
        removed += try Self.collect(ContentStore(root: directory.path), grace: -60 * Self.hour).blobs.count
      }
      return removed
    }
    let writers = try (0..<3).map { number in
      try HostThread {
        var random = SeededRandom(seed: seed + UInt64(number))
        for round in 0..<Fuzzing.rounds(30) {
          // Another process each time, as far as the lease goes; all three are one, since they are one process.
          let store = try ContentStore(root: directory.path)
          let layers = (0..<3).map { _ in "layer \(UInt32.random(in: 0..<8, using: &random))" }
          let image = try Self.image(store, layers[0], layers[1], layers[2])
          let names = try ImageStore(content: store)
          try names.update { $0["w\(number):\(round % 3)"] = image }
          try Self.assertWhole(image, store, "seed \(seed), writer \(number), round \(round)")
          if round % 5 == 4 { try names.update { $0["w\(number):\(round % 3)"] = nil } }
        }
      }
    }
    for writer in writers { try writer.join() }
    ended.withLock { $0 = true }
    // The writers of one process share a lease, so most of the garbage is only garbage when they have ended.
    let removed = try collector.join() + Self.collect(ContentStore(root: directory.path)).blobs.count
    XCTAssertGreaterThan(removed, 0, "seed \(seed): the collector found nothing to do")
    let store = try ContentStore(root: directory.path)
    for (name, descriptor) in try ImageStore(content: store).images() {
      try Self.assertWhole(descriptor, store, "seed \(seed): \(name)")
    }
    XCTAssertEqual(try directory.names(in: "staging"), [])
    XCTAssertEqual(try directory.names(in: "leases"), [])
  }

  private static func assertWhole(_ image: BlobDescriptor, _ store: ContentStore, _ note: String) throws {
    let bytes = try FileSystem.read(store.path(of: image.digest))
    let document = try ImageDocument(bytes, descriptor: image, name: note)
    for child in document.children {
      XCTAssertEqual(try FileSystem.digest(of: store.path(of: child.digest)), child.digest, note)
    }
  }
}
