public import PackCore

extension LayerCache {
  /// A record, for the collector.
  public struct Kept: Sendable {
    public let path: HostPath
    /// When it was last used, nanoseconds since 1970.
    public let used: Int64
    public let size: Int64
    /// Nil when it leads to no blob: it is torn, or the blob is gone.
    public let blob: Digest?
  }

  /// All records below `directory`, sorted by path.
  public static func records(in directory: HostPath, store: ContentStore) throws -> [Kept] {
    try ["exact", "shape"].flatMap { kind -> [Kept] in
      guard FileSystem.isDirectory(directory / kind) else { return [] }
      return try DirectoryWalk.names(in: directory / kind).compactMap { name in
        let path = directory / kind / HostPath(bytes: name)
        // Its writer may be about to rename it.
        guard !path.name.hasPrefix("."), let status = try FileSystem.status(path) else { return nil }
        return Kept(
          path: path, used: status.modified, size: status.size, blob: status.kind == .file ? blob(path, store) : nil)
      }
    }
  }

  private static func blob(_ path: HostPath, _ store: ContentStore) -> Digest? {
    guard path.name.hasSuffix(".json"), let key = Digest(hex: String(path.name.dropLast(5))),
      let bytes = try? FileSystem.read(path, limit: 64 << 10), let record = try? LayerRecord.decode(bytes, key: key),
      store.size(of: record.layer.digest) == record.layer.size
    else { return nil }
    return record.layer.digest
  }
}
