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
      try Interruption.check()
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
