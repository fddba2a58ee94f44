internal import Codec
public import PackCore

/// How layers are compressed: gzip for reach, zstd for speed.
public enum LayerCompression: Hashable, Sendable, CustomStringConvertible {
  case gzip
  /// Level 1 to 22; readers need a window of at most 4 MiB at any of them.
  case zstd(level: Int)

  public static let defaultZstdLevel = 3
  /// libdeflate's; chosen by measurement so that a layer is no larger than other image tools make it by default.
  static let gzipLevel = 5

  /// Parses `gzip`, `zstd` and `zstd:LEVEL`, as `--compression` takes them.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("gzip", 1): self = .gzip
    case ("zstd", 1): self = .zstd(level: Self.defaultZstdLevel)
    case ("zstd", 2):
      guard let level = Int(parts[1]), Codec.zstdLevels.contains(level), String(level) == parts[1] else {
        throw OCIFailure.compression(text, suggestion: Int(parts[1]).map { $0 > 22 ? "zstd:22" : "zstd:1" })
      }
      self = .zstd(level: level)
    default: throw OCIFailure.compression(text, suggestion: Self.suggestion(for: text.lowercased()))
    }
  }

  private static func suggestion(for text: String) -> String? {
    if text.hasPrefix("zs") { return "zstd" }
    return text.hasPrefix("g") || text == "zip" ? "gzip" : nil
  }

  /// The form that `init(parsing:)` takes.
  public var description: String {
    switch self {
    case .gzip: "gzip"
    case .zstd(let level): "zstd:\(level)"
    }
  }

  public var mediaType: MediaType {
    switch self {
    case .gzip: .layerGzip
    case .zstd: .layerZstd
    }
  }

  var codec: Codec {
    switch self {
    case .gzip: .gzip(level: Self.gzipLevel)
    case .zstd(let level): .zstd(level: level)
    }
  }

  /// Everything that the compressed bytes depend on: `{codec, level, library, block_size}`.
  public var provenance: JSONValue {
    [
      "codec": .string(codec.name), "level": .integer(Int64(codec.level)), "library": .string(codec.libraryVersion),
      "block_size": .integer(Int64(codec.blockSize)),
    ]
  }
}
