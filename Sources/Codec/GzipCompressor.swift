internal import CDeflate
internal import PackCore

/// Whole gzip members, one a call (RFC 1952, section 2.3): no name, time 0, operating system 255 (unknown).
public struct GzipCompressor: ~Copyable {
  private let compressor: OpaquePointer

  public init(level: Int) throws {
    guard Codec.gzipLevels.contains(level) else { throw CodecFailure.level("gzip", level, Codec.gzipLevels) }
    guard let compressor = libdeflate_alloc_compressor(Int32(level)) else { throw CodecFailure.memory("libdeflate") }
    self.compressor = compressor
  }

  deinit { libdeflate_free_compressor(compressor) }

  /// One member of `input` at the start of `output`; returns its size.
  public borrowing func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> Int
  {
    let count = libdeflate_gzip_compress(compressor, input.baseAddress, input.count, output.baseAddress, output.count)
    guard count > 0 else { throw CodecFailure.library("libdeflate", "the output buffer is too small") }
    return count
  }
}
