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

  /// - Returns: how many bytes there were.
  /// - Throws: `damaged_image` when they are not the diffID's, or too many for what they come from.
  @discardableResult
  static func read(
    _ layer: SingleImage.Layer, of source: any ImageSource, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    let decompressor = try decompressor(layer.format)
    var hash = SHA256()
    var count: Int64 = 0
    let allowed = ReadingLimits().expanded(from: layer.descriptor.size)
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
