internal import Glibc
internal import Kernel
public import PackCore
internal import Runner

/// The one process beside a machine: it starts it, owns its pipes, writes its state, starts it again, and ends with it. It
/// knows of no other machine, and nothing waits for it.
public struct Supervisor {
  private let context: HostContext
  private let state: StateDirectory
  private let directory: MachineDirectory
  private let record: DeploymentRecord
  private let events: EventLog
  private var outcomes: ReleaseOutcomes
  private var backoff = RestartBackoff()
  private var restarts = 0
  private let log: RotatingLog

  /// Seconds that a new release has to become ready, where there is another one to go back to.
  static let trial = 120

  /// The entry of `packc supervise NAME`; whoever started it reads one line from the descriptor `answer`: `{}`, or the error.
  public static func run(_ name: String, _ context: HostContext, answer: Int32) -> ExitCode {
    let state: StateDirectory
    let directory: MachineDirectory
    var supervisor: Supervisor
    let lock: FileLock
    do {
      state = try StateDirectory(context)
      directory = state.machine(name)
      guard let taken = try FileLock.attempt(directory.supervisorLock) else { throw DeployFailure.supervised(name) }
      lock = taken
      guard let identity = ProcessIdentity.of(getpid()) else { throw Failure("no_proc", "there is no /proc") }
      try StoredDocument.write(identity.json, to: directory.supervisorIdentity)
      supervisor = try Supervisor(state, directory, context)
      try supervisor.reservePorts()
    } catch {
      say((error as? Failure ?? Failure("internal", "\(error)")).json, to: answer)
      return .failed
    }
    say([:], to: answer)
    return withExtendedLifetime(lock) { supervisor.runToTheEnd() }
  }

  static func say(_ json: JSONValue, to answer: Int32) {
    let line = CanonicalJSON.encode(json) + [0x0a]
    _ = Glibc.write(answer, line, line.count)
    close(answer)
  }

  private init(_ state: StateDirectory, _ directory: MachineDirectory, _ context: HostContext) throws {
    guard let record = try DeploymentRecord.read(directory) else {
      throw DeployFailure.unknown(directory.name, known: [])
    }
    self.context = context
    self.state = state
    self.directory = directory
    self.record = record
    events = EventLog(directory.events)
    outcomes = try ReleaseOutcomes.read(directory)
    log = try RotatingLog(directory.console)
  }

  /// Held until this process ends.
  private func reservePorts() throws {
    for port in record.effective(outcomes).spec.publish { _ = try port.reserve()?.release() }
  }

  // MARK: - From start to start

  /// How one run of the machine ended.
  private struct Run {
    var state: MachineState
    var failure: Failure?
    var wasReady: Bool
    var missedDeadline: Bool
    var nanoseconds: UInt64
  }

  private mutating func runToTheEnd() -> ExitCode {
    while true {
      let release = record.effective(outcomes)
      let run = once(release)
      if Interruption.signal != nil { return finish(run, isStopped: true) }
      if fallsBack(release, run) { continue }
      let failed = run.failure != nil || (run.state.end?.failed ?? true)
      guard release.spec.restart.restarts(failed: failed) else { return finish(run, isStopped: false) }
      guard let delay = backoff.delay(afterRun: run.nanoseconds) else { return giveUp(run) }
      restarts += 1
      guard wait(delay, run) else { return finish(run, isStopped: true) }
    }
  }

  /// Starts the machine of a release and stays until it is over.
  private mutating func once(_ release: DeploymentRecord.Release) -> Run {
    var state = MachineState(.starting, release: release.number)
    state.restarts = restarts
    let began = HostContext.monotonicClock()
    events.add(["kind": "start", "release": .integer(Int64(release.number)), "restarts": .integer(Int64(restarts))])
    let isOnTrial = release.number == record.current && record.fallback != nil && outcomes[release.number] == nil
    do {
      let (directory, number) = (directory, release.number)
      let attendant = try Attendant(
        directory, release.spec, state: state, trial: isOnTrial ? Self.trial : nil,
        becameReady: { Self.note(number, directory) { $0[number] = .ready } })
      var failure: Failure?
      do {
        let signals = SignalSource(
          descriptor: SignalSource.process.descriptor,
          take: { [attendant = Unchecked(attendant)] in
            let count = SignalSource.process.take()
            if count > 0 { attendant.value.stopping() }
            return count
          }, number: SignalSource.process.number)
        _ = try UnikernelRunner(context, reporter: reporter, signals: signals).run(
          try release.spec.request(record.name, self.state, context, reporter: reporter),
          supervision: Supervision(
            output: log, attendant: attendant,
            environment: [DeploymentRecord.mark: record.id], grace: release.spec.grace))
      } catch let error {
        failure = error as? Failure ?? Failure("internal", "\(error)")
      }
      if attendant.hasBeenReady { outcomes[release.number] = .ready }
      return Run(
        state: attendant.state, failure: failure, wasReady: attendant.hasBeenReady,
        missedDeadline: attendant.missedDeadline, nanoseconds: HostContext.monotonicClock() - began)
    } catch {
      return Run(
        state: state, failure: error as? Failure ?? Failure("internal", "\(error)"), wasReady: false,
        missedDeadline: false, nanoseconds: 0)
    }
  }

