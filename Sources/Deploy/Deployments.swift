internal import Glibc
public import PackCore
public import Runner

/// The deployments of this user on this host, and what is done to them: each operation takes the deployment's lock, looks at
/// what is, and leaves something that the next one understands, wherever it is cut off.
public struct Deployments: Sendable {
  public let state: StateDirectory
  let context: HostContext
  let audit: EventLog

  public init(_ context: HostContext) throws {
    self.context = context
    state = try StateDirectory(context)
    audit = EventLog(state.operations)
  }

  public func all() throws -> [Deployment] { try Deployment.all(state) }

  public func find(_ name: String) throws -> Deployment {
    guard (try? DeploymentName(name)) != nil, let found = try Deployment.read(name, state) else { throw unknown(name) }
    return found
  }

  /// The last operations on all deployments, oldest first.
  public func operations(_ count: Int) -> [JSONValue] { audit.last(count) }

  func unknown(_ name: String) -> Failure { DeployFailure.unknown(name, known: (try? state.names()) ?? []) }

  /// What may not be written is the state directory.
  private func inState(_ failure: Failure) -> Failure {
    guard failure.exit == .notPermitted else { return failure }
    var failure = failure
    failure.hint = "make \(state.root) writable, or choose another place for deployments with XDG_STATE_HOME"
    return failure
  }

  /// Runs `body` under the lock of the deployment; nil when there is no directory of it and none is to be made.
  func locked<T>(_ name: String, creating: Bool, _ body: (MachineDirectory) throws -> T) throws -> T? {
    // A name is a directory's: nothing else gets so far.
    let directory = state.machine("\(try DeploymentName(name))")
    while true {
      if creating {
        do {
          try state.create()
          try FileSystem.createDirectory(directory.path, mode: 0o700)
        } catch let failure as Failure { throw inState(failure) }
      } else if try FileSystem.status(directory.path) == nil {
        return nil
      }
      let lock: FileLock
      do { lock = try FileLock.wait(directory.lock) } catch let failure as Failure {
        // It was destroyed while we waited.
        guard !failure.isInterruption, try FileSystem.status(directory.path) == nil else { throw inState(failure) }
        continue
      }
      return try withExtendedLifetime(lock) { try body(directory) }
    }
  }

  /// The record of a deployment that is there, under its lock.
  func record(_ directory: MachineDirectory) throws -> DeploymentRecord {
    if let record = try DeploymentRecord.read(directory) { return record }
    throw try PendingBuild.read(directory).map { DeployFailure.notBuilt(directory.name, $0) } ?? unknown(directory.name)
  }

  /// What an operation is known by.
  static func newOperation() -> String { String((0..<12).map { _ in "0123456789abcdef".randomElement() ?? "0" }) }

  /// An operation for the audit log, with its id: a new one, or that of which this is a later stage.
  @discardableResult
  func note(
    _ operation: String, _ name: String, id: String = newOperation(), _ more: [String: JSONValue] = [:]
  ) -> String {
    audit.add(more.merging(["operation": .string(operation), "name": .string(name), "id": .string(id)]) { $1 })
    return id
  }

  // MARK: - Starting and stopping

  /// What is left of earlier processes is ended, then the supervisor is started. Under the deployment's lock.
  func launch(_ record: DeploymentRecord, _ directory: MachineDirectory) throws {
    let spec = record.effective(try ReleaseOutcomes.read(directory)).spec
    try end(record, directory)
    removeLeftovers(directory)
    let ports = try FileLock.wait(state.portsLock)
    try withExtendedLifetime(ports) {
      try PortCheck(state: state).check(spec.publish, for: record.name)
      try MachineState(.pending, release: record.effective(try ReleaseOutcomes.read(directory)).number).write(directory)
      do {
        try SupervisorLauncher(context: context, state: state).start(record)
      } catch let failure as Failure {
        _ = try? MachineProcesses(directory: directory, id: record.id).end(grace: 0, name: record.name)
        try? MachineState(.failed, release: record.current, reason: failure.message, hint: failure.hint).write(
          directory)
        throw failure
      }
    }
    reviveBalancer(directory)
  }

  /// Files that a killed process was about to rename.
  private func removeLeftovers(_ directory: MachineDirectory) {
    for name in (try? DirectoryWalk.names(in: directory.path)) ?? [] where name.starts(with: Array(".packc.".utf8)) {
      try? FileSystem.removeFile(directory.path / HostPath(bytes: name))
    }
  }

  /// Ends every process of the deployment and leaves a state that says so.
  ///
  /// - Parameter isLast: the directory goes next, so that a full disk is no reason to keep it.
  @discardableResult
  func end(
    _ record: DeploymentRecord, _ directory: MachineDirectory, grace: Int? = nil, isLast: Bool = false
  ) throws -> Bool {
    let release = record.effective(try ReleaseOutcomes.read(directory))
    let wasAlive = try MachineProcesses(directory: directory, id: record.id).end(
      grace: grace ?? release.spec.grace, name: record.name)
    guard let state = try? MachineState.read(directory), !state.phase.isFinal else { return wasAlive }
    // Its supervisor did not get to say it.
    var ended = state
    ended.phase = wasAlive ? .exited : .failed
    ended.isStopped = wasAlive
    ended.reason = wasAlive ? "it was stopped, and had to be killed" : "its supervisor was killed"
    if state.bootID != ProcessIdentity.currentBootID() { ended.reason = "the host was started anew" }
    ended.since = WallClock.now()
    ended.qemu = nil
    ended.nextStart = nil
    ended.readiness.end(ended.reason)
    do { try ended.write(directory) } catch { if !isLast { throw error } }
    return wasAlive
  }

  /// - Returns: true when it ran.
  public func stop(_ name: String, grace: Int? = nil) throws -> Bool {
    let stopped = try locked(name, creating: false) { directory in
      let wasBuilding = try stopBuild(directory)
      if FileSystem.exists(directory.build), try DeploymentRecord.read(directory) == nil { return wasBuilding }
      var record = try record(directory)
      if record.isWanted {
        record.isWanted = false
        try record.write(directory)
      }
      let wasAlive = try end(record, directory, grace: grace) || wasBuilding
      note("stop", name, ["ran": .bool(wasAlive)])
      return wasAlive
    }
    guard let stopped else { throw unknown(name) }
    return stopped
  }

  /// - Returns: false when it ran already.
  public func start(_ name: String) throws -> Bool {
    let started = try locked(name, creating: false) { directory in
      let record = try record(directory)
      if try MachineProcesses(directory: directory, id: record.id).supervisorLives() { return false }
      try want(record, directory)
      try launch(record, directory)
      note("start", name)
      return true
    }
    guard let started else { throw unknown(name) }
    return started
  }

  public func restart(_ name: String) throws {
    let done: Void? = try locked(name, creating: false) { directory in
      let record = try record(directory)
      try want(record, directory)
      try launch(record, directory)
      note("restart", name)
    }
    if done == nil { throw unknown(name) }
  }

  private func want(_ record: DeploymentRecord, _ directory: MachineDirectory) throws {
    guard !record.isWanted else { return }
    var record = record
    record.isWanted = true
    try record.write(directory)
  }
}
