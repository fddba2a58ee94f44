public import PackCore
public import Runner

/// One deployment as it is now: what is wanted, what its supervisor last wrote, and what the kernel says of its processes.
public struct Deployment: Sendable {
  public let name: String
  /// Nil when its files cannot be read.
  public let record: DeploymentRecord?
  public let state: MachineState
  public let outcomes: ReleaseOutcomes
  /// Why its files cannot be read.
  public let failure: Failure?

  public var release: DeploymentRecord.Release? { record?.release(state.release) ?? record?.effective(outcomes) }
  public var spec: DeploymentSpec? { release?.spec }
  /// Something of it runs.
  public var isAlive: Bool { !state.phase.isFinal }

  // MARK: - Reading

  /// Nil where there is no deployment, or one of which nothing but a beginning was made.
  public static func read(_ name: String, _ state: StateDirectory) throws -> Deployment? {
    let directory = state.machine(name)
    do {
      guard let record = try DeploymentRecord.read(directory) else { return nil }
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
        supervisorLives: lives, isBusy: isBusy, bootID: boot,
        orphans: mayBeAlone ? processes.marked().map(\.pid) : [])
      return Deployment(
        name: name, record: record,
        state: Self.state(written, release: record.effective(outcomes).number, seen, name: name), outcomes: outcomes,
        failure: nil)
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
    /// Somebody holds the deployment's lock: what is written may be about to become true.
    var isBusy: Bool
    var bootID: String
    /// Processes that carry its mark though its supervisor is gone.
    var orphans: [Int32]
  }

  /// What is, from what was last written and what was seen.
  static func state(_ written: MachineState?, release: Int, _ seen: Observation, name: String) -> MachineState {
    guard var state = written else {
      return seen.supervisorLives || seen.isBusy
        ? MachineState(.pending, release: release)
        : MachineState(
          .failed, release: release, reason: "packc was ended before it could start it", hint: "packc start \(name)")
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
