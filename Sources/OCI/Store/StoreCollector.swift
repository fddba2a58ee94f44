public import PackCore

/// Removes the blobs that nothing leads to. Safe at any time: what a living process holds (`StoreLease`) and what a name
/// leads to stays, and names given meanwhile are seen, since each handful of blobs is judged anew under the lock that
/// processes take for a moment when they take up a blob.
public struct StoreCollector {
  public struct Policy: Sendable {
    /// Blobs without a name stay for so long after they were written: what was pulled half, what is about to be named by
    /// the next command. Nanoseconds, as `now`.
    public var grace: Int64
    public var now: Int64
    public var dryRun: Bool
    public init(grace: Int64, now: Int64, dryRun: Bool) {
      self.grace = grace
      self.now = now
      self.dryRun = dryRun
    }

    /// A time that lies further ahead than the grace period is a clock's that was wrong.
    public func isOld(_ time: Int64) -> Bool { time <= now - grace || time > now + max(grace, Self.day) }
    private static let day: Int64 = 86_400_000_000_000
  }

  public struct Report: Sendable {
    /// Each removed blob's bytes that became free.
    public var blobs: [Int64] = []
    public var leftovers: [Int64] = []
    public var images = 0
    /// Names whose image is not whole.
    public var damaged: [String] = []
    public var kept: [Int64] = []
    public init() {}
  }

  private static let handful = 64
  private let store: ImageStore
  private let policy: Policy
  private let library: DocumentLibrary

  public init(_ store: ImageStore, policy: Policy) {
    self.store = store
    self.policy = policy
    library = DocumentLibrary(store.content)
  }

  private struct Marked {
    var marks: BlobMarks
    var index: FileStatus?
    var names: [(String, Digest)]
  }

  /// - Parameter roots: blobs that stay though no name leads to them (layers that a build may use again).
  /// - Throws: `damaged_image` when the names cannot be read: then nothing is known to be superfluous.
  public func collect(alsoKeeping roots: Set<Digest>) throws -> Report {
    var report = Report()
    report.leftovers = try store.content.removeLeftovers(partsBefore: policy.now - policy.grace, dryRun: policy.dryRun)
    let blobs = try store.content.blobs()
    library.survey(blobs)
    var marked = try mark(roots)
    let candidates = blobs.filter { !marked.marks.reached.contains($0.digest) && policy.isOld($0.touched) }
    for start in stride(from: 0, to: candidates.count, by: Self.handful) {
      try Interruption.check()
      let some = candidates[start..<min(start + Self.handful, candidates.count)]
      report.blobs += try store.content.collecting { held, _ in
        if try store.indexStatus() != marked.index { marked = try mark(roots) }
        var living = marked.marks
        for digest in held { living.reach(digest) }
        return try some.filter { !living.reached.contains($0.digest) }.compactMap(remove)
      }
    }
    try forgetReferrers()
    finish(&report, marked)
    return report
  }

  /// Nil when it is not there any more, or was written again meanwhile.
  private func remove(_ blob: ContentStore.Blob) throws -> Int64? {
    guard try store.content.blob(blob.digest) == blob else { return nil }
    if policy.dryRun { return try store.content.bytesFreed(by: blob.digest) }
    return try store.content.remove(blob.digest)
  }

  private func mark(_ roots: Set<Digest>) throws -> Marked {
    let index = try store.indexStatus()
    let names = try store.images().map { ($0.name, $0.descriptor.digest) }
    var marks = BlobMarks(library)
    for (_, digest) in names { marks.reach(digest) }
    for digest in roots { marks.reach(digest) }
    return Marked(marks: marks, index: index, names: names)
  }

  /// What said something about an image that is gone.
  private func forgetReferrers() throws {
    guard !policy.dryRun, try store.referrers().contains(where: { !store.content.contains($0.digest) }) else { return }
    try store.updateContents { contents in
      contents.referrers = contents.referrers.filter { store.content.contains($0.digest) }
    }
  }

  private func finish(_ report: inout Report, _ marked: Marked) {
    report.images = marked.names.count
    report.kept = (try? store.content.blobs())?.map(\.size) ?? []
    report.damaged = marked.names.filter { _, digest in
      var marks = BlobMarks(library)
      marks.reach(digest)
      return marks.reached.contains { !store.content.contains($0) || marks.damaged.contains($0) }
    }.map(\.0)
  }
}
