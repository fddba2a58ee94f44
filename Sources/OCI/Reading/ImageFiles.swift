public import PackCore

/// The file system that an image's layers make together: whiteouts applied, each path once.
public struct ImageFiles: Sendable {
  public struct File: Hashable, Sendable {
    public var entry: LayerEntry
    /// Position in the manifest, the lowest 0.
    public var layer: Int
    /// Of a regular file's content; a hard link has its target's.
    public var digest: Digest?

    public init(entry: LayerEntry, layer: Int, digest: Digest?) {
      self.entry = entry
      self.layer = layer
      self.digest = digest
    }
  }

  /// Sorted by the bytes of the path.
  public let files: [File]

  /// - Parameter files: in any order, each path once.
  public init(files: [File]) {
    self.files = files.sorted { $0.entry.path < $1.entry.path }
  }

  public subscript(path: RootPath) -> File? {
    var low = 0
    var high = files.count
    while low < high {
      let middle = (low + high) / 2
      if files[middle].entry.path < path { low = middle + 1 } else { high = middle }
    }
    return low < files.count && files[low].entry.path == path ? files[low] : nil
  }
}
