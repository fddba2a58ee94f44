import Glibc
import PackCore
import XCTest

@testable import OCI

final class ImageLayoutTests: XCTestCase {
  private let image = ImageDescription(
    platform: Platform(architecture: .amd64), entrypoint: ["/usr/bin/app"], environment: ["PORT": "8080"],
    exposedPorts: ["8080/tcp"], labels: ["dev.packc.mode": "release"], annotations: ["dev.packc.note": "yes"])

  private func layers(_ scratch: Scratch, _ compression: LayerCompression = .gzip) throws -> [Layer] {
    var filesystem = RootFilesystem()
    for (role, name) in [(LayerRole.runtime, "usr/lib/lib.so"), (.application, "usr/bin/app")] {
      try filesystem.insert(
        .init(
          path: XCTUnwrap(RootPath(name)), content: .bytes(Array(name.utf8)), mode: 0o755, layer: role, origin: "test"))
    }
    return try filesystem.layers().map {
      try LayerWriter.write($0, compression: compression, epoch: 0, store: scratch.store)
    }
  }

  @discardableResult
  private func write(_ scratch: Scratch, _ compression: LayerCompression = .gzip, tag: String = "shop") throws
    -> WrittenImage
  {
    try ImageBuilder.write(
      image: image, layers: layers(scratch, compression), store: scratch.store, layout: scratch.root / "image", tag: tag
    )
  }

  func testSkopeoReadsBothCompressions() throws {
    for compression in [LayerCompression.gzip, .zstd(level: 3)] {
      let scratch = try Scratch()
      let written = try write(scratch, compression)
      XCTAssertEqual(written.ref, "oci:\(scratch.root)/image:shop")
      let json = try JSONReader(
        JSONParser.parse(Scratch.run(["skopeo", "inspect", written.ref]).output, name: "skopeo"))
      XCTAssertEqual(try json.required("Digest").digest(), written.manifest.digest)
      XCTAssertEqual(try json.required("Created").string(), "1970-01-01T00:00:00Z")
      XCTAssertEqual(try json.required("Layers").strings().count, 2)
      XCTAssertEqual(try json.required("Env").strings(), ["PORT=8080"])
      XCTAssertEqual(try json.required("Labels").stringMap(), ["dev.packc.mode": "release"])
      // Decompressed by skopeo, each layer is the archive that its diffID names.
      let copy = scratch.root / "copy"
      try Scratch.run(
        ["skopeo", "copy", "-q", "--insecure-policy", "--dest-decompress", written.ref, "dir:\(copy)"])
      for layer in try layers(scratch, compression) {
        XCTAssertEqual(try FileSystem.digest(of: copy / layer.diffID.hex), layer.diffID, "\(compression)")
      }
    }
  }

  func testUmociUnpacksGzip() throws {
    let scratch = try Scratch()
    // More than one member, since blocks are members.
    let big = [UInt8](repeating: 0x41, count: 3 << 20)
    let content = try layer(
      entry("usr/bin/app", scratch.file("big", big), mode: 0o755), entry("dir", .directory, mode: 0o755))
    let written = try LayerWriter.write(content, compression: .gzip, store: scratch.store)
    let layout = scratch.root / "image"
    try ImageBuilder.write(image: image, layers: [written], store: scratch.store, layout: layout, tag: "shop")
    let bundle = scratch.root / "bundle"
    try Scratch.run(["umoci", "unpack", "--rootless", "--image", "\(layout):shop", bundle.description])
    XCTAssertEqual(try FileSystem.read(bundle / "rootfs/usr/bin/app"), big)
    XCTAssertEqual(try FileSystem.status(bundle / "rootfs/usr/bin/app")?.mode, 0o755)
    try ImageValidator.validate(layout)
  }

  func testTheSameImageFromTwoStoresUnderTwoNamesHasOneDigest() throws {
    let one = try Scratch()
    let two = try Scratch()
    let first = try write(one, tag: "a")
    let old = umask(0o077)
    defer { umask(old) }
    let second = try write(two, tag: "b:2")
    XCTAssertEqual(first.manifest.digest, second.manifest.digest)
    XCTAssertEqual(first.config.digest, second.config.digest)
    for (path, mode) in [("", 0o755), ("index.json", 0o644), ("blobs/sha256", 0o755)] as [(String, UInt32)] {
      XCTAssertEqual(try FileSystem.status(two.root / "image" / path)?.mode, mode, path)
    }
  }

