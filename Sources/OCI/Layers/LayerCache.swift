internal import Glibc
public import PackCore

/// Remembers which blob a layer's entries became, so that an unchanged layer is neither read nor compressed.
///
///     DIRECTORY/exact/<key>.json   entries with each file's status   → layer: nothing is read
///     DIRECTORY/shape/<key>.json   entries with each file's size     → layer: the files are hashed; if the archive is
///                                                                      the same (after a checkout), the blob is used
///
/// A record counts only while its blob lies in the store as it was left; its time is that of its last use. Several processes may share a directory.
public struct LayerCache: Sendable {
  private let directory: HostPath
  private let store: ContentStore
  private let clock: @Sendable () -> Int64

  /// File systems keep times in steps of up to two seconds; a file that was changed so shortly before it was read may
  /// change again without a trace in its status.
  private static let granularity: Int64 = 2_000_000_000

  /// - Parameter clock: nanoseconds since 1970 by the clock that stamps files; decides only what is kept, never bytes.
  public init(
    directory: HostPath, store: ContentStore, clock: @escaping @Sendable () -> Int64 = LayerCache.realTime
  ) {
    self.directory = directory
    self.store = store
    self.clock = clock
  }

  public static let realTime: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The layer of these entries: a known one when nothing that counts has changed, else written now.
  /// - Returns: `reused` is false when the blob had to be compressed.
  public func layer(
    for content: LayerContent, compression: LayerCompression, epoch: Int64 = 0
  ) throws -> (Layer, reused: Bool) {
    let started = clock()
    let key = LayerKey(content, compression: compression, epoch: epoch)
    let exact = key.exact()
    if let known = try lookUp("exact", exact) { return (known, true) }

    let result: (Layer, reused: Bool)
    // What is remembered passed the check once, and nothing that it looks at differs.
    try content.check(epoch: epoch)
    let shape = key.shape()
    if let similar = try lookUp("shape", shape),
      try LayerWriter.diffID(of: content, epoch: epoch) == similar.diffID
    {
      result = (similar, true)
    } else {
      result = (try LayerWriter.write(content, compression: compression, epoch: epoch, store: store), false)
      try save("shape", shape, result.0)
    }
    if isSettled(content, at: started) { try save("exact", exact, result.0) }
    return result
  }

  private func lookUp(_ kind: String, _ key: Digest) throws -> Layer? {
    guard let record = LayerRecord.read(path(kind, key), key: key),
      try store.reuse(record.layer.digest, size: record.layer.size)
    else { return nil }
    CacheRecord.markUsed(path(kind, key))
    return record.layer
  }

  private func save(_ kind: String, _ key: Digest, _ layer: Layer) throws {
    try FileSystem.createDirectory(directory / kind)
    // Not fsynced: a record that a crash tore is discarded.
    try FileSystem.writeAtomically(LayerRecord(key: key, layer: layer).encode(), to: path(kind, key), durable: false)
  }

  private func path(_ kind: String, _ key: Digest) -> HostPath { directory / kind / "\(key.hex).json" }

  /// True when every file was last touched long enough before reading began that a later change shows in its status.
  private func isSettled(_ content: LayerContent, at started: Int64) -> Bool {
    content.entries.allSatisfy { entry in
      guard case .host(_, let status) = entry.content else { return true }
      return max(status.modified, status.changed) < started - Self.granularity
    }
  }
}
