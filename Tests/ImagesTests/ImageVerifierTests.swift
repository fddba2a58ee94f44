import PackCore
import TestSupport
import XCTest

@testable import Images
@testable import OCI

final class ImageVerifierTests: XCTestCase {
  /// A layout of one image, written by packc, and the means to damage it.
  private struct Fixture {
    let directory: TemporaryDirectory
    let layout: HostPath
    let image: SingleImage

    init(files: [(String, UInt32)] = [("usr/bin/app", 0o755), ("etc/app.conf", 0o644)]) throws {
      directory = try TemporaryDirectory()
      layout = directory / "image"
      let store = try ContentStore(root: directory / "store")
      var filesystem = RootFilesystem()
      for (path, mode) in files {
        try filesystem.insert(
          .init(
            path: XCTUnwrap(RootPath(path)), content: .bytes(Array(path.utf8)), mode: mode,
            layer: path.hasPrefix("usr") ? .application : .runtime, origin: "test"))
      }
      let layers = try filesystem.layers().map { try LayerWriter.write($0, compression: .gzip, store: store) }
      try ImageBuilder.write(
        image: ImageDescription(platform: .host, entrypoint: ["/usr/bin/app"]), layers: layers, store: store,
        layout: layout, tag: "t")
      image = try SingleImage.open(LayoutSource(layout: layout))
    }

    func blob(_ digest: Digest) -> HostPath { layout / "blobs/sha256" / digest.hex }

    func damage(_ digest: Digest) throws {
      var bytes = try FileSystem.read(blob(digest))
      bytes[bytes.count / 2] ^= 1
      try FileSystem.removeFile(blob(digest))
      try FileSystem.writeAtomically(bytes, to: blob(digest))
    }

    func verify() throws -> Verification { try ImageVerifier.verify(LayoutSource(layout: layout)) }
  }

  private func check(_ found: Verification) throws {
    XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "verify").problems(found.json), [])
  }

  func testAGoodImageIsWhatItSays() throws {
    let fixture = try Fixture()
    let found = try fixture.verify()
    XCTAssertEqual(found.findings, [])
    XCTAssertNil(found.failure)
    XCTAssertEqual([found.manifests, found.layers, found.blobs, found.entries], [1, 2, 3, 5])
    XCTAssertTrue(found.text.contains("is what it says: 1 manifest, 2 layers, 5 entries"), found.text)
    try check(found)
  }

  func testEveryDamageIsAFindingWithItsPlace() throws {
    let rows: [(String, (Fixture) throws -> Void, [(String, String)])] = [
      (
        "a layer", { try $0.damage($0.image.layers[0].descriptor.digest) },
        [("layer \(try Fixture().image.layers[0].descriptor.digest.short)", "digest")]
      ),
      (
        "both layers", { for layer in $0.image.layers { try $0.damage(layer.descriptor.digest) } },
        [("layer", "digest"), ("layer", "digest")]
      ),
      (
        "a missing layer", { try FileSystem.removeFile($0.blob($0.image.layers[1].descriptor.digest)) },
        [("layer", "missing")]
      ),
      ("the config", { try $0.damage($0.image.manifest.config.digest) }, [("config", "digest")]),
    ]
    for (name, damage, expected) in rows {
      let fixture = try Fixture()
      try damage(fixture)
      let found = try fixture.verify()
      XCTAssertEqual(found.errors.count, expected.count, "\(name): \(found.findings)")
      for (finding, (place, text)) in zip(found.errors, expected) {
        XCTAssertTrue(finding.place.hasPrefix(place), "\(name): \(finding)")
        XCTAssertTrue(finding.message.contains(text), "\(name): \(finding)")
      }
      XCTAssertEqual(found.failure?.exit, .badInput)
      try check(found)
    }
  }

  func testTheManifestItselfIsRefused() throws {
    let fixture = try Fixture()
    try fixture.damage(fixture.image.descriptor.digest)
    assertFailure("damaged_image", exit: .badInput) { try fixture.verify() }
  }

  func testWhatMayNotWorkElsewhereIsAWarning() throws {
    let found = try Fixture(files: [("usr/share/Read", 0o644), ("usr/share/read", 0o644)]).verify()
    XCTAssertEqual(found.warnings.map(\.code), ["case_collision"])
    XCTAssertTrue(found.warnings[0].message.contains("/usr/share/Read and /usr/share/read"), found.warnings[0].message)
    XCTAssertNil(found.failure)
    try check(found)
  }

  /// An index whose entry has another platform than the config, and a referrer whose subject is not there.
  func testIndexesAndReferrersAreFollowed() throws {
    let fixture = try Fixture()
    func add(_ json: JSONValue, _ type: MediaType) throws -> BlobDescriptor {
      let bytes = CanonicalJSON.encode(json)
      try FileSystem.writeAtomically(bytes, to: fixture.blob(Digest(of: bytes)))
      return BlobDescriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
    }
    let empty = try add(.object([:]), .emptyJSON)
    let missing = BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: [7]), size: 7)
    let note = try add(
      ImageManifest(artifactType: "application/x-note", config: empty, layers: [empty], subject: missing).json,
      .imageManifest)
    var image = fixture.image.descriptor
    image.platform = ImagePlatform(os: "linux", architecture: "s390x")
    var root = try add(ImageIndex(manifests: [image, note]).json, .imageIndex)
    root.annotations = [ImageTag.annotation: "t"]
    try FileSystem.writeAtomically(
      CanonicalJSON.encode(ImageIndex(manifests: [root]).json), to: fixture.layout / "index.json")
    let found = try fixture.verify()
    XCTAssertEqual(found.errors.count, 2, "\(found.findings)")
    XCTAssertTrue(found.errors.contains { $0.message.contains("the index says linux/s390x") }, "\(found.findings)")
    XCTAssertTrue(found.errors.contains { $0.place == "subject of \(note.digest.short)" }, "\(found.findings)")
    try check(found)
  }
}
