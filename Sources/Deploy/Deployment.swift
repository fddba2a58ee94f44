public import PackCore
public import Runner

/// One deployment as it is now: what is wanted, what its supervisor last wrote, and what the kernel says of its processes.
public struct Deployment: Sendable {
  public let name: String
  /// Nil when its files cannot be read, and while its first release is being built.
  public let record: DeploymentRecord?
  public let state: MachineState
  /// A build for it that goes on, or that failed.
  public var build: PendingBuild?
  /// The port before its replicas.
  public var balancer: BalancerState?
  public let outcomes: ReleaseOutcomes
  /// Why its files cannot be read.
  public let failure: Failure?

  public var release: DeploymentRecord.Release? { record?.release(state.release) ?? record?.effective(outcomes) }
  /// While the first release is being built, what is known of it.
  public var spec: DeploymentSpec? { record == nil ? build?.draft.spec : release?.spec }
  /// What was done last is a build that goes on or failed, and nothing else of it runs.
  public var showsBuild: Bool { build != nil && (state.phase == .building || state.phase == .failed) }
  /// Its last release did not become ready, and gave way to the one before it.
  public struct FallBack: Sendable {
    public let from: Int
    public let to: Int
    /// Nil for a restored deployment: a backup has no reasons.
    public let reason: String?
    /// What can be done about it.
    public let next: String

    /// `release 3 did not become ready, and release 2 was started again: …`
    public var text: String {
      "release \(from) did not become ready, and release \(to) was started again" + (reason.map { ": \($0)" } ?? "")
    }
  }

  public var fallBack: FallBack? {
    guard let record, case let runs = record.effective(outcomes).number, runs != record.current else { return nil }
    return FallBack(
      from: record.current, to: runs, reason: outcomes.reason(record.current),
      next: "packc logs \(name) shows what it said; mend it, and packc deploy again")
  }

  /// Something of it runs.
  public var isAlive: Bool { !state.phase.isFinal }

  // MARK: - Reading

  /// Nil where there is no deployment, or one of which nothing but a beginning was made.
  public static func read(_ name: String, _ state: StateDirectory) throws -> Deployment? {
    let directory = state.machine(name)
    do {
      // Before the record: a build that is done leaves it when the record is there.
      let build = try PendingBuild.seen(directory)
      guard let record = try DeploymentRecord.read(directory) else {
        return build.map { build in
          Deployment(
            name: name, record: nil, state: Self.state(build, over: nil, name: name), build: build,
            outcomes: ReleaseOutcomes(), failure: nil)
        }
      }
      let outcomes = try ReleaseOutcomes.read(directory)
      // Asked before the state is read: a supervisor that ends meanwhile has written its last word before.
      let processes = MachineProcesses(directory: directory, id: record.id)
      let lives = try processes.supervisorLives()
      let isBusy = lives ? false : try FileLock.isHeld(directory.lock)
      let written = try MachineState.read(directory)
      let boot = ProcessIdentity.currentBootID()
      // Only then is there anything to look for in all of /proc.
      let mayBeAlone = !lives && written.map { !$0.phase.isFinal && $0.bootID == boot } ?? false
      let seen = Observation(
        supervisorLives: lives, machineIsGone: written?.qemu.map { !$0.isAlive } ?? false, isBusy: isBusy, bootID: boot,
        orphans: mayBeAlone ? processes.marked().map(\.pid) : [])
      let told = Self.state(written, release: record.effective(outcomes).number, seen, name: name)
      return Deployment(
        name: name, record: record, state: build.map { Self.state($0, over: told, name: name) } ?? told, build: build,
        balancer: try BalancerState.seen(directory), outcomes: outcomes, failure: nil)
    } catch let failure as Failure where ["state_damaged", "state_newer"].contains(failure.code) {
      var state = MachineState(.broken, release: 1, reason: failure.message, hint: failure.hint)
      state.readiness.end("its files cannot be read")
      return Deployment(name: name, record: nil, state: state, outcomes: ReleaseOutcomes(), failure: failure)
    }
  }

  /// Every deployment, sorted by name.
  public static func all(_ state: StateDirectory) throws -> [Deployment] {
    try state.names().compactMap { try read($0, state) }
  }

  // MARK: - The truth

  /// What was seen of a deployment's processes.
  struct Observation {
    var supervisorLives: Bool
    /// The machine's process that was written down lives no more.
    var machineIsGone = false
    /// Somebody holds the deployment's lock: what is written may be about to become true.
    var isBusy: Bool
    var bootID: String
    /// Processes that carry its mark though its supervisor is gone.
    var orphans: [Int32]
  }

  /// What a build makes of a state: of something that runs, nothing; else it is what was done last.
  static func state(_ build: PendingBuild, over told: MachineState?, name: String) -> MachineState {
    if let told, !told.phase.isFinal || (told.since > build.began && build.failure != nil) { return told }
    var state = MachineState(build.failure == nil ? .building : .failed, release: told?.release ?? 1)
    state.since = build.began
    state.restarts = told?.restarts ?? 0
    guard let failure = build.failure else { return state }
    state.reason = "the build failed: \(failure.message)"
    if failure.code == "build_killed" || failure.code == "build_stopped" || failure.exit == .drift {
      state.reason = failure.message
    }
    state.hint = failure.hint ?? build.again(name)
    state.readiness.end("it was not built")
    return state
  }

  /// What is, from what was last written and what was seen.
  static func state(_ written: MachineState?, release: Int, _ seen: Observation, name: String) -> MachineState {
    guard var state = written else {
      return seen.supervisorLives || seen.isBusy
        ? MachineState(.pending, release: release)
        : MachineState(
          .failed, release: release, reason: "packc was ended before it could start it", hint: "packc start \(name)")
    }
    if seen.supervisorLives, seen.machineIsGone, [.running, .unhealthy].contains(state.phase) {
      state.phase = .stopping
      state.reason = "its machine has ended, and what became of it is not written down yet"
      state.hint = "when this lasts: is the disk full?"
      state.readiness.end(state.reason)
    }
    if seen.supervisorLives || state.phase.isFinal { return state }
    let isSameBoot = state.bootID == seen.bootID
    if isSameBoot, !seen.orphans.isEmpty {
      // Between two supervisors of one command there is nobody for a moment.
      if seen.isBusy { return state }
      state.phase = .broken
      let list = seen.orphans.map(String.init).joined(separator: ", ")
      state.reason = "its supervisor is gone, and the machine still runs without it (process \(list))"
      state.hint = "packc stop \(name) ends it, packc restart \(name) starts it anew"
      return state
    }
    if isSameBoot, seen.isBusy { return state }
    state.reason =
      !isSameBoot
      ? "the host was started anew"
      : state.phase == .pending
        ? "packc was ended before it could start it" : "its supervisor was killed, and the machine ended with it"
    state.phase = .failed
    state.qemu = nil
    if state.end == nil, state.started != nil { state.end = .crashed }
    state.hint = "packc start \(name)"
    state.readiness.end(state.reason)
    return state
  }
}

extension [Deployment] {
  /// Those that were built from the project in a directory.
  public func of(project: HostPath) -> [Deployment] {
    let place = (FileSystem.resolve(project) ?? project).description
    return filter { $0.spec?.source == place }
  }
}
