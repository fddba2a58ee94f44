import PackCore
import XCTest

@testable import OCI

/// Damages a good layout in one way after the other.
final class ImageValidatorTests: XCTestCase {
  private struct Layout {
    let scratch: Scratch
    let root: HostPath
    let written: WrittenImage
    let layers: [Layer]

    func blob(_ digest: Digest) -> HostPath { root / "blobs/sha256" / digest.hex }

    /// The bytes under that name, whatever they are; the store's file is left alone.
    func replace(_ path: HostPath, _ bytes: [UInt8]) throws {
      try FileSystem.removeFile(path)
      try FileSystem.writeAtomically(bytes, to: path)
    }

    func edit(_ path: HostPath, _ change: (inout [String: JSONValue]) -> Void) throws -> BlobDescriptor {
      var object = try JSONParser.parse(FileSystem.read(path)).object ?? [:]
      change(&object)
      let bytes = CanonicalJSON.encode(.object(object))
      if path.parent == root {
        try replace(path, bytes)
      } else {
        try replace(blob(Digest(of: bytes)), bytes)
      }
      return BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: bytes), size: Int64(bytes.count))
    }

    /// Another index, with one image.
    func point(to manifest: BlobDescriptor) throws {
      _ = try edit(root / "index.json") { $0["manifests"] = [manifest.json] }
    }

    func editManifest(_ change: (inout [String: JSONValue]) -> Void) throws {
      try point(to: edit(blob(written.manifest.digest), change))
    }

    /// A well-named config with other contents, and a manifest and an index that name it.
    func editConfig(_ change: (inout [String: JSONValue]) -> Void) throws {
      var config = try edit(blob(written.config.digest), change)
      config.mediaType = .imageConfig
      try editManifest { $0["config"] = config.json }
    }
  }

  private func make() throws -> Layout {
    let scratch = try Scratch()
    let content = try layer(entry("app", .bytes(Array("app".utf8)), mode: 0o755))
    let layers = [try LayerWriter.write(content, compression: .gzip, store: scratch.store)]
    let image = ImageDescription(platform: Platform(architecture: .amd64), entrypoint: ["/app"])
    let root = scratch.root / "image"
    let written = try ImageBuilder.write(image: image, layers: layers, store: scratch.store, layout: root, tag: "t")
    return Layout(scratch: scratch, root: root, written: written, layers: layers)
  }

  func testAGoodLayoutPasses() throws {
    let layout = try make()
    try ImageValidator.validate(layout.root)
    try ImageValidator.validate(layout.root, depth: .structure)
    try ImageValidator.validate(layout.root, depth: .contents)
  }

  /// The config's diff_id is another archive's: only who reads the archive sees it.
  func testContentsAreReadWhereTheDepthAsksForIt() throws {
    let layout = try make()
    try layout.editConfig {
      $0["rootfs"] = ["type": "layers", "diff_ids": [JSONValue(Digest(of: [1, 2, 3]))]]
    }
    try ImageValidator.validate(layout.root, depth: .bytes)
    let failure = assertFailure("damaged_image", try ImageValidator.validate(layout.root, depth: .contents))
    XCTAssertTrue(failure?.message.contains("diff_id") == true, failure?.message ?? "")
  }

  func testEveryDamageIsFoundAndNamed() throws {
    let rows: [(String, (Layout) throws -> Void)] = [
      (
        "layout's version is 2.0.0",
        { try $0.replace($0.root / "oci-layout", Array(#"{"imageLayoutVersion":"2.0.0"}"#.utf8)) }
      ),
      ("index.json is missing", { try FileSystem.removeFile($0.root / "index.json") }),
      ("expected an integer", { _ = try $0.edit($0.root / "index.json") { $0["schemaVersion"] = "2" } }),
      ("names no image", { _ = try $0.edit($0.root / "index.json") { $0["manifests"] = [] } }),
      (
        "two images have the name",
        {
          _ = try $0.edit($0.root / "index.json") { index in
            let one = index["manifests"]?.array ?? []
            index["manifests"] = .array(one + one)
          }
        }
      ),
      (
        "not a name for an image",
        {
          var descriptor = $0.written.manifest
          descriptor.annotations = [ImageTag.annotation: "a b"]
          try $0.point(to: descriptor)
        }
      ),
      (
        "which is no image",
        {
          var descriptor = $0.written.manifest
          descriptor.mediaType = .layerGzip
          try $0.point(to: descriptor)
        }
      ),
      ("is missing", { try FileSystem.removeFile($0.blob($0.layers[0].digest)) }),
      ("is missing", { try FileSystem.removeFile($0.blob($0.written.config.digest)) }),
      (
        "is not a regular file",
        {
          let path = $0.blob($0.layers[0].digest)
          try FileSystem.removeFile(path)
          try FileSystem.createLink(path, to: $0.scratch.store.path(of: $0.layers[0].digest).bytes)
        }
      ),
      (
        "the blob has",
        {
          let path = $0.blob($0.layers[0].digest)
          try $0.replace(path, Array(FileSystem.read(path).dropLast()))
        }
      ),
      (
        "bytes have the digest",
        {
          let path = $0.blob($0.layers[0].digest)
          var bytes = try FileSystem.read(path)
          bytes[bytes.count / 2] ^= 1
          try $0.replace(path, bytes)
        }
      ),
      (
        "bytes have the digest",
        {
          let path = $0.blob($0.written.config.digest)
          var bytes = try FileSystem.read(path)
          bytes[bytes.count / 2] ^= 1
          try $0.replace(path, bytes)
        }
      ),
      ("is used as", { try $0.editManifest { $0["mediaType"] = "application/vnd.oci.image.index.v1+json" } }),
      ("\"layers\" is missing", { try $0.editManifest { $0["layers"] = nil } }),
      (
        "not a sha256 digest",
        { layout in
          try layout.editManifest { manifest in
            var layer = manifest["layers"]?.array?[0].object ?? [:]
            layer["digest"] = "sha256:../../../../etc/passwd"
            manifest["layers"] = [.object(layer)]
          }
        }
      ),
      (
        "1 diff_ids for 2 layers",
        { layout in
          try layout.editManifest { manifest in
            let layers = manifest["layers"]?.array ?? []
            manifest["layers"] = .array(layers + layers)
          }
        }
      ),
      (
        "is no layer of an image",
        { layout in
          try layout.editManifest { manifest in
            var layer = manifest["layers"]?.array?[0].object ?? [:]
            layer["mediaType"] = "text/plain"
            manifest["layers"] = [.object(layer)]
          }
        }
      ),
      (
        "the layer is not application/vnd.oci.image.layer.v1.tar+zstd",
        { layout in
          try layout.editManifest { manifest in
            var layer = manifest["layers"]?.array?[0].object ?? [:]
            layer["mediaType"] = JSONValue(MediaType.layerZstd)
            manifest["layers"] = [.object(layer)]
          }
        }
      ),
      ("\"architecture\" is missing", { try $0.editConfig { $0["architecture"] = nil } }),
      ("history tells of 2 layers", { try $0.editConfig { $0["history"] = [[:], [:]] } }),
      (
        "the config is for linux/arm64",
        {
          try $0.editConfig { $0["architecture"] = "arm64" }
          let index = try JSONParser.parse(FileSystem.read($0.root / "index.json"))
          var descriptor = try BlobDescriptor(JSONReader(index["manifests"]?.array?[0] ?? .null))
          descriptor.platform = ImagePlatform(Platform(architecture: .amd64))
          try $0.point(to: descriptor)
        }
      ),
    ]
    for (text, damage) in rows {
      let layout = try make()
      try damage(layout)
      let failure = assertFailure("damaged_image", try ImageValidator.validate(layout.root), text)
      XCTAssertTrue(failure?.message.contains(text) == true, "\(text): \(failure?.message ?? "")")
      XCTAssertTrue(failure?.location?.path.hasPrefix(layout.root.description) == true, text)
      XCTAssertEqual(failure?.exit, .badInput)
    }
  }

  func testNoLayoutAndDocumentsThatAreTooLarge() throws {
    let layout = try make()
    var descriptor = layout.written.manifest
    let huge = [UInt8](repeating: 0x20, count: (4 << 20) + 1)
    descriptor.digest = Digest(of: huge)
    descriptor.size = Int64(huge.count)
    try layout.replace(layout.blob(descriptor.digest), huge)
    try layout.point(to: descriptor)
    let failure = assertFailure("damaged_image", try ImageValidator.validate(layout.root))
    XCTAssertTrue(failure?.message.contains("the limit is") == true)
    try FileSystem.removeFile(layout.root / "oci-layout")
    assertFailure("no_image", try ImageValidator.validate(layout.root))
  }

  func testStructureFindsAllButTheLayersBytes() throws {
    let layout = try make()
    let path = layout.blob(layout.layers[0].digest)
    var bytes = try FileSystem.read(path)
    bytes[bytes.count - 1] ^= 1
    try layout.replace(path, bytes)
    try ImageValidator.validate(layout.root, depth: .structure)
    assertFailure("damaged_image", try ImageValidator.validate(layout.root))
  }

  /// Whatever happens to a document, it is an error or a document; never a trap.
  func testRandomDamageNeverTraps() throws {
    let layout = try make()
    var generator = SeededGenerator(state: 99)
    let path = layout.root / "index.json"
    let good = try FileSystem.read(path)
    for _ in 0..<400 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0x20...0x7e, using: &generator)
      }
      try FileSystem.writeAtomically(bytes, to: path, durable: false)
      do { try ImageValidator.validate(layout.root) } catch { XCTAssertTrue(error is Failure, "\(error)") }
    }
  }
}
