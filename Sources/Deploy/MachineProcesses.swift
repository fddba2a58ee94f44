internal import Glibc
internal import PackCore
internal import Runner

/// The processes of one deployment: its supervisor, and what carries its mark; or its builder.
struct MachineProcesses {
  /// Held as long as the supervisor lives.
  private let lock: HostPath
  private let identity: HostPath
  /// Of the record; nil when that cannot be read.
  let id: String?

  init(directory: MachineDirectory, id: String?) {
    (lock, identity) = (directory.supervisorLock, directory.supervisorIdentity)
    self.id = id
  }

  /// The builder in the supervisor's place.
  init(builderOf directory: MachineDirectory, id: String?) {
    (lock, identity) = (directory.buildLock, directory.buildIdentity)
    self.id = id
  }

  /// The process beside haproxy in the supervisor's place.
  init(balancerOf directory: MachineDirectory, id: String?) {
    (lock, identity) = (directory.balancerLock, directory.balancerIdentity)
    self.id = id
  }

  func supervisorLives() throws -> Bool { try FileLock.isHeld(lock) }

  /// As it wrote itself down; nil for one that has not, or that lives no more.
  func supervisor() -> ProcessIdentity? {
    guard let bytes = try? FileSystem.readIfPresent(identity, limit: 4096),
      let json = try? JSONParser.parse(bytes), let identity = try? ProcessIdentity(json: JSONReader(json)),
      identity.isAlive
    else { return nil }
    return identity
  }

  /// Everything that carries the deployment's mark, the supervisor too.
  func marked() -> [ProcessIdentity] { id.map { MarkedProcesses.find(DeploymentRecord.mark, $0) } ?? [] }

  /// Ends all of it: the supervisor is asked and has `grace` seconds for its program, and what is left then is killed.
  /// To be called under the deployment's lock.
  ///
  /// - Returns: true when there was something to end.
  /// - Throws: `not_ended` when something is still there: only proof of death is success.
  @discardableResult
  func end(grace: Int, name: String) throws -> Bool {
    var wasAlive = false
    if try supervisorLives() {
      wasAlive = true
      // It writes itself down right after it has taken its lock.
      for _ in 0..<100 where supervisor() == nil {
        guard try supervisorLives() else { break }
        usleep(20_000)
      }
      if let supervisor = supervisor(), try supervisor.signal(SIGTERM) {
        if !supervisor.waitForEnd(seconds: Double(grace) + 3) { try supervisor.signal(SIGKILL) }
        _ = supervisor.waitForEnd(seconds: 5)
      }
    }
    for _ in 0..<50 {
      let left = marked()
      if left.isEmpty {
        guard try supervisorLives() else { return wasAlive }
        usleep(20_000)
        continue
      }
      wasAlive = true
      for process in left { try process.signal(SIGKILL) }
      for process in left { _ = process.waitForEnd(seconds: 1) }
    }
    throw DeployFailure.survives(name, marked())
  }
}
