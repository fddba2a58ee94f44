internal import CDeflate
internal import CZstd

/// How the bytes of a layer are compressed: cut into blocks of a fixed size, each one compressed by itself into one
/// zstd frame (RFC 8878, section 3.1) or one gzip member (RFC 1952, section 2.2). Frames and members in a row are one
/// stream to every reader, and since no block looks at another, the bytes are the same for any number of threads.
public enum Codec: Hashable, Sendable {
  case gzip(level: Int)
  case zstd(level: Int)

  /// Levels that libdeflate and libzstd have here.
  public static let gzipLevels = 1...12
  public static let zstdLevels = 1...22

  /// `gzip` or `zstd`.
  public var name: String {
    switch self {
    case .gzip: "gzip"
    case .zstd: "zstd"
    }
  }

  public var level: Int {
    switch self {
    case .gzip(let level), .zstd(let level): level
    }
  }

  /// Bytes of input a block; part of the format, since another size gives other bytes. A zstd frame costs its match
  /// window anew (0.8 % of the size at 4 MiB); deflate looks back only 32 KiB and loses nothing that counts at 1 MiB.
  public var blockSize: Int {
    switch self {
    case .gzip: 1 << 20
    case .zstd: 4 << 20
    }
  }

  /// The most bytes that one block can become.
  public var compressedBound: Int {
    switch self {
    case .gzip: libdeflate_gzip_compress_bound(nil, blockSize)
    case .zstd: ZSTD_compressBound(blockSize)
    }
  }

  /// What a compressor of this level allocates for itself, at most. Bytes.
  public var workingMemory: Int {
    switch self {
    case .gzip(let level): level < 10 ? 1 << 20 : 10 << 20
    case .zstd(let level): level < 5 ? 4 << 20 : level < 13 ? 40 << 20 : 64 << 20
    }
  }

  /// The linked libraries' versions, for provenance and cache keys: bytes may change with them.
  public static let versions: [String: String] = [
    "libdeflate": LIBDEFLATE_VERSION_STRING,
    "libzstd": String(cString: ZSTD_versionString()),
  ]

  /// The version of the one library that this codec uses, and what it is told beside the level.
  public var libraryVersion: String {
    switch self {
    case .gzip: "libdeflate \(Self.versions["libdeflate"] ?? "")"
    case .zstd(let level):
      "libzstd \(Self.versions["libzstd"] ?? "")" + (ZstdTables(level: level).map { ", \($0)" } ?? "")
    }
  }
}

/// Compresses one block after the other; owned by one thread, its memory used again for each block.
public enum BlockCompressor: ~Copyable {
  case gzip(GzipCompressor)
  case zstd(ZstdCompressor)

  public init(_ codec: Codec) throws {
    switch codec {
    case .gzip(let level): self = .gzip(try GzipCompressor(level: level))
    case .zstd(let level): self = .zstd(try ZstdCompressor(level: level))
    }
  }

  /// Compresses `input`, at most one block, to the start of `output`, at least `compressedBound` bytes.
  /// - Returns: the bytes written.
  public borrowing func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> Int
  {
    switch self {
    case .gzip(let compressor): try compressor.compress(input, into: output)
    case .zstd(let compressor): try compressor.compress(input, into: output)
    }
  }
}
