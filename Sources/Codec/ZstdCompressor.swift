internal import CZstd
internal import PackCore

/// Whole zstd frames, one a call (RFC 8878): content size in the header, no checksum (the layer's digests are stronger),
/// no dictionary id, one thread. A frame of at most 4 MiB needs a window of at most 4 MiB from its reader, at any level.
public struct ZstdCompressor: ~Copyable {
  private let context: OpaquePointer

  public init(level: Int) throws {
    guard Codec.zstdLevels.contains(level) else { throw CodecFailure.level("zstd", level, Codec.zstdLevels) }
    context = try Self.makeContext(level: level)
  }

  deinit { ZSTD_freeCCtx(context) }

  private static func makeContext(level: Int) throws -> OpaquePointer {
    guard let context = ZSTD_createCCtx() else { throw CodecFailure.memory("libzstd") }
    let parameters = [
      (ZSTD_c_compressionLevel, Int32(level)), (ZSTD_c_contentSizeFlag, 1), (ZSTD_c_checksumFlag, 0),
      (ZSTD_c_dictIDFlag, 0),
    ]
    do {
      for (parameter, value) in parameters { _ = try checked(ZSTD_CCtx_setParameter(context, parameter, value)) }
    } catch {
      ZSTD_freeCCtx(context)
      throw error
    }
    return context
  }

  /// One frame of `input` at the start of `output`; returns its size.
  public borrowing func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> Int
  {
    try Self.checked(
      ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count))
  }

  private static func checked(_ code: Int) throws -> Int {
    guard ZSTD_isError(code) == 0 else {
      throw CodecFailure.library("libzstd", String(cString: ZSTD_getErrorName(code)))
    }
    return code
  }
}
