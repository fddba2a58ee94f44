internal import Codec
internal import Glibc
public import PackCore

/// Turns a layer's entries into a blob: the same bytes on every machine, for any number of threads.
public enum LayerWriter {
  /// Writes the blob into `store`. Nothing of it is kept when an error is thrown.
  /// - Parameters:
  ///   - epoch: the time of every entry, seconds since 1970 (SOURCE_DATE_EPOCH, or 0).
  ///   - threads: how many compress at a time; nil for what the machine and the memory allow.
  /// - Throws: `Failure` when an entry may not be in a layer, or a file cannot be read or changed meanwhile.
  public static func write(
    _ layer: LayerContent, compression: LayerCompression, epoch: Int64 = 0, store: ContentStore, threads: Int? = nil
  ) throws -> Layer {
    try layer.check(epoch: epoch)
    let entries = layer.entries
    let codec = compression.codec
    let staged = try store.stage()
    var hash = SHA256()
    var size: Int64 = 0
    let diffID = try BlockPipeline.run(codec: codec, threads: threads ?? compressorCount(codec)) { feed in
      try TarWriter.write(entries, epoch: epoch, into: feed)
    } sink: { bytes in
      hash.update(bytes)
      try staged.file.write(bytes)
      size += Int64(bytes.count)
    }
    let digest = hash.finish()
    try staged.commit(as: digest)
    return Layer(role: layer.role, mediaType: compression.mediaType, digest: digest, diffID: diffID, size: size)
  }

  /// The digest of the layer's tar archive alone: reads everything, compresses and writes nothing.
  static func diffID(of layer: LayerContent, epoch: Int64) throws -> Digest {
    try layer.check(epoch: epoch)
    let entries = layer.entries
    return try BlockPipeline.run(codec: nil, threads: 1) { feed in
      try TarWriter.write(entries, epoch: epoch, into: feed)
    } sink: { _ in
    }
  }

  /// One compressor a processor, as far as all buffers together stay within bounds: 96 MiB, or 512 MiB for the levels
  /// whose tables alone would not leave room for two.
  static func compressorCount(_ codec: Codec, processors: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN))) -> Int {
    let buffers = codec.blockSize + codec.compressedBound
    let budget = codec.workingMemory > 16 << 20 ? 512 << 20 : 96 << 20
    return max(1, min(processors, (budget - 2 * buffers) / (buffers + codec.workingMemory), 16))
  }
}
