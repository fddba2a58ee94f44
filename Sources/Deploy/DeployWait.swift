internal import Glibc
public import PackCore
internal import Runner

/// Waits until a deployment is ready, or cannot become so.
public struct DeployWait {
  /// What the waiting came to.
  public enum Outcome: Sendable {
    case ready
    case timedOut
    /// The release gave way to the one before it.
    case fellBack(to: Int)
    /// It has ended, or will not be reached.
    case failed
  }

  private let deployments: Deployments
  private let reporter: Reporter
  /// A server that listens inside only may listen elsewhere a moment later.
  private static let insidePatience: UInt64 = 1_500_000_000

  public init(_ deployments: Deployments, reporter: Reporter) {
    self.deployments = deployments
    self.reporter = reporter
  }

  /// - Parameter release: which must become ready.
  public func wait(
    _ name: String, release: Int, seconds: Double
  ) throws -> (outcome: Outcome, deployment: Deployment) {
    let due = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    var told: [String: Check] = [:]
    var unreachableSince: UInt64?
    while true {
      try Self.checkInterruption(name)
      let now = HostContext.monotonicClock()
      let found = try deployments.find(name)
      tell(found, &told)
      if found.outcomes[release] == .failed, found.state.release != release || found.state.phase.isFinal {
        return (found.state.release == release ? .failed : .fellBack(to: found.state.release), found)
      }
      if found.state.release == release {
        if found.state.phase == .running, found.state.readiness.isReady { return (.ready, found) }
        // A machine that is on trial is gone back from; that is the answer then.
        if found.state.phase.isFinal, !isOnTrial(found, release) || found.state.isStopped { return (.failed, found) }
        if found.state.phase == .broken { return (.failed, found) }
        if found.state.readiness.address.result == .fail, found.state.readiness.process.result == .pass {
          if now - (unreachableSince ?? now) >= Self.insidePatience { return (.failed, found) }
          unreachableSince = unreachableSince ?? now
        } else {
          unreachableSince = nil
        }
      }
      guard now < due else { return (.timedOut, found) }
      usleep(20_000)
    }
  }

  /// Whoever waits is not what is waited for.
  private static func checkInterruption(_ name: String) throws {
    guard let signal = Interruption.signal else { return }
    throw Failure(
      "interrupted", "interrupted by signal \(signal); the deployment of \(name) goes on",
      hint: "`packc status \(name)` shows it; `packc destroy \(name)` ends it", exit: .signal(signal))
  }

  // MARK: - The build before it

  /// Waits until an operation has built its image, and shows what the build says.
  ///
  /// - Returns: what was done then; nil when that took too long.
  /// - Throws: why it was not built, as the build itself said it.
  public func waitForBuild(_ begun: DeployResult, seconds: Double) throws -> DeployResult? {
    let (name, operation) = (begun.name, begun.operation ?? "")
    let began = HostContext.monotonicClock()
    let due = began + UInt64(seconds * 1e9)
    let directory = deployments.state.machine(name)
    var log = BuildLog(directory.buildLog)
    reporter.send(.stepStarted(id: "build", title: "build \(name)"))
    func end(_ status: ProgressEvent.Status, _ reason: String) {
      let seconds = Double(HostContext.monotonicClock() - began) / 1e9
      reporter.send(.stepEnded(id: "build", status: status, reason: reason, seconds: seconds))
    }
    while true {
      try Self.checkInterruption(name)
      let build = try PendingBuild.seen(directory).flatMap { $0.operation == operation ? $0 : nil }
      let goesOn = build.map { $0.failure == nil } ?? false
      for line in log.lines(toTheEnd: !goesOn) { reporter.send(.stepLine(id: "build", text: line)) }
      if let failure = build?.failure {
        let isBuilt = failure.exit == .drift
        end(isBuilt ? .ran : .failed, isBuilt ? "not deployed" : failure.code)
        throw failure
      }
      if build == nil {
        // It writes down what it came to when the supervisor works; asked before that is read.
        let lives = try FileLock.isHeld(directory.buildLock)
        let outcome = deployments.outcome(of: operation)
        if let release = outcome?["release"]?.integer,
          let action = outcome?["action"]?.string.flatMap(DeployResult.Action.init(rawValue:))
        {
          end(.ran, "release \(release)")
          return DeployResult(
            action: action, name: name, release: Int(release), operation: operation,
            changes: outcome?["changes"]?.array?.compactMap(\.string) ?? [],
            opinion: DeployOpinion(summary: outcome?["contract"]))
        }
        if outcome != nil || !lives {
          end(.failed, "")
          throw outcome?["error"].flatMap(Failure.init(written:)) ?? DeployFailure.replaced(name, operation)
        }
      }
      guard HostContext.monotonicClock() < due else { return nil }
      usleep(30_000)
    }
  }

  private func isOnTrial(_ found: Deployment, _ release: Int) -> Bool {
    found.record?.fallback != nil && found.outcomes[release] == nil && (try? supervisorLives(found.name)) ?? false
  }
  private func supervisorLives(_ name: String) throws -> Bool {
    try MachineProcesses(directory: deployments.state.machine(name), id: nil).supervisorLives()
  }

  private func tell(_ found: Deployment, _ told: inout [String: Check]) {
    for (name, check) in found.state.readiness.all where told[name] != check {
      if check.result == .pass { reporter.note("\(name): \(check.detail ?? "yes")") }
      if check.result == .fail, told[name] != nil || name == "address" {
        reporter.warn("\(name): \(check.detail ?? "no")", hint: found.state.hint)
      }
      told[name] = check
    }
  }
}
