import PackCore
import TestSupport
import XCTest

@testable import OCI

final class ImageCopyTests: XCTestCase {
  func testAnImageGoesRoundWithTheSameBytesEverywhere() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let source = try TransferFixtures.named("shop:latest", image.descriptor, scratch)
    let layout = scratch.root / "out"
    let summary = try ImageCopy(
      from: source, to: LayoutDestination(layout: layout, tag: "shop:latest")
    ).run()
    XCTAssertEqual(summary.root.digest, image.descriptor.digest)
    XCTAssertEqual(summary.copied, 3)
    XCTAssertEqual(summary.documents, 1)
    try ImageValidator.validate(layout)
    XCTAssertEqual(try LayoutSource(layout: layout).tags(), ["shop:latest"])

    let other = try Scratch()
    let store = try ImageStore(content: other.store)
    try ImageCopy(from: LayoutSource(layout: layout), to: StoreDestination(store, name: "copy:1")).run()
    XCTAssertEqual(try store.find("copy:1")?.digest, image.descriptor.digest)
    XCTAssertEqual(try other.blobs(), try scratch.blobs())
    for blob in try other.blobs() {
      let path = HostPath("blobs/sha256") / HostPath(bytes: blob)
      XCTAssertEqual(try FileSystem.read(other.store.root / path), try FileSystem.read(scratch.store.root / path))
    }
    // A second time there is nothing to send.
    let again = try ImageCopy(from: LayoutSource(layout: layout), to: StoreDestination(store, name: "copy:2")).run()
    XCTAssertEqual([again.copied, again.present], [0, 3])
    XCTAssertEqual(try store.images().map(\.name), ["copy:1", "copy:2"])
    XCTAssertEqual(try other.staged(), [])
  }

  func testALayoutKeepsItsOtherImagesAndReplacesTheSameTag() throws {
    let scratch = try Scratch()
    let layout = scratch.root / "out"
    let one = try TransferFixtures.image(scratch, text: "one")
    let two = try TransferFixtures.image(scratch, text: "two")
    for (tag, image) in [("a", one), ("b", one), ("a", two)] {
      let source = try TransferFixtures.named(tag, image.descriptor, scratch)
      try ImageCopy(from: source, to: LayoutDestination(layout: layout, tag: tag)).run()
    }
    XCTAssertEqual(try LayoutSource(layout: layout).tags(), ["a", "b"])
    XCTAssertEqual(try LayoutSource(layout: layout, tag: "a").root().descriptor.digest, two.descriptor.digest)
    XCTAssertEqual(try LayoutSource(layout: layout, tag: "b").root().descriptor.digest, one.descriptor.digest)
    try ImageValidator.validate(layout)
    let thesis = scratch.root / "thesis"
    try FileSystem.createDirectory(thesis)
    try FileSystem.writeAtomically([1], to: thesis / "thesis.tex")
    assertFailure("not_an_image_layout", try LayoutDestination(layout: thesis, tag: "a"))
  }

  func testAllPlatformsOrOne() throws {
    let scratch = try Scratch()
    let images = try [Platform.Architecture.amd64, .arm64].map {
      try TransferFixtures.image(scratch, architecture: $0)
    }
    let index = try TransferFixtures.index(images.map(\.descriptor), scratch)
    let source = try TransferFixtures.named("both:1", index, scratch)
    let all = scratch.root / "all"
    let summary = try ImageCopy(from: source, to: LayoutDestination(layout: all, tag: "both")).run()
    XCTAssertEqual([summary.documents, summary.copied], [3, 6])
    try ImageValidator.validate(all)

    var copy = try ImageCopy(from: source, to: LayoutDestination(layout: scratch.root / "one", tag: "one"))
    copy.platform = try ImagePlatform(parsing: "linux/arm64")
    XCTAssertEqual(try copy.run().root.digest, images[1].descriptor.digest)
    XCTAssertEqual(
      try SingleImage.open(LayoutSource(layout: scratch.root / "one")).config.platform.description, "linux/arm64")
    copy.platform = try ImagePlatform(parsing: "linux/s390x")
    let failure = assertFailure("no_such_platform", try copy.run())
    XCTAssertTrue(failure?.hint?.contains("linux/amd64, linux/arm64") == true)
    // Of a single image the platform has to be the one that was asked for.
    assertFailure(
      "no_such_platform",
      try SingleImage.open(
        LayoutSource(layout: scratch.root / "one"), platform: ImagePlatform(os: "linux", architecture: "amd64")))
    XCTAssertEqual(try SingleImage.open(source).descriptor.digest, images[0].descriptor.digest)
  }

  func testReferrersComeAlongWhereTheyAreWanted() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let note = try TransferFixtures.referrer(of: image.descriptor, "a note", scratch)
    let note2 = try TransferFixtures.referrer(of: note, "about the note", scratch)
    let source = try TransferFixtures.named("shop:1", image.descriptor, scratch)
    XCTAssertEqual(try source.referrers(of: image.descriptor.digest).map(\.digest), [note.digest])

    for wanted in [true, false] {
      let layout = scratch.root / "with-\(wanted)"
      var copy = try ImageCopy(from: source, to: LayoutDestination(layout: layout, tag: "shop"))
      copy.includesReferrers = wanted
      try copy.run()
      let copied = LayoutSource(layout: layout)
      XCTAssertEqual(try copied.root().descriptor.digest, image.descriptor.digest)
      XCTAssertEqual(
        try copied.referrers(of: image.descriptor.digest).map(\.digest), wanted ? [note.digest] : [])
      XCTAssertEqual(try copied.referrers(of: note.digest).map(\.digest), wanted ? [note2.digest] : [])
    }
    // And back into a store, which keeps them beside the names.
    let other = try Scratch()
    let store = try ImageStore(content: other.store)
    var back = ImageCopy(
      from: LayoutSource(layout: scratch.root / "with-true"), to: StoreDestination(store, name: "back:1"))
    back.includesReferrers = true
    try back.run()
    XCTAssertEqual(Set(try store.referrers().map(\.digest)), [note.digest, note2.digest])
    try store.update { $0["other:1"] = image.descriptor }
    XCTAssertEqual(try store.referrers().count, 2, "a change of names keeps the referrers")
  }

  func testAFailureInOneBlobNamesNothing() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let source = try TransferFixtures.named("shop:1", image.descriptor, scratch)
    let layer = scratch.store.path(of: image.manifest.layers[1].digest)
    var bytes = try FileSystem.read(layer)
    bytes[bytes.count / 2] ^= 1
    try FileSystem.removeFile(layer)
    try FileSystem.writeAtomically(bytes, to: layer)

    let other = try Scratch()
    let store = try ImageStore(content: other.store)
    assertFailure("damaged_image", try ImageCopy(from: source, to: StoreDestination(store, name: "x:1")).run())
    XCTAssertEqual(try store.images().count, 0)
    XCTAssertEqual(try other.staged(), [])
    XCTAssertNil(other.store.size(of: image.manifest.layers[1].digest))
    let layout = scratch.root / "out"
    assertFailure("damaged_image", try ImageCopy(from: source, to: LayoutDestination(layout: layout, tag: "x")).run())
    XCTAssertFalse(FileSystem.exists(layout))
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.root), [Array("store".utf8)])
  }

  func testAWalkIsBounded() throws {
    let scratch = try Scratch()
    var descriptor = try TransferFixtures.image(scratch).descriptor
    for _ in 0..<5 { descriptor = try TransferFixtures.index([descriptor], scratch) }
    let deep = try TransferFixtures.named("deep:1", descriptor, scratch)
    let failure = assertFailure("damaged_image", try CopyPlan.make(deep))
    XCTAssertTrue(failure?.message.contains("nested too deeply") == true)
    assertFailure("damaged_image", try SingleImage.open(deep))

    let manifests = try (0..<1100).map { number in
      try TransferFixtures.index([], scratch, annotations: ["n": "\(number)"])
    }
    let wide = try TransferFixtures.named("wide:1", TransferFixtures.index(manifests, scratch), scratch)
    XCTAssertTrue(
      assertFailure("damaged_image", try CopyPlan.make(wide))?.message.contains("more than 1024 manifests") == true)

    var layer = try XCTUnwrap(TransferFixtures.image(scratch).manifest.layers.first)
    let other = layer
    layer.size += 1
    let config = try TransferFixtures.image(scratch).manifest.config
    let bytes = CanonicalJSON.encode(ImageManifest(config: config, layers: [layer, other]).json)
    let lying = BlobDescriptor(
      mediaType: .imageManifest, digest: try scratch.store.put(bytes), size: Int64(bytes.count))
    let source = try TransferFixtures.named("lying:1", lying, scratch)
    XCTAssertTrue(
      assertFailure("damaged_image", try CopyPlan.make(source))?.message.contains("disagree about its size") == true)
  }

  /// Several that begin while there is no layout yet: each image is there in the end, and no one waits for another.
  func testLayoutsThatAreMadeAtTheSameTimeHaveAllImages() throws {
    let scratch = try Scratch()
    let layout = scratch.root / "out"
    let names = (0..<6).map { "t\($0)" }
    let copies = try names.map { name -> (LayoutDestination, StoreSource) in
      let image = try TransferFixtures.image(scratch, text: name)
      _ = try TransferFixtures.referrer(of: image.descriptor, name, scratch)
      let source = try TransferFixtures.named("\(name):1", image.descriptor, scratch)
      return (try LayoutDestination(layout: layout, tag: name), source)
    }
    let threads = try copies.map { destination, source in
      try HostThread {
        var copy = ImageCopy(from: source, to: destination)
        copy.includesReferrers = true
        try copy.run()
      }
    }
    for thread in threads { try thread.join() }
    XCTAssertEqual(try LayoutSource(layout: layout).tags(), names)
    for (name, (_, source)) in zip(names, copies) {
      let found = LayoutSource(layout: layout, tag: name)
      XCTAssertEqual(try found.root().bytes, try source.root().bytes)
      let plan = try CopyPlan.make(found, referrers: true)
      XCTAssertEqual(plan.documents.count, 2, "the image and what is said about it")
      for blob in plan.blobs { try found.read(blob) { _ in } }
    }
  }

  func testProgressIsReportedForEachBlob() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let source = try TransferFixtures.named("shop:1", image.descriptor, scratch)
    let events = Locked<[String]>([])
    let reporter = Reporter { event in
      if case .stepEnded(let id, let status, _, _) = event { events.withLock { $0.append("\(id) \(status)") } }
    }
    try ImageCopy(
      from: source, to: LayoutDestination(layout: scratch.root / "out", tag: "x"), reporter: reporter
    ).run()
    let blobs = [image.manifest.config] + image.manifest.layers
    XCTAssertEqual(events.withLock { Set($0) }, Set(blobs.map { "\($0.digest.short) ran" }))
  }
}
