import PackCore
import TestSupport
import XCTest

@testable import OCI

final class ImageArchiveTests: XCTestCase {
  private func open(_ path: HostPath, _ scratch: Scratch, tag: String? = nil, kind: ImageArchive.Kind? = nil) throws
    -> ImageArchive.Opened
  {
    try ImageArchive.open(path, kind: kind, tag: tag, temporary: scratch.root / "temporary")
  }

  private func archive(_ source: any ImageSource, to path: HostPath, tag: String? = "shop:1") throws {
    let destination = try ArchiveDestination(StagedFile(for: path), tag: tag, name: "archive")
    var copy = ImageCopy(from: source, to: destination)
    copy.includesReferrers = true
    try copy.run()
  }

  func testAnOCIArchiveHoldsAllAndAlwaysTheSame() throws {
    let scratch = try Scratch()
    let images = try [Platform.Architecture.amd64, .arm64].map {
      try TransferFixtures.image(scratch, architecture: $0, compression: .zstd(level: 3))
    }
    let index = try TransferFixtures.index(images.map(\.descriptor), scratch)
    let note = try TransferFixtures.referrer(of: images[0].descriptor, "note", scratch)
    let source = try TransferFixtures.named("both:1", index, scratch)
    let path = scratch.root / "both.tar"
    try archive(source, to: path)
    let opened = try open(path, scratch)
    XCTAssertEqual(opened.kind, .layout)
    XCTAssertEqual(opened.names, ["shop:1"])
    XCTAssertEqual(try opened.source.root().descriptor.digest, index.digest)
    XCTAssertEqual(try opened.source.referrers(of: images[0].descriptor.digest).map(\.digest), [note.digest])

    // Back into a directory: the same blobs.
    var copy = try ImageCopy(from: opened.source, to: LayoutDestination(layout: scratch.root / "out", tag: "x"))
    copy.includesReferrers = true
    try copy.run()
    try ImageValidator.validate(scratch.root / "out")
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.root / "out/blobs/sha256"), try scratch.blobs())

    // By bsdtar's eyes: sorted, and nothing of the host in it.
    let listing = try Scratch.run(["bsdtar", "-tvf", path.description]).outputText.split(separator: "\n")
    XCTAssertEqual(listing.count, 2 + (try scratch.blobs().count) + 2)
    XCTAssertTrue(listing.allSatisfy { $0.contains("0 0      0") && $0.contains("Jan  1  1970") }, "\(listing)")
    let names = listing.compactMap { $0.split(separator: " ").last.map(String.init) }
    XCTAssertEqual(names, names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })

    let again = scratch.root / "again.tar"
    try archive(source, to: again)
    XCTAssertEqual(try FileSystem.read(again), try FileSystem.read(path))
    XCTAssertEqual(try FileSystem.status(again)?.mode, 0o644)
  }

  func testCompressedArchivesAreReadAndBombsAreNot() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let path = scratch.root / "plain.tar"
    try archive(TransferFixtures.named("shop:1", image.descriptor, scratch), to: path)
    for tool in [["gzip", "-n"], ["zstd", "-q"]] {
      let packed = scratch.root / "packed"
      try FileSystem.writeAtomically(Scratch.run(tool + ["-c", path.description]).output, to: packed)
      XCTAssertEqual(try open(packed, scratch).source.root().descriptor.digest, image.descriptor.digest, "\(tool)")
      let bytes = try FileSystem.read(packed)
      try FileSystem.writeAtomically(Array(bytes.dropLast(20)), to: packed)
      assertFailure("damaged_image", try open(packed, scratch), "\(tool) cut off")
    }
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.root / "temporary"), [])
    let bomb = scratch.root / "bomb"
    try Scratch.run(["sh", "-c", "head -c 200000000 /dev/zero | gzip -n > \(bomb)"])
    let failure = assertFailure("damaged_image", try open(bomb, scratch))
    XCTAssertTrue(failure?.message.contains("when it is decompressed") == true, failure?.message ?? "")
  }

  func testADockerArchiveGoesRound() throws {
    for compression in [LayerCompression.gzip, .zstd(level: 3)] {
      let scratch = try Scratch()
      let image = try TransferFixtures.image(scratch, compression: compression)
      let source = try TransferFixtures.named("shop:1", image.descriptor, scratch)
      let path = scratch.root / "docker.tar"
      let single = try SingleImage.open(source)
      try DockerArchiveWriter(single, names: ["shop:1"]).write(to: StagedFile(for: path))
      let opened = try open(path, scratch)
      XCTAssertEqual(opened.kind, .docker)
      XCTAssertEqual(opened.names, ["shop:1"])
      let read = try SingleImage.open(opened.source)
      XCTAssertEqual(read.configBytes, single.configBytes)
      XCTAssertEqual(read.layers.map(\.diffID), single.layers.map(\.diffID))
      XCTAssertEqual(read.layers.map(\.descriptor.digest), single.layers.map(\.diffID), "uncompressed")
      for layer in read.layers { try UnpackedLayer.read(layer, of: opened.source) { _ in } }
      // Written again from what was read, the archive is the same.
      let again = scratch.root / "again.tar"
      try DockerArchiveWriter(read, names: opened.names).write(to: StagedFile(for: again))
      XCTAssertEqual(try FileSystem.read(again), try FileSystem.read(path), "\(compression)")
      for name in ["shop:1", "docker.io/library/shop:1"] { XCTAssertNoThrow(try open(path, scratch, tag: name)) }
      assertFailure("no_such_tag", try open(path, scratch, tag: "shop:2"))
    }
  }

  func testALayerThatIsNotItsDiffIDIsNotWritten() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let other = try TransferFixtures.image(scratch, text: "other")
    // The right blobs for their digests, and a config that tells of other archives.
    let bytes = CanonicalJSON.encode(
      ImageManifest(config: image.manifest.config, layers: other.manifest.layers).json)
    let lying = BlobDescriptor(
      mediaType: .imageManifest, digest: try scratch.store.put(bytes), size: Int64(bytes.count))
    let source = try TransferFixtures.named("lying:1", lying, scratch)
    let path = scratch.root / "docker.tar"
    let failure = assertFailure(
      "damaged_image", try DockerArchiveWriter(SingleImage.open(source), names: []).write(to: StagedFile(for: path)))
    XCTAssertTrue(failure?.message.contains("the config says") == true, failure?.message ?? "")
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.root), [Array("store".utf8)])
    // Nor does it get a name in a store.
    let target = try Scratch()
    let store = try ImageStore(content: target.store)
    assertFailure(
      "damaged_image",
      try ImageCopy(from: source, to: CheckedDestination(StoreDestination(store, name: "x:1"), in: store)).run())
    XCTAssertEqual(try store.images().count, 0)
  }

  // MARK: - manifest.json

  /// An archive of these files.
  private func tar(_ files: [(String, [UInt8])]) -> [UInt8] {
    files.reduce(into: []) { out, file in
      TarHeader(kind: .file, path: Array(file.0.utf8), mode: 0o644, size: Int64(file.1.count), time: 0)
        .encode(into: &out)
      out += file.1 + [UInt8](repeating: 0, count: -file.1.count & 511)
    } + [UInt8](repeating: 0, count: 1024)
  }

  private static let layer = [UInt8](repeating: 0, count: 1024)
  private static let config = Array(
    #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(Digest(of: layer))"]}}"#.utf8)

  private func docker(_ manifest: String, config: [UInt8] = config) -> [UInt8] {
    tar([("config.json", config), ("layer.tar", Self.layer), ("manifest.json", Array(manifest.utf8))])
  }

  func testManifestsThatLieAreRefusedWithTheirPlace() throws {
    let scratch = try Scratch()
    let path = scratch.root / "a.tar"
    let good = #"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["layer.tar"]}]"#
    try FileSystem.writeAtomically(docker(good), to: path)
    XCTAssertEqual(try open(path, scratch).names, ["a:1"])
    let rows: [(String, [UInt8], String)] = [
      ("no config", docker(#"[{"Config":"none.json","Layers":["layer.tar"]}]"#), "none.json: the config is missing"),
      ("no layer", docker(#"[{"Config":"config.json","Layers":["x.tar"]}]"#), "x.tar: the layer is missing"),
      ("two layers", docker(#"[{"Config":"config.json","Layers":["layer.tar","layer.tar"]}]"#), "1 diff_ids for 2"),
      ("empty", docker("[]"), "names no image"), ("no list", docker("{}"), "expected an array"),
      ("wrong kind", docker(#"[{"Config":7}]"#), "Config: expected a string"),
      ("torn", docker(#"[{"Config":"con"#), "manifest.json"),
      ("bad config", docker(good, config: Array("{}".utf8)), "config.json"),
      ("directory", tar([("manifest.json/x", [1])]), "holds no image"),
    ]
    for (note, bytes, says) in rows {
      try FileSystem.writeAtomically(bytes, to: path)
      do {
        _ = try open(path, scratch)
        XCTFail(note)
      } catch let failure as Failure {
        XCTAssertTrue(failure.message.contains(says), "\(note): \(failure.message)")
        XCTAssertEqual(failure.exit, .badInput, note)
        XCTAssertNotNil(failure.hint, note)
      }
    }
    // A layer that is another one than the config says is found when it is read.
    var other = Self.layer
    other[0] = 1
    try FileSystem.writeAtomically(
      tar([("config.json", Self.config), ("layer.tar", other), ("manifest.json", Array(good.utf8))]), to: path)
    let image = try SingleImage.open(open(path, scratch).source)
    assertFailure("damaged_image", try image.source.read(image.layers[0].descriptor) { _ in })
    assertFailure("no_image", try open(scratch.root / "nothing", scratch))
    try FileSystem.writeAtomically([], to: path)
    assertFailure("not_an_archive", try open(path, scratch))
  }

  func testFuzzedManifestsGiveAnImageOrAFailure() throws {
    let seed = Fuzzing.seed(77)
    var random = SeededRandom(seed: seed)
    let scratch = try Scratch()
    let path = scratch.root / "a.tar"
    let good = Array(#"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["layer.tar"]}]"#.utf8)
    let words = ["\"Config\"", "null", "[", "]", "{", "}", "\"layer.tar\"", "\"../x\"", ",", ":", "1e9", "\"\\u0000\""]
    for round in 0..<Fuzzing.rounds(200) {
      var text = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        if Bool.random(using: &random) {
          text[place] = UInt8.random(in: 0x20...0x7e, using: &random)
        } else {
          text.replaceSubrange(
            place..<min(place + 4, text.count), with: Array(words.randomElement(using: &random)!.utf8))
        }
      }
      try FileSystem.writeAtomically(docker(String(decoding: text, as: UTF8.self)), to: path, durable: false)
      do {
        let image = try SingleImage.open(open(path, scratch).source)
        XCTAssertEqual(image.layers.count, 1, "seed \(seed) round \(round)")
      } catch {
        XCTAssertEqual((error as? Failure)?.exit, .badInput, "seed \(seed) round \(round): \(error)")
      }
    }
  }

  /// Docker writes a layout and a `manifest.json` side by side since version 25.
  func testAnArchiveThatIsBothIsReadAsALayoutUnlessAskedOtherwise() throws {
    let scratch = try Scratch()
    let image = try TransferFixtures.image(scratch)
    let single = try SingleImage.open(TransferFixtures.named("shop:1", image.descriptor, scratch))
    var files: [(String, [UInt8])] = try single.layers.map {
      ("blobs/sha256/\($0.descriptor.digest.hex)", try FileSystem.read(scratch.store.path(of: $0.descriptor.digest)))
    }
    var entry = image.descriptor
    entry.annotations = [
      "io.containerd.image.name": "docker.io/library/shop:1", "org.opencontainers.image.ref.name": "1",
    ]
    let config = "blobs/sha256/\(image.manifest.config.digest.hex)"
    let manifest: JSONValue = [
      [
        "Config": .string(config), "RepoTags": ["shop:1"], "Layers": JSONValue(strings: files.map(\.0)),
      ]
    ]
    files += [
      (config, single.configBytes), ("blobs/sha256/\(image.descriptor.digest.hex)", single.document.bytes),
      ("index.json", CanonicalJSON.encode(ImageIndex(manifests: [entry]).json)),
      ("manifest.json", CanonicalJSON.encode(manifest)),
      ("oci-layout", CanonicalJSON.encode(ImageLayoutWriter.layoutFile)),
    ]
    let path = scratch.root / "docker25.tar"
    try FileSystem.writeAtomically(tar(files), to: path)
    let opened = try open(path, scratch)
    XCTAssertEqual(opened.kind, .layout)
    XCTAssertEqual(opened.names, ["docker.io/library/shop:1"])
    XCTAssertEqual(try opened.source.root().descriptor.digest, image.descriptor.digest)
    for tag in ["1", "docker.io/library/shop:1"] { XCTAssertNoThrow(try open(path, scratch, tag: tag), tag) }
    let docker = try open(path, scratch, kind: .docker)
    XCTAssertEqual(docker.names, ["shop:1"])
    // Made here, the manifest is another one; config and layers are the same.
    XCTAssertEqual(try SingleImage.open(docker.source).manifest.config.digest, image.manifest.config.digest)
    XCTAssertEqual(
      try SingleImage.open(docker.source).manifest.layers.map(\.digest), image.manifest.layers.map(\.digest))
  }
}
