internal import PackCore

/// Runs a plan's steps, or finds their results from before. The one place of a build that starts the project's tools.
final class StepExecutor {
  struct Outcome {
    let step: BuildStep
    let status: ProgressEvent.Status
    let reason: String
    let seconds: Double
    /// The directory below which the step's outputs are.
    let outputs: HostPath

    var json: JSONValue {
      [
        "id": .string(step.id), "status": .string(status.rawValue), "reason": .string(reason),
        "seconds": .number((seconds * 1000).rounded() / 1000),
      ]
    }
  }

  /// What the executor is given once for a build.
  struct Setting {
    var context: HostContext
    var cache: HostPath
    var scan: ProjectScan
    var digests: FileDigests
    var reporter: Reporter
    /// The pack's copy in the store, its digest, and the variables that it wants passed to fetch steps.
    var packDirectory: HostPath
    var packDigest: Digest
    var packName: String
    var passthrough: [String]
    /// The directory of the pack's helpers; its commands get it as `PACKC_LIBEXEC`.
    var libexec: HostPath?
    var epoch: Int64
    var timeout: Double
    var useCache: Bool
    /// Parts of each step's key at the last build of this project, for `--explain`.
    var lastKeys: [String: [String: Digest]]
    /// What packs of this build were asked under; without it, this host is asked anew.
    var isolation: Isolation?
    /// For fetch steps alone.
    var secrets = FetchSecrets([])
    /// Of a build of `verify`.
    var trial: StepTrial?
    var shared: SharedSteps?
  }

  let setting: Setting
  let cache: StepCache
  let isolation: Isolation
  private var workspace: Workspace?
  private var materialized: Set<String> = []
  /// Directories of packages in the place of the host's, by the path of those.
  private var shown: [HostPath: HostPath] = [:]
  private var runtime: Digest?
  /// Files of the project's copy that the plan itself writes.
  private var writtenOver: Set<RootPath> = []
  private(set) var outcomes: [Outcome] = []
  private(set) var keys: [String: [String: Digest]] = [:]
  private var finished: [(outputs: [RootPath], digest: Digest)] = []
  /// The other machines' results, when steps can be shared, and the keys of the steps before as those know them.
  lazy var shared = sharing()
  private var finishedPortably: [(outputs: [RootPath], digest: Digest)] = []

  init(_ setting: Setting) throws {
    self.setting = setting
    cache = try StepCache(cache: setting.cache)
    isolation = setting.isolation ?? Isolation(context: setting.context, reporter: setting.reporter)
  }

  /// Steps see the interpreter's library of the packages that the image has, so that what they compile of it is of that
  /// version. Without bubblewrap they see the host's.
  func show(_ runtime: DebianRoot, for trees: [BuildPlan.RuntimeRequest.Tree]) {
    guard isolation.bubblewrap != nil else { return }
    for tree in trees where FileSystem.isDirectory(tree.path) {
      guard let path = RootPath(bytes: tree.path.bytes.dropFirst()) else { continue }
      let own = runtime.path / path
      if FileSystem.isDirectory(own) { shown[tree.path] = own }
    }
    self.runtime = runtime.digest
  }

  func run(_ steps: [BuildStep]) throws {
    for step in steps { try run(step) }
  }

  /// Where an artifact's path (`${work}/…`) is on the host now.
  func locate(_ path: String) -> HostPath? {
    guard path.hasPrefix("${work}/"), let relative = RootPath(String(path.dropFirst(8))) else { return nil }
    return outcomes.last { $0.step.outputs.contains { relative.isInside($0) } }.map { $0.outputs / relative }
  }

