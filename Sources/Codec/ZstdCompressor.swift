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
    var parameters = [
      (ZSTD_c_compressionLevel, Int32(level)), (ZSTD_c_contentSizeFlag, 1), (ZSTD_c_checksumFlag, 0),
      (ZSTD_c_dictIDFlag, 0),
    ]
    if let tables = ZstdTables(level: level) {
      parameters += [(ZSTD_c_chainLog, tables.chainLog), (ZSTD_c_hashLog, tables.hashLog)]
    }
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

/// Sizes of the match finder's tables where they are not the library's own, as powers of two of 4-byte entries; part of
/// the format, since others give other bytes.
struct ZstdTables: CustomStringConvertible {
  let chainLog: Int32
  let hashLog: Int32

  /// Level 3 has 768 KiB of tables in libzstd, more than the second-level cache of many processors. With 384 KiB a layer
  /// takes 13 % less CPU time, beside the threads that hash, and is 1.5 % larger.
  init?(level: Int) {
    guard level == 3 else { return nil }
    (chainLog, hashLog) = (15, 16)
  }

  var description: String { "chainLog \(chainLog), hashLog \(hashLog)" }
}
