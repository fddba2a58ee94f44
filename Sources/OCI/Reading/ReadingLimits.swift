/// What an image may ask of whoever reads it. The defaults let images of tens of gigabytes and a million files pass, and
/// stop what was made to fill a disk, a memory or a day.
public struct ReadingLimits: Hashable, Sendable {
  /// Bytes of one layer's archive, decompressed.
  public var layerSize: Int64 = 128 << 30
  /// Bytes of archive for each byte of blob, and of content (holes are content) for each byte of blob. Text compresses
  /// 10 to 30 times; gzip cannot exceed 1032, zstd has no bound.
  public var ratio: Int64 = 250
  /// As many bytes may come out whatever the ratio is: a small layer may hold one large file of zeros.
  public var ratioFrom: Int64 = 256 << 20
  /// Entries of one layer, and of the merged image.
  public var entries = 2_000_000
  /// Bytes of all names, link targets and extended attributes of one layer: what has to stay in memory.
  public var metadata: Int64 = 512 << 20
  /// Bytes of a path; PATH_MAX of Linux, less its NUL.
  public var pathLength = 4095
  /// Bytes of a name between two slashes; NAME_MAX of Linux.
  public var nameLength = 255
  /// Components of a path.
  public var depth = 256
  /// Layers of one image; engines stop at 127.
  public var layers = 1024
  /// gzip members or zstd frames of one layer.
  public var members = 2_000_000
  /// The window of a zstd frame. Bytes.
  public var window: Int64 = 128 << 20

  public init() {}

  /// Bytes that may come out of a blob of this size.
  func expanded(from size: Int64) -> Int64 {
    let (product, overflow) = size.multipliedReportingOverflow(by: ratio)
    return min(layerSize, max(ratioFrom, overflow ? .max : product))
  }
}