  private func run(_ step: BuildStep) throws {
    try Interruption.check()
    let started = setting.context.monotonicNanoseconds()
    let finder = StepKeys(
      scan: setting.scan, digests: setting.digests, environment: baseEnvironment(of: step),
      sandbox: isolation.kind,
      pack: setting.packDigest, runtime: shown.isEmpty ? nil : runtime)
    let key = try finder.key(of: step, earlier: finished)
    keys[step.id] = key.parts
    let portable = try shared.map { _ in try finder.portableKey(of: step, like: key, earlier: finishedPortably) }
    setting.reporter.send(.stepStarted(id: step.id, title: step.argv.joined(separator: " ")))
    let outcome: Outcome
    if mayReuse(step), let outputs = try cache.outputs(of: key.digest) {
      outcome = Outcome(
        step: step, status: .reused, reason: "nothing that it depends on changed", seconds: elapsed(since: started),
        outputs: outputs)
    } else if let taken = try takeShared(step, key, portable: portable) {
      outcome = Outcome(
        step: step, status: .reused, reason: "taken from \(taken.source)", seconds: elapsed(since: started),
        outputs: taken.outputs)
    } else {
      let reason = setting.useCache ? key.difference(from: setting.lastKeys[step.id]) : "--no-cache"
      let outputs = try execute(step, key: key, started: started)
      outcome = Outcome(
        step: step, status: .ran, reason: reason, seconds: elapsed(since: started), outputs: outputs)
      materialized.insert(step.id)
    }
    setting.reporter.send(
      .stepEnded(id: step.id, status: outcome.status, reason: outcome.reason, seconds: outcome.seconds))
    try giveShared(step, portable: portable, outcome.outputs, ran: outcome.status == .ran)
    outcomes.append(outcome)
    if let portable { finishedPortably.append((step.outputs, portable)) }
    finished.append((step.outputs, key.digest))
  }

  /// What a fetch step got is held to hashes: a build of `verify` takes it over, and nothing else.
  private func mayReuse(_ step: BuildStep) -> Bool { setting.useCache || setting.trial?.takesOver(step) == true }

  private func conditions(of step: BuildStep) -> StepConditions {
    guard let trial = setting.trial, !trial.takesOver(step) else { return StepConditions() }
    return trial.conditions(of: step)
  }

  private func elapsed(since started: UInt64) -> Double {
    Double(setting.context.monotonicNanoseconds() - started) / 1e9
  }

  private func execute(_ step: BuildStep, key: StepKey, started: UInt64) throws -> HostPath {
    let workspace = try openWorkspace()
    try materializeEarlierOutputs(in: workspace)
    let sandbox = try makeSandbox(step, workspace)
    try writeFiles(of: step, sandbox)
    try makeMounted(step, sandbox)
    do {
      try withSecrets(of: step, sandbox) { try runCommand(of: step, sandbox) }
      try checkOutputs(of: step, workspace)
      try restoreSource(after: step, workspace)
    } catch {
      setting.reporter.send(
        .stepEnded(id: step.id, status: .failed, reason: "", seconds: elapsed(since: started)))
      throw error
    }
    if mayReuse(step) { return try keep(step, workspace, key) }
    return workspace.work
  }

  /// The outputs go to the cache, and a copy stays for the steps that follow.
  private func keep(_ step: BuildStep, _ workspace: Workspace, _ key: StepKey) throws -> HostPath {
    let stored = try cache.store(step.outputs, from: workspace.work, key: key.digest)
    for output in step.outputs { try TreeCopy.copy(stored / output, to: workspace.work / output) }
    return stored
  }

  private func openWorkspace() throws -> Workspace {
    if let workspace { return workspace }
    let order = setting.trial?.conditions.sourceOrder ?? .byName
    let made = try Workspace(cache: setting.cache, order: order)
    // Not before 1980, which zip files cannot express.
    try made.copySource(setting.scan, time: Int(max(setting.epoch, 315_532_800)), order: order)
    workspace = made
    return made
  }

  /// A later step is to see the project as it is, whether this one ran or was reused: what it changed of the project's own
  /// files is said, and put back.
  private func restoreSource(after step: BuildStep, _ workspace: Workspace) throws {
    let changed = try workspace.restoreSource(setting.scan, except: writtenOver)
    guard !changed.isEmpty else { return }
    setting.reporter.warn(
      "the step \"\(step.id)\" changed files of the project while it ran: "
        + changed.prefix(5).map(\.description).joined(separator: ", ")
        + (changed.count > 5 ? " and \(changed.count - 5) more" : ""),
      hint: "later steps see them as the project has them; a file that is made belongs to no commit")
  }

