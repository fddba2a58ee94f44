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
    /// Blobs that the destination took over from another of its places.
    public var mounted = 0
    public var mountedBytes: Int64 = 0
    /// Blobs that the destination had.
    public var present = 0
    public var presentBytes: Int64 = 0
    /// Of all blobs of the image.
    public var bytes: Int64 { copiedBytes + mountedBytes + presentBytes }
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
    var summary = try copyBlobs(plan)
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

  private func copyBlobs(_ plan: CopyPlan) throws -> Summary {
    let summary = Locked(Summary(root: plan.root.descriptor))
    try Workers.run(plan.blobs, threads: threads) { blob, stopped in
      let way = try copy(blob, stopped)
      summary.withLock { summary in
        switch way {
        case .copied:
          summary.copied += 1
          summary.copiedBytes += blob.size
        case .mounted:
          summary.mounted += 1
          summary.mountedBytes += blob.size
        case .present:
          summary.present += 1
          summary.presentBytes += blob.size
        }
      }
    }
    return summary.withLock { $0 }
  }

  /// Smaller blobs take one line of a log. Bytes.
  private static let briefSize: Int64 = 1_000_000

  /// How a blob came to be at the destination.
  private enum Way { case copied, mounted, present }

  private func copy(_ blob: BlobDescriptor, _ stopped: @escaping Workers.StopCheck) throws -> Way {
    let id = blob.digest.short
    let start = clock()
    func ended(_ status: ProgressEvent.Status, _ reason: String) {
      let seconds = Double(clock() &- start) / 1e9
      reporter.send(.stepEnded(id: id, status: status, reason: reason, seconds: seconds))
    }
    let title = "\(ByteText.text(blob.size)) to \(destination.name)"
    reporter.send(
      blob.size < Self.briefSize ? .briefStepStarted(id: id, title: title) : .stepStarted(id: id, title: title))
    do {
      if try destination.has(blob) {
        ended(.reused, "is there already")
        return .present
      }
      let source = StoppableSource(source: source, stopped: stopped)
      // A hundred events a blob, not one for every piece of it.
      let shown = Locked<Int64>(0)
      try destination.put(blob, from: source) { done in
        let isDue = shown.withLock { shown in
          guard done == blob.size ? shown < done : done - shown >= max(blob.size / 100, 1 << 16) else { return false }
          shown = done
          return true
        }
        if isDue { reporter.send(.stepProgress(id: id, done: done, total: blob.size)) }
      }
      guard !destination.isMounted(blob) else {
        ended(.reused, "mounted from another repository")
        return .mounted
      }
      ended(.ran, "")
      return .copied
    } catch {
      ended(.failed, error is Workers.Stopped ? "another blob failed" : "")
      throw error
    }
  }

  /// Lets a thread end in the middle of a blob.
  private struct StoppableSource: ImageSource {
    let source: any ImageSource
    let stopped: Workers.StopCheck

    var name: String { source.name }
    func root() throws -> ImageDocument { try source.root() }
    func document(_ descriptor: BlobDescriptor) throws -> ImageDocument { try source.document(descriptor) }
    func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      try source.read(descriptor) { bytes in
        if stopped() { throw Workers.Stopped() }
        try body(bytes)
      }
    }
    func read(
      _ descriptor: BlobDescriptor, from offset: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
      try source.read(descriptor, from: offset) { bytes in
        if stopped() { throw Workers.Stopped() }
        try body(bytes)
      }
    }
    func file(of digest: Digest) -> HostPath? { source.file(of: digest) }
    var registry: RegistryReference? { source.registry }
    func referrers(of digest: Digest) throws -> [BlobDescriptor] { try source.referrers(of: digest) }
  }
}
