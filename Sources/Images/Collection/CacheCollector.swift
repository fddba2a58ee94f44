internal import Glibc
public import OCI
public import PackCore

/// Empties packc's cache of what nobody needs, beside whatever runs: blobs that no name leads to, results of steps,
/// segments, stripped files and layers that were not used for long, what killed processes left.
///
/// Packs, imported kernels and the caches of the languages' own tools are not touched.
public struct CacheCollector: Sendable {
  public struct Policy: Sendable {
    /// Blobs without a name and downloads that were cut stay so long. Nanoseconds, as all times here.
    public var grace: Int64 = 24 * Self.hour
    /// What a build may use again stays so long after its last use.
    public var keep: Int64 = 30 * 24 * Self.hour
    /// What a build may use again (steps, segments, stripped files) takes no more bytes than that: the longest unused
    /// goes first.
    public var maximumSize: Int64?
    public var dryRun = false
    public var now: Int64
    /// What comparing a project's last images needs stays so long after its last build, however little else is kept.
    static let keepHistories = 30 * 24 * Self.hour
    public static let hour: Int64 = 3_600_000_000_000

    public init(now: Int64 = LayerCache.realTime()) { self.now = now }

    /// The same rule as for blobs: what seems to come from the future was stamped by a wrong clock.
    func isOld(_ time: Int64, _ age: Int64) -> Bool {
      time <= now - age || time > now + max(age, 24 * Self.hour)
    }
  }

  private static let handful = 32
  private let cache: HostPath
  private let policy: Policy
  private let reporter: Reporter

  /// - Parameter cache: packc's cache directory.
  public init(cache: HostPath, policy: Policy, reporter: Reporter) {
    self.cache = cache
    self.policy = policy
    self.reporter = reporter
  }

  public func collect() throws -> CollectionResult {
    var result = CollectionResult(dryRun: policy.dryRun)
    guard FileSystem.isDirectory(cache) else { return result }
    let content = try ContentStore(root: cache / "store")
    let turn = try waitForTurn()
    return try withExtendedLifetime(turn) {
      let trash = try Trash(in: cache, dryRun: policy.dryRun)
      try collectRooms(content, trash, &result)
      try collectLeftovers(content, trash, &result)
      try collectStore(content, trash, &result)
      try trash.empty()
      return result
    }
  }

  /// One collector at a time.
  private func waitForTurn() throws -> Turn {
    let lock = try Descriptor.open(cache / "collector.lock", O_RDWR | O_CREAT)
    if flock(lock.raw, LOCK_EX | LOCK_NB) != 0 {
      reporter.note("another `packc image gc` is running; waiting for it")
      try lock.lockExclusively(cache / "collector.lock")
    }
    return Turn(lock)
  }

  private final class Turn {
    let lock: Descriptor
    init(_ lock: consuming Descriptor) { self.lock = lock }
  }

  // MARK: - What builds use again

  private func collectRooms(_ content: ContentStore, _ trash: Trash, _ result: inout CollectionResult) throws {
    let entries = try CacheRoom.allCases.flatMap { try $0.entries(in: cache) }.sorted { $0.used < $1.used }
    let superfluous = choose(entries)
    for start in stride(from: 0, to: superfluous.count, by: Self.handful) {
      try Interruption.check()
      let some = superfluous[start..<min(start + Self.handful, superfluous.count)]
      let gone = try content.collecting { _, processes in
        try some.filter { try mayGo($0, building: processes > 0) && trash.take($0.paths) }
      }
      for entry in gone { result.add(entry.room.rawValue, [entry.size]) }
      try trash.empty()
    }
  }

  /// Those that were not used for long; then, from the longest unused on, as many as there are too many.
  private func choose(_ entries: [CacheEntry]) -> [CacheEntry] {
    var left =
      policy.maximumSize.map { maximum in
        entries.filter(\.room.isReusable).map(\.size).reduce(0, +) - maximum
      } ?? 0
    return entries.filter { entry in
      let keep = entry.room == .histories ? max(policy.keep, Policy.keepHistories) : policy.keep
      let goes = policy.isOld(entry.used, keep) || (left > 0 && entry.room.isReusable)
      if goes, entry.room.isReusable { left -= entry.size }
      return goes
    }
  }

