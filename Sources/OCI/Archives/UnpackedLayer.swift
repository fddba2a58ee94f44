internal import Codec
internal import PackCore

/// The uncompressed bytes of a layer, checked against its diffID.
enum UnpackedLayer {
  static func decompressor(_ format: MediaType.LayerFormat) throws -> any Decompressor {
    switch format {
    case .tar: StoredBytes()
    case .gzip: try GzipDecompressor()
    case .zstd: try ZstdDecompressor()
    }
  }

  /// The largest archive that one layer may become. Bytes.
  static let limit: Int64 = 256 << 30
  /// Bytes that come out for each one that goes in, once there are more than `free`: deflate's own limit is 1032.
  private static let ratio: Int64 = 1100
  private static let free: Int64 = 1 << 30

  /// - Returns: how many bytes there were.
  /// - Throws: `damaged_image` when they are not the diffID's, or too many for what they come from.
  @discardableResult
  static func read(
    _ layer: SingleImage.Layer, of source: any ImageSource, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    let decompressor = try decompressor(layer.format)
    var hash = SHA256()
    var count: Int64 = 0
    let allowed = min(limit, max(free, layer.descriptor.size.multipliedReportingOverflow(by: ratio).partialValue))
    do {
      try source.read(layer.descriptor) { packed in
        try decompressor.write(packed) { bytes in
          count += Int64(bytes.count)
          guard count <= allowed else {
            throw OCIFailure.damaged(
              "the layer \(layer.descriptor.digest) becomes more than \(allowed) bytes", in: source.name)
          }
          hash.update(bytes)
          try body(bytes)
        }
      }
      try decompressor.finish()
    } catch let failure as Failure where failure.code == "bad_compression" {
      throw OCIFailure.damaged("the layer \(layer.descriptor.digest): \(failure.message)", in: source.name)
    }
    let found = hash.finish()
    guard found == layer.diffID else {
      throw OCIFailure.damaged(
        "the layer \(layer.descriptor.digest) becomes \(found), the config says \(layer.diffID)", in: source.name)
    }
    return count
  }
}