  func testALayoutIsReplacedWholeAndNothingIsLeftBeside() throws {
    let scratch = try Scratch()
    try write(scratch, .gzip)
    try FileSystem.writeAtomically([1], to: scratch.root / "image/old")
    // What killed packcs left: directories that nobody holds, with something in it or killed before that.
    try FileSystem.createDirectory(scratch.root / ".image.packc-new.abcdef/blobs")
    try FileSystem.createDirectory(scratch.root / ".image.packc-new.empty1")
    try write(scratch, .zstd(level: 3), tag: "new")
    XCTAssertFalse(FileSystem.exists(scratch.root / "image/old"))
    XCTAssertEqual(try LayoutSource(layout: scratch.root / "image").tags(), ["new"])
    XCTAssertEqual(
      try DirectoryWalk.names(in: scratch.root).map { String(decoding: $0, as: UTF8.self) }, ["image", "store"])
    // Second names of the store's files, not copies.
    let written = try write(scratch)
    XCTAssertEqual(
      try FileSystem.status(scratch.root / "image/blobs/sha256" / written.config.digest.hex)?.inode,
      try FileSystem.status(scratch.store.path(of: written.config.digest))?.inode)
  }

  func testSomebodysFilesAreNotReplaced() throws {
    let scratch = try Scratch()
    let target = scratch.root / "image"
    try FileSystem.createDirectory(target)
    try write(scratch)  // An empty directory may go.
    try FileSystem.removeTree(target)
    try FileSystem.createDirectory(target)
    try FileSystem.writeAtomically([1], to: target / "thesis.tex")
    assertFailure("not_an_image_layout", try write(scratch))
    XCTAssertEqual(try DirectoryWalk.names(in: target), [Array("thesis.tex".utf8)])
    try FileSystem.removeTree(target)
    try FileSystem.writeAtomically([1], to: target)
    assertFailure("not_an_image_layout", try write(scratch))
  }

  func testALayerThatIsNotInTheStoreLeavesTheOldLayout() throws {
    let scratch = try Scratch()
    let before = try write(scratch)
    var layers = try layers(scratch)
    layers.append(
      Layer(role: .application, mediaType: .layerGzip, digest: Digest(of: [1]), diffID: Digest(of: [2]), size: 3))
    XCTAssertThrowsError(
      try ImageBuilder.write(
        image: image, layers: layers, store: scratch.store, layout: scratch.root / "image", tag: "shop"))
    XCTAssertEqual(
      try SingleImage.open(LayoutSource(layout: scratch.root / "image")).descriptor.digest, before.manifest.digest)
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.root).count, 2)
  }

  func testReaderFindsTheTagOrSaysWhichThereAre() throws {
    let scratch = try Scratch()
    let layout = scratch.root / "image"
    assertFailure("no_image", try SingleImage.open(LayoutSource(layout: layout)))
    let written = try write(scratch)
    for tag in ["shop", nil] {
      let opened = try SingleImage.open(LayoutSource(layout: layout, tag: tag))
      XCTAssertEqual(opened.descriptor.digest, written.manifest.digest)
      XCTAssertEqual(opened.config.entrypoint, ["/usr/bin/app"])
      XCTAssertEqual(opened.manifest.annotations, ["dev.packc.note": "yes"])
      XCTAssertEqual(opened.layers.map(\.diffID), opened.config.diffIDs)
      XCTAssertTrue(opened.layers.allSatisfy { opened.source.file(of: $0.descriptor.digest) != nil })
    }
    let failure = assertFailure("no_such_tag", try SingleImage.open(LayoutSource(layout: layout, tag: "shp")))
    XCTAssertTrue(failure?.message.hasSuffix("its tags: shop") == true)

    let assembled = try ImageBuilder.assemble(image, layers: layers(scratch), store: scratch.store)
    try ImageLayoutWriter.write(
      [(ImageTag("b"), assembled), (ImageTag("a"), assembled)], store: scratch.store, to: layout)
    XCTAssertEqual(try LayoutSource(layout: layout).tags(), ["a", "b"])
    XCTAssertNoThrow(try SingleImage.open(LayoutSource(layout: layout, tag: "b")))
    assertFailure("no_such_tag", try SingleImage.open(LayoutSource(layout: layout)))
  }
}
