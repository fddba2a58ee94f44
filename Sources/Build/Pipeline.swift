internal import Config
internal import Kernel
public import PackCore
internal import Packs

/// `build`, `plan` and `lock`: composes the rooms into one flow, each stage a function from value to value.
public struct Pipeline: Sendable {
  let context: HostContext
  let request: BuildRequest
  let reporter: Reporter
  /// What packs and steps run in.
  let isolation: Isolation

  public init(context: HostContext, request: BuildRequest, reporter: Reporter) {
    self.init(
      context: context, request: request, reporter: reporter,
      isolation: Isolation(context: context, reporter: reporter))
  }

  init(context: HostContext, request: BuildRequest, reporter: Reporter, isolation: Isolation) {
    self.context = context
    self.request = request
    self.reporter = reporter
    self.isolation = isolation
  }

  /// Makes the images of the project, or gives the last build's answer when nothing changed.
  public func build() throws -> BuildResult {
    let times = StepTimes(clock: context.monotonicNanoseconds)
    let timed = Pipeline(context: context, request: request, reporter: times.watching(reporter), isolation: isolation)
    return try timed.located { try $0.buildHere(times) }
  }

  private func buildHere(_ times: StepTimes) throws -> BuildResult {
    let planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    let state = try ProjectState(project: request.project, cache: planning.cache)
    try state.acquire(reporter)
    var started = Clock.now()
    var scan = try planning.scan()
    // For others, results are left step by step, also those of a build that has nothing to do.
    if request.useCache, request.shared?.to == nil, let known = unchanged(scan, planning, state) { return known }
    let turn = try BuildTurn(cache: planning.cache, reporter: reporter)
    if turn.waited { (started, scan) = (Clock.now(), try planning.scan()) }
    return try withExtendedLifetime(turn) { try build(planning, state, scan, times, started: started) }
  }

  /// One walk over the project and one over what else was looked at.
  func unchanged(_ scan: ProjectScan, _ planning: Planning, _ state: ProjectState) -> BuildResult? {
    guard let record = BuildRecord.read(state.record),
      record.stillHolds(request: planning.requestDigest, project: scan.fingerprint()),
      RecordedImage(result: record.result, store: planning.storeDirectory).isInStore,
      Self.waiversHold(record.result)
    else { return nil }
    CacheRecord.markUsed(state.record)
    return .recorded(record.result)
  }

  /// False when a waiver that the recorded build needed has ended since: then the gates judge anew.
  private static func waiversHold(_ result: JSONValue) -> Bool {
    let waived = (result["gates"]?.array ?? []).flatMap { $0["waived"]?.array ?? [] }
    let ends = waived.compactMap { $0["until"]?.string.flatMap { CalendarDate($0) } }
    return ends.allSatisfy { Clock.today() <= $0 }
  }

  private func build(
    _ planning: Planning, _ state: ProjectState, _ scan: ProjectScan, _ times: StepTimes, started: Int64
  ) throws -> BuildResult {
    let project = try planning.project()
    let choice = try planning.choose(planning.detect(project), project)
    let digests = FileDigests(file: state.digests, trustBefore: started - Clock.settled)
    let store = try planning.enterStore()
    let executor = try makeExecutor(planning, state, scan, digests, choice.pack)
    var settled = try LockStage(planning: planning, project: project, pack: choice.pack, reporter: reporter)
      .settle { try executor.resolve($0) }
    settled.plan.addDeclaredFiles(project.config, scan)
    let (lock, kernel) = try pin(settled, planning, project)
    report(choice.decisions + settled.plan.decisions + [kernel?.decision].compactMap { $0 })
    let wroteLock = try settle(lock, settled.committed, planning)
    times.mark("plan", title: "detection, packs, lock")
    let runtime = try runtimeRoot(lock, planning)
    if let runtime { executor.show(runtime, for: settled.plan.runtime.trees) }
    try executor.run(settled.plan.steps)
    try complete(&settled.plan, planning, choice.pack, executor)

    var output = OutputStage(
      planning: planning, project: project, scan: scan, settled: settled, kernel: kernel, executor: executor,
      pack: choice.pack, digests: digests, store: store, decisions: choice.decisions, times: times,
      ownersFile: state.owners, factsCache: SourceFactsCache(file: state.facts), runtime: runtime)
    let result = try withExtendedLifetime(executor) { try output.write() }
    try digests.save()
    try state.save(stepKeys: executor.keys)
    try output.remember()
    try record(result, output, planning, state, scan, wroteLock: wroteLock, started: started)
    return BuildResult(json: result, unchanged: false)
  }

  /// The lock of this build, kernel and init included.
  func pin(
    _ settled: LockStage.Settled, _ planning: Planning, _ project: Planning.Project
  ) throws -> (LockFile, KernelStage.Chosen?) {
    var lock = settled.lock
    guard request.makesUnikernel else {
      // What this build does not use stays as it is written.
      (lock.kernel, lock.guestInit) = (settled.committed?.kernel, settled.committed?.guestInit)
      return (lock, nil)
    }
    let kernel = try KernelStage(planning: planning, config: project.config, reporter: reporter)
      .choose(locked: settled.committed?.platform == request.platform ? settled.committed?.kernel : nil)
    (lock.kernel, lock.guestInit) = (kernel.pin, kernel.initPin)
    return (lock, kernel)
  }

