public import PackCore

/// Copies an image from anywhere to anywhere: blobs side by side, then the documents from the leaves up, then the name.
/// The bytes of every document stay as they are, so that the copy has the same digests. The first failure stops all, and
/// nothing has the name.
public struct ImageCopy: Sendable {
  /// What a copy did. Bytes are those of blobs.
  public struct Summary: Hashable, Sendable {
    public var root: BlobDescriptor
    public var documents = 0
    public var copied = 0
    public var copiedBytes: Int64 = 0
    /// Blobs that the destination had.
    public var present = 0
    public var presentBytes: Int64 = 0
  }

  public var platform: ImagePlatform?
  public var includesReferrers = false
  public var threads = 4
  private let source: any ImageSource
  private let destination: any ImageDestination
  private let reporter: Reporter
  private let clock: @Sendable () -> UInt64

  /// - Parameter clock: nanoseconds, for the durations that people see.
  public init(
    from source: any ImageSource, to destination: any ImageDestination, reporter: Reporter = .silent,
    clock: @escaping @Sendable () -> UInt64 = HostContext.monotonicClock
  ) {
    self.source = source
    self.destination = destination
    self.reporter = reporter
    self.clock = clock
  }

  @discardableResult
  public func run() throws -> Summary {
    let plan = try CopyPlan.make(source, platform: platform, referrers: includesReferrers)
    try destination.begin(plan)
    var summary = Summary(root: plan.root.descriptor)
    for count in try copyBlobs(plan.blobs) {
      summary.copied += count.copied
      summary.copiedBytes += count.copiedBytes
      summary.present += count.present
      summary.presentBytes += count.presentBytes
    }
    for document in plan.documents {
      try Interruption.check()
      try destination.put(document)
    }
    summary.documents = plan.documents.count
    try Interruption.check()
    try destination.finish(plan.root)
    return summary
  }

  // MARK: blobs

  private struct Count: Sendable {
    var copied = 0
    var copiedBytes: Int64 = 0
    var present = 0
    var presentBytes: Int64 = 0
  }

  /// What the threads share: the blobs that nobody has begun, and whether one has failed.
  private struct Queue {
    var rest: ArraySlice<BlobDescriptor>
    var stopped = false
  }

  private func copyBlobs(_ blobs: [BlobDescriptor]) throws -> [Count] {
    let queue = Locked(Queue(rest: blobs[...]))
    let workers = try (0..<min(threads, blobs.count)).map { _ in
      try HostThread { try self.work(queue) }
    }
    // All have to end before anything is thrown; an interruption counts more than what it led to.
    let results = workers.map { worker in Result { try worker.join() } }
    var failures = results.compactMap { result -> (any Error)? in
      if case .failure(let error) = result, !(error is Stopped) { error } else { nil }
    }
    if let first = failures.firstIndex(where: { ($0 as? Failure)?.isInterruption == true }) {
      failures.swapAt(0, first)
    }
    if let failure = failures.first { throw failure }
    return try results.map { try $0.get() }
  }

  private func work(_ queue: Locked<Queue>) throws -> Count {
    var count = Count()
    while let blob = queue.withLock({ $0.stopped ? nil : $0.rest.popFirst() }) {
      do {
        try Interruption.check()
        if try copy(blob, queue) {
          count.copied += 1
          count.copiedBytes += blob.size
        } else {
          count.present += 1
          count.presentBytes += blob.size
        }
      } catch {
        queue.withLock { $0.stopped = true }
        throw error
      }
    }
    return count
  }

  /// - Returns: false when the destination had it.
  private func copy(_ blob: BlobDescriptor, _ queue: Locked<Queue>) throws -> Bool {
    let id = blob.digest.short
    let start = clock()
    func ended(_ status: ProgressEvent.Status, _ reason: String) {
      let seconds = Double(clock() &- start) / 1e9
      reporter.send(.stepEnded(id: id, status: status, reason: reason, seconds: seconds))
    }
    reporter.send(.stepStarted(id: id, title: "\(ByteText.text(blob.size)) to \(destination.name)"))
    do {
      if try destination.has(blob) {
        ended(.reused, "is there already")
        return false
      }
      let source = StoppableSource(source: source) { queue.withLock { $0.stopped } }
      try destination.put(blob, from: source) { done in
        reporter.send(.stepProgress(id: id, done: done, total: blob.size))
      }
      ended(.ran, "")
      return true
    } catch {
      ended(.failed, error is Stopped ? "another blob failed" : "")
      throw error
    }
  }

  /// Another thread failed.
  private struct Stopped: Error {}

  /// Lets a thread end in the middle of a blob.
  private struct StoppableSource: ImageSource {
    let source: any ImageSource
    let stopped: @Sendable () -> Bool

    var name: String { source.name }
    func root() throws -> ImageDocument { try source.root() }
    func document(_ descriptor: BlobDescriptor) throws -> ImageDocument { try source.document(descriptor) }
    func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      try source.read(descriptor) { bytes in
        if stopped() { throw Stopped() }
        try body(bytes)
      }
    }
    func file(of digest: Digest) -> HostPath? { source.file(of: digest) }
    func referrers(of digest: Digest) throws -> [BlobDescriptor] { try source.referrers(of: digest) }
  }
}
