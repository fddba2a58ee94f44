/// Undoes the compression of a stream that arrives in pieces. Memory is what the format needs and one output buffer,
/// however long the stream is.
public protocol Decompressor: AnyObject {
  /// Takes the next bytes of the stream and gives away what they become, a buffer at a time. The buffer is valid in the
  /// call only. What `body` throws ends the work; the decompressor is not used again.
  func write(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// The stream is at its end.
  /// - Throws: `bad_compression` when it ends within a member or frame, or has none.
  func finish() throws
}

/// What a stream that others made may ask for.
public struct DecompressionLimits: Hashable, Sendable {
  /// gzip members or zstd frames in a row. Tools that make a layer seekable begin one for each file or 4 MiB, so a large
  /// layer has some hundred thousand; beyond the limit it is work without content.
  public var members: Int
  /// A zstd frame's window, which its reader has to allocate. Bytes; `zstd --long=27` makes 128 MiB.
  public var window: Int64

  public init(members: Int = 2_000_000, window: Int64 = 128 << 20) {
    self.members = members
    self.window = window
  }
}

/// Bytes that are not compressed.
public final class StoredBytes: Decompressor {
  public init() {}

  public func write(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    if !input.isEmpty { try body(input) }
  }

  public func finish() throws {}
}

/// What both decompressors count on. Bytes.
enum DecompressionBuffer {
  static let size = 1 << 18
}
