internal import Codec
public import PackCore

/// One stream as a blob of zstd frames of 4 MiB each, which are one stream to every reader (RFC 8878, section 3.1).
public struct CompressedBlob: Hashable, Sendable {
  /// Of the stream.
  public let content: Digest
  public let contentSize: Int64
  /// Of the blob.
  public let digest: Digest
  public let size: Int64

  public init(content: Digest, contentSize: Int64, digest: Digest, size: Int64) {
    self.content = content
    self.contentSize = contentSize
    self.digest = digest
    self.size = size
  }

  private static let codec = Codec.zstd(level: 3)

  /// All that the bytes of a blob depend on beside the stream.
  public static let recipe = "zstd:\(codec.level) \(codec.libraryVersion) \(codec.blockSize)"

  /// Writes what `produce` gives to its argument. Memory is two blocks, whatever the stream's length.
  /// - Returns: nil, and nothing in the store, when `produce` says that there is nothing.
  public static func write(
    into store: ContentStore, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Bool
  ) throws -> CompressedBlob? {
    let staged = try store.stage()
    var blocks = try Blocks(codec)
    let isThere = try produce { bytes in try blocks.add(bytes) { try staged.file.write($0) } }
    guard isThere else { return nil }
    let written = try blocks.finish { try staged.file.write($0) }
    try staged.commit(as: written.digest)
    return written
  }

  /// Gathers whole blocks and compresses them.
  private struct Blocks: ~Copyable {
    private let compressor: BlockCompressor
    private let block: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var content = SHA256()
    private var blob = SHA256()
    private var contentSize: Int64 = 0
    private var size: Int64 = 0

    init(_ codec: Codec) throws {
      compressor = try BlockCompressor(codec)
      block = .allocate(byteCount: codec.blockSize, alignment: 4096)
      output = .allocate(byteCount: codec.compressedBound, alignment: 4096)
    }
    deinit {
      block.deallocate()
      output.deallocate()
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
      var rest = bytes
      while !rest.isEmpty {
        let count = min(rest.count, block.count - filled)
        UnsafeMutableRawBufferPointer(rebasing: block[filled...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        filled += count
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        if filled == block.count {
          try Interruption.check()
          try flush(sink)
        }
      }
    }

    /// The last block; an empty stream is one empty frame.
    mutating func finish(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> CompressedBlob {
      if filled > 0 || size == 0 { try flush(sink) }
      let (contentSize, size) = (self.contentSize, self.size)
      var last = SHA256()
      var lastBlob = SHA256()
      swap(&last, &content)
      swap(&lastBlob, &blob)
      return CompressedBlob(
        content: last.finish(), contentSize: contentSize, digest: lastBlob.finish(), size: size)
    }

    private mutating func flush(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
      let input = UnsafeRawBufferPointer(rebasing: block[..<filled])
      content.update(input)
      let count = try compressor.compress(input, into: output)
      let bytes = UnsafeRawBufferPointer(rebasing: output[..<count])
      blob.update(bytes)
      try sink(bytes)
      contentSize += Int64(filled)
      size += Int64(count)
      filled = 0
    }
  }
}

extension CompressedBlob {
  /// Reads the blob out of an image and gives its stream away, uncompressed.
  /// - Throws: `damaged_image` when blob or stream are not what was said of them. The last call of `body` may come
  ///   before that is found.
  public func read(
    from source: any ImageSource, as mediaType: MediaType, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    func damaged(_ problem: String) -> Failure {
      OCIFailure.damaged("the blob \(digest): \(problem)", in: source.name)
    }
    let decompressor = try ZstdDecompressor()
    var hash = SHA256()
    var count: Int64 = 0
    func take(_ bytes: UnsafeRawBufferPointer, _ hash: inout SHA256) throws {
      count += Int64(bytes.count)
      // What is longer than it says may have no end.
      guard count <= contentSize else { throw damaged("it holds more than the \(contentSize) bytes that it names") }
      hash.update(bytes)
      try body(bytes)
    }
    do {
      try source.read(BlobDescriptor(mediaType: mediaType, digest: digest, size: size)) { bytes in
        try decompressor.write(bytes) { try take($0, &hash) }
      }
      try decompressor.finish()
    } catch let failure as Failure where failure.code == "bad_compression" {
      throw damaged(failure.message)
    }
    guard count == contentSize else { throw damaged("it holds \(count) bytes, not \(contentSize)") }
    guard hash.finish() == content else { throw damaged("its content is not \(content)") }
  }
}