  /// As long as any build runs, what was used within a day may be in its hands: no build takes longer.
  private func mayGo(_ entry: CacheEntry, building: Bool) throws -> Bool {
    // Taken up by a build meanwhile? A history has become older when the rest of its project went.
    guard let used = try entry.room.used(entry.paths[0]), used <= entry.used else { return false }
    return !building || policy.isOld(entry.used, 24 * Policy.hour)
  }

  // MARK: - What killed processes left

  private func collectLeftovers(_ content: ContentStore, _ trash: Trash, _ result: inout CollectionResult) throws {
    for path in try CacheRoom.allCases.flatMap({ try $0.work(in: cache) }) {
      let size = try CacheRoom.size(path)
      let gone = try content.collecting { _, processes in
        let idle =
          try processes == 0 || FileSystem.status(path).map { policy.isOld($0.changed, 24 * Policy.hour) } ?? false
        return try idle && trash.take([path])
      }
      if gone { result.add("leftovers", [size]) }
    }
    for path in try ["work", "run", "transfer", "packs/calls"].flatMap(children) {
      let size = try WorkDirectory.ifLeft(path) {
        let size = try CacheRoom.size(path)
        return try trash.take([path]) ? size : nil
      }
      if case .some(.some(let size)) = size { result.add("leftovers", [size]) }
    }
    try trash.empty()
  }

  private func children(_ name: String) throws -> [HostPath] {
    try CacheRoom.names(cache / HostPath(name)).map { cache / HostPath(name) / HostPath(bytes: $0) }
  }

  // MARK: - The store

  private func collectStore(_ content: ContentStore, _ trash: Trash, _ result: inout CollectionResult) throws {
    // The last images of projects that are still worked on, which `packc image diff` compares with.
    var roots: Set<Digest> = []
    for project in try children("projects") where !trash.taken.contains(project / "builds") {
      roots.formUnion(BuildHistory(file: project / "builds").builds.map(\.manifest.digest))
    }
    for record in try LayerCache.records(in: cache / "layers", store: content) {
      if let blob = record.blob, !policy.isOld(record.used, policy.keep) {
        roots.insert(blob)
      } else if try trash.take([record.path]) {
        result.add("layers", [record.size])
      }
    }
    let report = try StoreCollector(
      ImageStore(content: content), policy: .init(grace: policy.grace, now: policy.now, dryRun: policy.dryRun)
    ).collect(alsoKeeping: roots)
    result.add("blobs", report.blobs)
    result.add("leftovers", report.leftovers)
    result.images = report.images
    result.blobs = .init(report.kept)
    result.damaged = report.damaged
    for name in report.damaged {
      reporter.warn(
        "the image \(name) is not whole", hint: "build, pull or import it again; `packc image untag \(name)` forgets it"
      )
    }
  }

  /// Things leave their place in one step, while nobody looks, and their bytes after that.
  private final class Trash {
    private let directory: HostPath?
    /// All that left its place, or would.
    private(set) var taken: Set<HostPath> = []

    init(in cache: HostPath, dryRun: Bool) throws {
      directory = dryRun ? nil : cache / "trash"
      try empty()
    }

    /// False when there is nothing any more.
    func take(_ paths: [HostPath]) throws -> Bool {
      taken.formUnion(paths)
      guard let directory else { return true }
      try FileSystem.createDirectory(directory)
      let place = try FileSystem.createTemporaryDirectory(in: directory, prefix: "entry")
      var moved = false
      for (number, path) in paths.enumerated() {
        let target = place / "\(number)"
        if path.withCString({ from in target.withCString { rename(from, $0) } }) == 0 {
          moved = true
        } else if errno != ENOENT {
          throw Failure.system("move away", path, errno: errno)
        }
      }
      return moved
    }

    func empty() throws {
      if let directory { try FileSystem.removeTree(directory) }
    }
  }
}
