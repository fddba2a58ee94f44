import PackCore
import XCTest

@testable import OCI

/// Images to copy: small, of several platforms, with referrers.
enum TransferFixtures {
  /// An image of two layers in the scratch's store.
  static func image(
    _ scratch: Scratch, architecture: Platform.Architecture = .amd64, compression: LayerCompression = .gzip,
    text: String = "app"
  ) throws -> ImageBuilder.Assembled {
    var filesystem = RootFilesystem()
    for (role, name) in [(LayerRole.runtime, "usr/lib/lib.so"), (.application, "usr/bin/app")] {
      let bytes = Array("\(name) \(text) \(architecture)".utf8)
      try filesystem.insert(
        .init(path: XCTUnwrap(RootPath(name)), content: .bytes(bytes), mode: 0o755, layer: role, origin: "test"))
    }
    let layers = try filesystem.layers().map {
      try LayerWriter.write($0, compression: compression, epoch: 0, store: scratch.store)
    }
    let description = ImageDescription(
      platform: Platform(architecture: architecture), entrypoint: ["/usr/bin/app"], environment: ["PORT": "8080"],
      labels: ["dev.packc.mode": "release"])
    return try ImageBuilder.assemble(description, layers: layers, store: scratch.store)
  }

  /// Names an image in the scratch's store, and gives it as a source.
  static func named(_ name: String, _ descriptor: BlobDescriptor, _ scratch: Scratch) throws -> StoreSource {
    let store = try ImageStore(content: scratch.store)
    try store.update { $0[name] = descriptor }
    return StoreSource(store, descriptor: descriptor, name: name)
  }

  /// An index of these images.
  static func index(
    _ images: [BlobDescriptor], _ scratch: Scratch, annotations: [String: String] = [:]
  ) throws -> BlobDescriptor {
    let bytes = CanonicalJSON.encode(ImageIndex(manifests: images, annotations: annotations).json)
    let digest = Digest(of: bytes)
    // Not through the store: a thousand of them would be a thousand times fsync(2).
    try FileSystem.writeAtomically(bytes, to: scratch.store.path(of: digest), mode: 0o444, durable: false)
    return BlobDescriptor(mediaType: .imageIndex, digest: digest, size: Int64(bytes.count))
  }

  /// Something said about `subject`, known to the scratch's store.
  static func referrer(of subject: BlobDescriptor, _ text: String, _ scratch: Scratch) throws -> BlobDescriptor {
    func blob(_ bytes: [UInt8], _ mediaType: MediaType) throws -> BlobDescriptor {
      BlobDescriptor(mediaType: mediaType, digest: try scratch.store.put(bytes), size: Int64(bytes.count))
    }
    let manifest = ImageManifest(
      artifactType: "application/x-note", config: try blob(Array("{}".utf8), .emptyJSON),
      layers: [try blob(Array(text.utf8), XCTUnwrap(MediaType("text/plain")))],
      subject: BlobDescriptor(mediaType: subject.mediaType, digest: subject.digest, size: subject.size))
    let descriptor = try blob(CanonicalJSON.encode(manifest.json), .imageManifest)
    try ImageStore(content: scratch.store).updateContents { $0.referrers.insert(descriptor) }
    return descriptor
  }
}
