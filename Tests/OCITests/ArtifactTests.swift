import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Manifests that say something about an image, and layouts that hold them beside it.
final class ArtifactTests: XCTestCase {
  private let subject = BlobDescriptor(
    mediaType: .imageManifest, digest: Digest(of: [1]), size: 1, platform: ImagePlatform(.host),
    annotations: ["a": "b"])

  /// OCI image spec, manifest.md, "Guidelines for Artifact Usage".
  func testTheManifestIsOneOfTheSpecification() throws {
    let scratch = try Scratch()
    let blob = BlobDescriptor(mediaType: .debugFileZstd, digest: try scratch.store.put([1, 2]), size: 2)
    let artifact = try ArtifactBuilder.assemble(
      ArtifactDescription(
        artifactType: .debugSymbols, subject: subject, layers: [blob], annotations: ["dev.packc.test": "yes"]),
      store: scratch.store)
    let bytes = try FileSystem.read(scratch.store.path(of: artifact.descriptor.digest))
    let json = try JSONParser.parse(bytes)
    XCTAssertEqual(json["artifactType"], "application/vnd.packc.debug-symbols.v1")
    XCTAssertEqual(json["config"]?["mediaType"], "application/vnd.oci.empty.v1+json")
    XCTAssertEqual(
      json["config"]?["digest"], "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    XCTAssertEqual(json["config"]?["size"], 2)
    // The subject is a plain descriptor: platform and annotations belong to whoever lists it.
    XCTAssertEqual(Set(json["subject"]?.object?.keys.map { $0 } ?? []), ["mediaType", "digest", "size"])
    XCTAssertEqual(json["layers"]?.array?.count, 1)
    XCTAssertEqual(artifact.descriptor.artifactType, "application/vnd.packc.debug-symbols.v1")
    XCTAssertEqual(artifact.descriptor.annotations, ["dev.packc.test": "yes"])
    let again = try ArtifactBuilder.assemble(
      ArtifactDescription(
        artifactType: .debugSymbols, subject: subject, layers: [blob], annotations: ["dev.packc.test": "yes"]),
      store: scratch.store)
    XCTAssertEqual(again, artifact)
  }

  func testAnArtifactWithoutContentHasTheEmptyBlob() throws {
    let scratch = try Scratch()
    let artifact = try ArtifactBuilder.assemble(
      ArtifactDescription(artifactType: .debugSymbols, subject: nil, layers: []), store: scratch.store)
    XCTAssertEqual(artifact.manifest.layers, [artifact.manifest.config])
    XCTAssertNil(artifact.manifest.subject)
  }

  func testALayoutHoldsItBesideTheImageAndOtherToolsReadTheTag() throws {
    let scratch = try Scratch()
    let layer = try LayerWriter.write(
      layer(entry("app/server", .bytes([1]), mode: 0o755)), compression: .gzip, store: scratch.store)
    let layout = scratch.root / "image"
    let blob = BlobDescriptor(mediaType: .debugFileZstd, digest: try scratch.store.put([1, 2]), size: 2)
    let store = scratch.store
    let written = try ImageBuilder.write(
      image: ImageDescription(platform: .host, entrypoint: ["/app/server"]), layers: [layer], store: store,
      layout: layout, tag: "server"
    ) { subject in
      [
        try ArtifactBuilder.assemble(
          ArtifactDescription(artifactType: .debugSymbols, subject: subject, layers: [blob]), store: store)
      ]
    }
    try ImageValidator.validate(layout, depth: .bytes)
    let source = LayoutSource(layout: layout)
    XCTAssertEqual(try source.descriptor().digest, written.manifest.digest, "the tag is the only image")
    let found = try source.referrers(of: written.manifest.digest)
    XCTAssertEqual(found.map(\.digest), written.referrers.map(\.descriptor.digest))
    XCTAssertEqual(found.first?.artifactType, DebugSymbols.artifactType.description)
    XCTAssertEqual(try source.referrers(of: Digest(of: [9])), [])

    let inspected = try Tools.output("skopeo", ["inspect", "--raw", "oci:\(layout):server"])
    XCTAssertEqual(Digest(of: Array(inspected.utf8)), written.manifest.digest)
    XCTAssertTrue(
      try Tools.output("umoci", ["stat", "--image", "\(layout):server"]).contains(layer.digest.description))
    XCTAssertEqual(try Tools.output("umoci", ["list", "--layout", "\(layout)"]), "server\n")
  }

  func testABlobComesBackAsItWas() throws {
    let scratch = try Scratch()
    var random = SeededRandom(seed: 5)
    // Around the size of a block, which ends a frame.
    for size in [0, 1, 4 << 20, (4 << 20) + 1, 9_000_000] {
      let bytes =
        size < 10 ? random.bytes(size) : Array(repeating: random.bytes(64), count: size / 64 + 1).flatMap { $0 }
      let written = try XCTUnwrap(
        CompressedBlob.write(into: scratch.store) { sink in
          // In pieces of odd sizes.
          for start in stride(from: 0, to: bytes.count, by: 700_001) {
            try bytes[start..<min(bytes.count, start + 700_001)].withUnsafeBytes(sink)
          }
          return true
        })
      XCTAssertEqual(written.content, Digest(of: bytes))
      XCTAssertEqual(written.contentSize, Int64(bytes.count))
      let blob = scratch.store.path(of: written.digest)
      XCTAssertEqual(try FileSystem.digest(of: blob), written.digest)
      XCTAssertEqual(try FileSystem.status(blob)?.size, written.size)
      let plain = try Scratch.run(["zstd", "-dc", blob.description])
      XCTAssertEqual(Digest(of: plain.output), written.content, "\(size)")
    }
    let before = try scratch.blobs()
    XCTAssertNil(try CompressedBlob.write(into: scratch.store) { _ in false })
    XCTAssertEqual(try scratch.blobs(), before)
    XCTAssertEqual(try scratch.staged(), [])
  }
}
