internal import CZlib
internal import PackCore

/// gzip members in a row (RFC 1952), each with its CRC and length checked, by zlib: libdeflate wants the whole member at
/// once. After a member there is another one or the end: zero padding and other trailing bytes are refused, as Go's
/// reader refuses them, and so containerd does.
public final class GzipDecompressor: Decompressor {
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer
  private let limits: DecompressionLimits
  private var members = 0
  private var isInMember = false

  public init(limits: DecompressionLimits = DecompressionLimits()) throws {
    self.limits = limits
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    output = .allocate(byteCount: DecompressionBuffer.size, alignment: 64)
    // 15: the largest window, 32 KiB; + 16: a gzip header and trailer.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw CodecFailure.memory("zlib")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  public func write(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    // zlib counts input in 32 bits.
    for start in stride(from: 0, to: input.count, by: 1 << 30) {
      try writePiece(UnsafeRawBufferPointer(rebasing: input[start..<min(start + 1 << 30, input.count)]), body)
    }
  }

  private func writePiece(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    var isFull = false
    while stream.pointee.avail_in > 0 || isFull {
      if !isInMember {
        guard stream.pointee.avail_in > 0 else { return }
        try beginMember()
      }
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let code = inflate(stream, Z_NO_FLUSH)
      // Z_BUF_ERROR: there was nothing to do, more input is needed; not an error (zlib.h).
      guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw failure(code) }
      let count = output.count - Int(stream.pointee.avail_out)
      if count > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<count])) }
      isFull = stream.pointee.avail_out == 0 && code != Z_STREAM_END
      if code == Z_STREAM_END { isInMember = false }
      if code == Z_BUF_ERROR { return }
    }
  }

  private func beginMember() throws {
    members += 1
    guard members <= limits.members else { throw CodecFailure.members("gzip", "members", limits.members) }
    if members > 1 { inflateReset(stream) }
    isInMember = true
  }

  private func failure(_ code: Int32) -> Failure {
    if code == Z_MEM_ERROR { return CodecFailure.memory("zlib") }
    let text = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(code)"
    return CodecFailure.stream("gzip", members > 1 ? "\(text) (in member \(members))" : text)
  }

  public func finish() throws {
    guard members > 0, !isInMember else {
      throw CodecFailure.stream("gzip", members == 0 ? "it is empty" : "it ends within a member")
    }
  }
}