  /// Holds the lock, or writes it down anew; returns whether it was written. Debug builds leave it alone.
  func settle(_ lock: LockFile, _ committed: LockFile?, _ planning: Planning) throws -> Bool {
    let differences = committed?.differences(from: lock, complete: request.locked) ?? []
    if request.locked {
      guard differences.isEmpty else { throw BuildFailure.lockOutOfDate(differences) }
      return false
    }
    guard request.mode == .release, request.trial == nil, lock != committed else { return false }
    if let committed, committed.platform != lock.platform {
      reporter.note("packc.lock is for \(committed.platform) and stays as it is; it pins nothing of this build")
      return false
    }
    for difference in differences { reporter.warn("packc.lock: \(difference)") }
    try lock.write(project: request.project)
    let name = request.below.appending(RootPath(literal: "packc.lock")).description
    let what = committed == nil ? "wrote \(name)" : "\(name) \(differences.isEmpty ? "completed" : "changed")"
    reporter.note("\(what); commit it")
    return true
  }

  /// What only the steps could know of the program.
  func complete(
    _ plan: inout BuildPlan, _ planning: Planning, _ pack: Pack, _ executor: StepExecutor
  ) throws {
    guard let completion = plan.completion, let file = executor.locate("${work}/\(completion)") else { return }
    let known = plan.decisions.count
    plan = try planning.packHost.complete(plan, of: pack, with: FileSystem.read(file, limit: 16 << 20))
    report(Array(plan.decisions.dropFirst(known)))
  }

  private func report(_ decisions: [Decision]) {
    for decision in decisions { reporter.send(.decision(decision)) }
  }

  func makeExecutor(
    _ planning: Planning, _ state: ProjectState, _ scan: ProjectScan, _ digests: FileDigests, _ pack: Pack
  ) throws -> StepExecutor {
    try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: planning.cache, scan: scan, digests: digests, reporter: reporter,
        packDirectory: pack.directory, packDigest: pack.digest, packName: pack.name,
        passthrough: pack.manifest.environmentPassthrough, libexec: pack.libexec, epoch: planning.epoch,
        timeout: request.timeout,
        useCache: request.useCache, lastKeys: state.lastStepKeys(), isolation: planning.isolation,
        secrets: FetchSecrets(request.secrets), trial: request.trial?.steps(of: pack.name),
        shared: request.shared))
  }

  /// Written last: a build that ended before this point is not believed by the next one.
  private func record(
    _ result: JSONValue, _ output: OutputStage, _ planning: Planning, _ state: ProjectState, _ scan: ProjectScan,
    wroteLock: Bool, started: Int64
  ) throws {
    // The lock file that this build wrote belongs to what the next one will see.
    let now = wroteLock ? try ProjectScan(root: request.project) : scan
    guard scan.fingerprint(without: [LockFile.name]) == now.fingerprint(without: [LockFile.name]),
      scan.newestChange < started - Clock.settled
    else { return }
    var watched = output.watched
    watched.add(project: planning, scan.root)
    let record = BuildRecord(
      request: planning.requestDigest, project: now.fingerprint(), watched: watched.sorted,
      watchedFingerprint: WatchedPaths.fingerprint(watched.sorted), outputs: output.files,
      outputsFingerprint: BuildRecord.fingerprint(outputs: output.files), result: result)
    try record.write(state.record)
  }
}

extension Planning {
  var storeDirectory: HostPath { cache / "store" }

  /// The store, for as long as the value lives: what this build takes out of the cache stays there meanwhile.
  func enterStore() throws -> ContentStore {
    let store = try ContentStore(root: storeDirectory)
    try store.enter()
    return store
  }

  /// What was asked, by whom, of which packc: a difference in any of it is another build.
  var requestDigest: Digest {
    Digest(
      of: [
        "request": request.json, "version": .string(PackcVersion.current),
        "format": .integer(Int64(PackcVersion.outputFormat)), "epoch": .integer(epoch),
        "environment": JSONValue(
          strings: ["PATH", "PACKC_PACKS_DIR", "XDG_CONFIG_HOME", "HOME"].map {
            "\($0)=\(context.environment[$0] ?? "")"
          }),
        "executable": JSONValue(context.executable),
      ])
  }
}

extension WatchedPaths {
  /// packc itself, the project's file and its revision.
  mutating func add(project planning: Planning, _ root: HostPath) {
    addResolved(planning.context.executable)
    for name in ["packc-packs", GuestBase.initName(for: planning.request.platform)] {
      addResolved(planning.installation.helpers / name)
    }
    addResolved(planning.configPath)
    for name in [".git/HEAD", ".git/index", ".git/packed-refs", ".git/config", ".git/refs/heads", ".git/logs/HEAD"] {
      add(root / name)
    }
    for directory in planning.context.searchPath { add(directory) }
    add("/var/lib/dpkg/status")
  }
}
