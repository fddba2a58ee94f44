internal import CZstd
internal import PackCore

/// zstd frames in a row (RFC 8878), skippable ones among them. A frame whose window is larger than the limit is refused
/// before its memory is allocated; one that needs a dictionary cannot be read.
public final class ZstdDecompressor: Decompressor {
  private let context: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer
  private let limits: DecompressionLimits
  private var frames = 0
  /// The first bytes of the current frame, as many as a frame header can have; only to say what was wrong with it.
  private var head: [UInt8] = []
  private var isInFrame = false

  public init(limits: DecompressionLimits = DecompressionLimits()) throws {
    guard let context = ZSTD_createDCtx() else { throw CodecFailure.memory("libzstd") }
    self.context = context
    self.limits = limits
    output = .allocate(byteCount: DecompressionBuffer.size, alignment: 64)
    let exponent = Int32(Int64.bitWidth - 1 - max(limits.window, 1 << 10).leadingZeroBitCount)
    let code = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, exponent)
    guard ZSTD_isError(code) == 0 else {
      throw CodecFailure.stream("zstd", String(cString: ZSTD_getErrorName(code)))
    }
  }

  deinit {
    ZSTD_freeDCtx(context)
    output.deallocate()
  }

  public func write(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var isFull = false
    while source.pos < source.size || isFull {
      if !isInFrame {
        guard source.pos < source.size else { return }
        try beginFrame()
      }
      if head.count < ZstdFrameHead.longest {
        head += input[source.pos..<min(source.pos + ZstdFrameHead.longest - head.count, source.size)]
        guard ZstdFrameHead.canBegin(head) else {
          throw CodecFailure.stream(
            "zstd", frames > 1 ? "what follows frame \(frames - 1) is no frame" : "it is no frame")
        }
      }
      var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
      let code = ZSTD_decompressStream(context, &target, &source)
      guard ZSTD_isError(code) == 0 else { throw failure(code) }
      if target.pos > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<target.pos])) }
      isFull = target.pos == target.size && code != 0
      if code == 0 { isInFrame = false }
    }
  }

  private func beginFrame() throws {
    frames += 1
    guard frames <= limits.members else { throw CodecFailure.members("zstd", "frames", limits.members) }
    head.removeAll(keepingCapacity: true)
    isInFrame = true
  }

  private func failure(_ code: Int) -> Failure {
    if let window = ZstdFrameHead.window(head), window > limits.window {
      return CodecFailure.window(window, limit: limits.window)
    }
    return CodecFailure.stream("zstd", String(cString: ZSTD_getErrorName(code)))
  }

  public func finish() throws {
    guard frames > 0, !isInFrame else {
      throw CodecFailure.stream("zstd", frames == 0 ? "it is empty" : "it ends within a frame")
    }
  }
}

/// What a frame says of its window (RFC 8878, sections 3.1.1.1.1 to 3.1.1.1.4).
enum ZstdFrameHead {
  /// Magic number, descriptor, window, dictionary, content size. Bytes.
  static let longest = 4 + 1 + 1 + 4 + 8

  /// A frame's or a skippable frame's magic number, as far as it is there. libzstd would also take its formats from
  /// before 2016, which no image has and few readers know.
  static func canBegin(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(4)
    if let first = start.first, first & 0xf0 == 0x50 { return [first, 0x2a, 0x4d, 0x18].starts(with: start) }
    return [0x28, 0xb5, 0x2f, 0xfd].starts(with: start)
  }

  /// Bytes; nil when these are not the head of a frame.
  static func window(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count > 5, bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) else { return nil }
    let descriptor = bytes[4]
    guard descriptor & 0x20 != 0 else {
      let exponent = Int64(10 + (bytes[5] >> 3))
      return (1 << exponent) + ((1 << exponent) >> 3) * Int64(bytes[5] & 7)
    }
    // A single segment: the window is the content.
    let start = 5 + [0, 1, 2, 4][Int(descriptor & 3)]
    let size = [1, 2, 4, 8][Int(descriptor >> 6)]
    guard bytes.count >= start + size else { return nil }
    let value = bytes[start..<(start + size)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(clamping: size == 2 ? value + 256 : value)
  }
}