  private static func note(
    _ number: Int, _ directory: MachineDirectory, _ change: (inout ReleaseOutcomes) -> Void
  ) {
    guard var outcomes = try? ReleaseOutcomes.read(directory), outcomes[number] == nil else { return }
    change(&outcomes)
    try? outcomes.write(directory)
  }

  private var reporter: Reporter {
    let events = events
    return Reporter { event in
      switch event {
      case .note(let text): events.add(["kind": "note", "text": .string(text)])
      case .warning(let text, let hint):
        events.add(
          JSONValue(compact: ["kind": "warning", "text": .string(text), "hint": hint.map(JSONValue.string)]).object
            ?? [:])
      default: break
      }
    }
  }

  // MARK: - What comes after a run

  /// A release on trial that ended or was too slow gives way to the one before it.
  private mutating func fallsBack(_ release: DeploymentRecord.Release, _ run: Run) -> Bool {
    guard release.number == record.current, let fallback = record.fallback, record.release(fallback) != nil,
      outcomes[release.number] == nil, !run.wasReady
    else { return false }
    let why =
      run.missedDeadline ? "it was not ready within \(Self.trial) s" : reason(run) ?? "it ended before it was ready"
    outcomes.fail(release.number, why)
    Self.note(release.number, directory) { $0.fail(release.number, why) }
    restarts = 0
    backoff = RestartBackoff()
    events.add([
      "kind": "fell_back", "from": .integer(Int64(release.number)), "to": .integer(Int64(fallback)),
      "reason": .string(why),
    ])
    EventLog(state.operations).add([
      "operation": "fall back", "name": .string(record.name), "from": .integer(Int64(release.number)),
      "to": .integer(Int64(fallback)), "reason": .string(why),
    ])
    // The ports of the other release may be others.
    for port in record.effective(outcomes).spec.publish { _ = try? port.reserve()?.release() }
    return true
  }

  private func reason(_ run: Run) -> String? {
    run.state.reason ?? run.failure?.message ?? run.state.end.map { "the program ended: \($0.text)" }
  }

  private func finish(_ run: Run, isStopped: Bool) -> ExitCode {
    var state = run.state
    state.isStopped = isStopped
    state.qemu = nil
    state.since = WallClock.now()
    state.nextStart = nil
    if isStopped {
      state.phase = .exited
      state.reason = "it was stopped"
      state.hint = nil
    } else if let failure = run.failure {
      state.phase = .failed
      state.reason = failure.message
      state.hint = failure.hint
      if state.end == nil { state.end = failure.exit == .notStarted ? .notStarted : .crashed }
    } else {
      state.phase = .exited
      if state.reason == nil { state.reason = reason(run) }
    }
    state.readiness.end(state.reason)
    return write(state)
  }

  private func giveUp(_ run: Run) -> ExitCode {
    var run = run
    let last = reason(run).map { ": \($0)" } ?? ""
    run.failure = Failure(
      "gave_up", "it was started \(RestartBackoff.limit + 1) times in a row and never lasted a minute\(last)",
      hint: "`packc logs \(record.name)` shows what it said")
    return finish(run, isStopped: false)
  }

  /// The last word. While the disk is full it is said again until it is heard, or somebody wants this process to end.
  private func write(_ state: MachineState) -> ExitCode {
    events.add(
      JSONValue(compact: [
        "kind": "end", "state": .string(state.phase.rawValue), "reason": state.reason.map(JSONValue.string),
        "exit": state.end?.json,
      ]).object ?? [:])
    while true {
      do {
        try state.write(directory)
        return .done
      } catch {
        if Interruption.signal != nil { return .failed }
        sleep(1)
      }
    }
  }

  /// The pause before the next start; false when somebody ended it.
  private func wait(_ delay: UInt64, _ run: Run) -> Bool {
    var state = run.state
    state.phase = .starting
    state.qemu = nil
    state.since = WallClock.now()
    state.nextStart = WallClock.now() + Int64(delay)
    state.reason = reason(run)
    state.restarts = restarts
    try? state.write(directory)
    let due = HostContext.monotonicClock() + delay
    while Interruption.signal == nil {
      let now = HostContext.monotonicClock()
      guard now < due else { return true }
      var watched = pollfd(fd: SignalSource.process.descriptor(), events: Int16(POLLIN), revents: 0)
      _ = poll(&watched, 1, Int32(clamping: (due - now) / 1_000_000 + 1))
    }
    return false
  }
}

/// Everything of a supervisor happens on its one thread.
private struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
