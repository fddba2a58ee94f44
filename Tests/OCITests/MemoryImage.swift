import Codec
import PackCore

@testable import OCI

/// An image in memory, made of archives: what is not said is what an honest tool would say.
struct MemoryImage: ImageSource {
  var name = "memory"
  var blobs: [Digest: [UInt8]] = [:]
  var rootDescriptor: BlobDescriptor

  /// - Parameters:
  ///   - layers: archives, the lowest first, stored as `format`.
  ///   - blobs: of layers that are compressed in a way of their own, by number.
  ///   - edit: changes the config or the manifest before they get their digests.
  init(
    _ layers: [[UInt8]], format: MediaType = .layerGzip, blobs own: [Int: [UInt8]] = [:],
    diffIDs: [Int: Digest] = [:], config editConfig: (inout JSONValue) -> Void = { _ in },
    manifest editManifest: (inout JSONValue) -> Void = { _ in }
  ) throws {
    var blobs: [Digest: [UInt8]] = [:]
    func add(_ bytes: [UInt8], _ mediaType: MediaType) -> BlobDescriptor {
      blobs[Digest(of: bytes)] = bytes
      return BlobDescriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
    }
    let descriptors = try layers.enumerated().map { index, layer in
      add(try own[index] ?? Self.compress(layer, format), format)
    }
    var config = ImageConfig(
      platform: ImagePlatform(.host), diffIDs: layers.enumerated().map { diffIDs[$0] ?? Digest(of: $1) }
    ).json
    editConfig(&config)
    let configDescriptor = add(CanonicalJSON.encode(config), .imageConfig)
    var manifest = ImageManifest(config: configDescriptor, layers: descriptors).json
    editManifest(&manifest)
    rootDescriptor = add(CanonicalJSON.encode(manifest), .imageManifest)
    self.blobs = blobs
  }

  static func compress(_ bytes: [UInt8], _ format: MediaType) throws -> [UInt8] {
    switch format.layerFormat {
    case .gzip: try compress(bytes, .gzip(level: 1))
    case .zstd: try compress(bytes, .zstd(level: 1))
    case .tar, nil: bytes
    }
  }

  private static func compress(_ bytes: [UInt8], _ codec: Codec) throws -> [UInt8] {
    let compressor = try BlockCompressor(codec)
    var output = [UInt8](repeating: 0, count: codec.compressedBound)
    var result: [UInt8] = []
    for start in stride(from: 0, to: max(bytes.count, 1), by: codec.blockSize) {
      let block = Array(bytes[start..<min(start + codec.blockSize, bytes.count)])
      let count = try block.withUnsafeBytes { input in
        try output.withUnsafeMutableBytes { try compressor.compress(input, into: $0) }
      }
      result += output[..<count]
    }
    return result
  }

  func root() throws -> ImageDocument { try document(rootDescriptor) }

  func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    try ImageDocument(bytes(of: descriptor, limit: ImageDocument.sizeLimit), descriptor: descriptor, name: name)
  }

  func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let bytes = blobs[descriptor.digest] else {
      throw OCIFailure.damaged("the blob \(descriptor.digest) is missing", in: name)
    }
    var check = BlobCheck(descriptor, name: name)
    for start in stride(from: 0, to: bytes.count, by: 10_000) {
      try bytes[start..<min(start + 10_000, bytes.count)].withUnsafeBytes {
        try check.update($0)
        try body($0)
      }
    }
    try check.finish()
  }

  func referrers(of digest: Digest) throws -> [BlobDescriptor] { [] }
}
