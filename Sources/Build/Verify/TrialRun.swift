internal import Glibc
internal import Images
internal import PackCore

/// Builds of `verify`, each in a place of its own:
///
///     <cache>/work/verify.XXXXXX/<number>/cache/packc    caches: links to what does not come out of the project
///                                        /output         what `.packc` would be
///                                        /checkout       a copy of the project, when its path is varied
///
/// All of it is gone with the value, also after an interruption.
final class TrialRuns {
  struct Outcome {
    let output: HostPath
    /// Why there is nothing in it.
    let failure: Failure?
    let result: JSONValue?
  }

  private let context: HostContext
  private let request: BuildRequest
  private let reporter: Reporter
  private let isolation: Isolation
  private let variations: HostVariations
  private let cache: HostPath
  private let place: WorkDirectory
  private let isCold: Bool
  private(set) var count = 0
  private var firstStart: UInt64?

  /// Kept between builds and shared with them: kernels, what was fetched, packs by their digest, and the turns that all
  /// builds take.
  private static let shared = ["kernels", "steps", "packs/trees", "packs/seen"]
  /// What the Go pack keeps of its questions to the Go tool is Go's own build cache, shared as that of its steps is.
  private static let warm = ["packs/scratch/go"]
  /// Nanoseconds from the start of the first build to that of any other: even a clock that counts seconds shows another
  /// time then; one that counts two of them, as an archive's may, where no step can be given another clock.
  private var distance: UInt64 { variations.clock.isEmpty ? 2_100_000_000 : 1_100_000_000 }

  init(
    _ context: HostContext, _ request: BuildRequest, _ reporter: Reporter, isolation: Isolation,
    variations: HostVariations, place: WorkDirectory, isCold: Bool
  ) throws {
    self.context = context
    self.request = request
    self.reporter = reporter
    self.isolation = isolation
    self.variations = variations
    self.place = place
    self.isCold = isCold
    cache = try context.cacheDirectory()
  }

  /// For comparisons.
  var temporary: HostPath { place.path }

  /// - Throws: what interrupts; a build that fails is an outcome.
  func build(_ varied: Set<Variation>, title: String) throws -> Outcome {
    count += 1
    let directory = place.path / String(count)
    try makeCaches(directory)
    var request = request
    request.trial = Trial(
      origin: request.project, conditions: variations.conditions(varied), tools: cache / "tools", cold: isCold)
    request.output = directory / "output"
    (request.useCache, request.makesImage) = (false, true)
    if varied.contains(.path) { request.project = try checkout(directory / "checkout") }
    try keepDistance()
    let pipeline = Pipeline(
      context: try context(varied, directory), request: request, reporter: titled(title), isolation: isolation)
    do {
      let result = try ProcessConditions.with(
        umask: varied.contains(.umask) ? variations.umask : nil,
        processors: varied.contains(.cpus) ? variations.cpus : nil
      ) { try pipeline.build() }
      return Outcome(output: directory / "output", failure: nil, result: result.json)
    } catch let failure as Failure where !failure.isInterruption {
      return Outcome(output: directory / "output", failure: failure, result: nil)
    }
  }

  /// What is not needed any more, but the output.
  func forget(_ outcome: Outcome) throws { try FileSystem.removeTree(outcome.output.parent) }

  private func makeCaches(_ directory: HostPath) throws {
    let own = directory / "cache/packc"
    try FileSystem.createDirectory(own)
    try FileSystem.createDirectory(directory / "home")
    for name in Self.shared + (isCold ? [] : Self.warm) {
      try FileSystem.createDirectory(cache / name)
      try FileSystem.createDirectory((own / name).parent)
      try FileSystem.createLink(own / name, to: (cache / name).bytes)
    }
    try FileSystem.createLink(own / "turns", to: (cache / "turns").bytes)
  }

  /// The environment of packc itself: what packs and tools ask it for.
  private func context(_ varied: Set<Variation>, _ directory: HostPath) throws -> HostContext {
    var context = context
    context.environment["XDG_CONFIG_HOME"] = try self.context.configDirectory().parent.description
    context.environment["XDG_CACHE_HOME"] = "\(directory)/cache"
    if varied.contains(.user) {
      for name in ["USER", "LOGNAME"] { context.environment[name] = HostVariations.user }
    }
    if varied.contains(.locale) {
      for name in ["LANG", "LC_ALL"] { context.environment[name] = variations.locale }
    }
    if varied.contains(.timezone) { context.environment["TZ"] = variations.timeZone }
    return context
  }

  /// A copy as a fresh checkout would be: the files that a build sees, with the time of now, written from the last on.
  private func checkout(_ target: HostPath) throws -> HostPath {
    let scan = try ProjectScan(root: request.project)
    for (index, entry) in scan.entries.reversed().enumerated() {
      if index % 1024 == 0 { try Interruption.check() }
      let (from, to) = (scan.root / entry.path, target / entry.path)
      try FileSystem.createDirectory(to.parent)
      switch entry.status.kind {
      case .directory: try FileSystem.createDirectory(to)
      case .link: try FileSystem.createLink(to, to: FileSystem.linkTarget(from))
      case .file:
        try FileSystem.copyFile(from, to: to, mode: entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
        guard try FileSystem.status(from) == entry.status else { throw BuildFailure.changedMeanwhile(entry.path) }
      case .other: break
      }
    }
    try FileSystem.createDirectory(target)
    return target
  }

  private func keepDistance() throws {
    let now = context.monotonicNanoseconds
    guard let firstStart else {
      self.firstStart = now()
      return
    }
    while now() - firstStart < distance {
      try Interruption.check()
      usleep(20_000)
    }
  }

  /// Steps of several builds in one list of progress; what is said once need not be said again.
  private func titled(_ title: String) -> Reporter {
    let (reporter, isFirst) = (reporter, count == 1)
    return Reporter { event in
      switch event {
      case .stepStarted(let id, let text): reporter.send(.stepStarted(id: "\(title)-\(id)", title: "\(title): \(text)"))
      case .briefStepStarted(let id, let text):
        reporter.send(.briefStepStarted(id: "\(title)-\(id)", title: "\(title): \(text)"))
      case .stepLine(let id, let text): reporter.send(.stepLine(id: "\(title)-\(id)", text: text))
      case .stepProgress(let id, let done, let total):
        reporter.send(.stepProgress(id: "\(title)-\(id)", done: done, total: total))
      case .stepCount(let id, let done, let total, let unit, let item):
        reporter.send(.stepCount(id: "\(title)-\(id)", done: done, total: total, unit: unit, item: item))
      case .stepEnded(let id, let status, let reason, let seconds):
        reporter.send(.stepEnded(id: "\(title)-\(id)", status: status, reason: reason, seconds: seconds))
      case .decision, .note, .warning: if isFirst { reporter.send(event) }
      }
    }
  }
}