  /// Steps that were reused left nothing in this build's working directory.
  private func materializeEarlierOutputs(in workspace: Workspace) throws {
    for outcome in outcomes where materialized.insert(outcome.step.id).inserted {
      for output in outcome.step.outputs {
        try TreeCopy.copy(outcome.outputs / output, to: workspace.work / output)
      }
    }
  }

  private func makeSandbox(_ step: BuildStep, _ workspace: Workspace) throws -> Sandbox {
    let caches = setting.cache / "tools" / setting.packName
    try FileSystem.createDirectory(caches)
    for directory in step.cacheDirectories { try FileSystem.createDirectory(caches / directory) }
    let home = step.network && !setting.secrets.all.isEmpty ? workspace.fetchHome : workspace.home
    try FileSystem.createDirectory(home / "tmp")
    let tools = step.tools.map { HostPath($0) } + (step.argv[0].hasPrefix("/") ? [HostPath(step.argv[0])] : [])
    let shared = try setting.trial?.sharedCaches(of: step, in: caches) ?? [:]
    return Sandbox(
      isolation: isolation,
      host: Sandbox.Places(
        source: workspace.source, work: workspace.work, cache: caches, pack: setting.packDirectory,
        libexec: setting.libexec, home: home, temporary: home / "tmp"),
      conditions: conditions(of: step), sharedCaches: shared, searchPath: setting.context.searchPath,
      shown: shown, readable: tools + setting.context.visible(step.network ? setting.passthrough : []))
  }

  private func writeFiles(of step: BuildStep, _ sandbox: Sandbox) throws {
    for (path, text) in step.files.sorted(by: { $0.key < $1.key }) {
      let target = HostPath(sandbox.host.expand(path)).lexicallyNormalized
      guard target.relative(to: sandbox.host.work) != nil || target.relative(to: sandbox.host.source) != nil else {
        throw Failure(
          "bad_plan", "the step \"\(step.id)\" wants to write \(path), which is neither below ${work} nor ${source}",
          exit: .packFailed)
      }
      try FileSystem.createDirectory(target.parent)
      try FileSystem.writeAtomically(Array(text.utf8), to: target, durable: false)
      if let own = target.relative(to: sandbox.host.source) { writtenOver.insert(own) }
    }
  }

  /// What is shown at another path is a directory when the step starts.
  private func makeMounted(_ step: BuildStep, _ sandbox: Sandbox) throws {
    guard !step.mounts.isEmpty else { return }
    guard isolation.bubblewrap != nil else { throw BuildFailure.mountsNeedSandbox(step) }
    for directory in step.mounts.values { try FileSystem.createDirectory(HostPath(sandbox.host.expand(directory))) }
  }

  func baseEnvironment(of step: BuildStep) -> [String: String] {
    let conditions = conditions(of: step)
    let inside = isolation.bubblewrap == nil ? nil : conditions.places
    return [
      "PATH": setting.context.searchPath.map(\.description).joined(separator: ":"),
      "HOME": inside?.home.description ?? "", "TMPDIR": inside?.temporary.description ?? "",
      "LANG": conditions.locale, "LC_ALL": conditions.locale, "TZ": conditions.timeZone,
      "SOURCE_DATE_EPOCH": String(setting.epoch), "USER": conditions.user, "LOGNAME": conditions.user,
    ].merging(step.network ? [:] : conditions.clock) { $1 }
  }

  /// Runs the step that resolves packages; returns the host path of its result.
  func resolve(_ resolution: BuildPlan.Resolution) throws -> HostPath {
    do {
      try run(resolution.step)
    } catch let failure as Failure where failure.code == "step_failed" {
      throw BuildFailure.notResolved(resolution, failure)
    }
    guard let path = locate("${work}/\(resolution.output)") else {
      throw BuildFailure.outputMissing(resolution.step, resolution.output, present: [])
    }
    return path
  }
}
