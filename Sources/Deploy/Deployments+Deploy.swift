public import PackCore
internal import Runner

/// What `packc deploy` asks for.
public struct DeployRequest: Sendable {
  public var name: DeploymentName
  public var image: ReleaseStore.Candidate
  /// Its `image` is that of the candidate.
  public var spec: DeploymentSpec
  /// Drift is meant.
  public var confirms = false
  /// Asked before something that runs is replaced; nil when nobody can be asked.
  public var asks: (@Sendable (_ changes: [String]) -> Bool)?
  public var isDryRun = false
  /// Its volumes are copied before another release takes them over.
  public var backsUp = true
  /// Nil where nothing is known of the image's contract.
  public var review: (any DeployReview)?
  /// Of a replica, see `Deployments.scale`.
  var replicaOf: String?
  /// The operation that this is the last stage of, when the image was built for it.
  var operation: String?

  public init(name: DeploymentName, image: ReleaseStore.Candidate, spec: DeploymentSpec) {
    self.name = name
    self.image = image
    self.spec = spec
    self.spec.image = image.digest
  }

  func keepingManaged(of existing: DeploymentRecord?, _ outcomes: ReleaseOutcomes) throws -> DeployRequest {
    var request = self
    request.spec = spec.keepingManaged(of: existing?.effective(outcomes).spec)
    return request
  }
}

/// What a deployment did, or with `isDryRun` would do.
public struct DeployResult: Sendable {
  public enum Action: String, Sendable {
    case created, upgraded, started
    /// It does not run, and will be as asked when it does.
    case changed
    /// The image is being built; one of the others follows.
    case building
    /// It runs already, as asked.
    case unchanged
  }
  public let action: Action
  public let name: String
  public let release: Int
  public let operation: String?
  public let changes: [String]
  /// Of the image's contract; nil when nothing became a release, or nothing is known of it.
  public var opinion: DeployOpinion?
  /// Of the volumes, from before the upgrade.
  public var backup: HostPath?
}

extension Deployments {
  /// Makes the deployment what is asked, and returns as soon as its supervisor works.
  public func deploy(_ request: DeployRequest) throws -> DeployResult {
    _ = try request.spec.healthPort()
    try ReleaseStore.checkGuest(request.image)
    if request.isDryRun {
      let directory = state.machine("\(request.name)")
      let existing = try DeploymentRecord.read(directory)
      return try plan(request.keepingManaged(of: existing, ReleaseOutcomes.read(directory)), existing).result
    }
    let result = try locked("\(request.name)", creating: true) { directory in
      do { return try deploy(request, directory) } catch {
        // Nothing has ever been under this name.
        if !FileSystem.exists(directory.record), !FileSystem.exists(directory.build) { try? erase(directory) }
        throw error
      }
    }
    // `creating` always comes to its body.
    guard let result else { throw unknown("\(request.name)") }
    return result
  }

  private func deploy(_ request: DeployRequest, _ directory: MachineDirectory) throws -> DeployResult {
    let existing = try DeploymentRecord.read(directory)
    let request = try request.keepingManaged(of: existing, ReleaseOutcomes.read(directory))
    let plan = try plan(request, existing)
    if plan.result.action == .upgraded, plan.isAlive {
      guard let asks = request.asks else { throw DeployFailure.needsAnswer("\(request.name)", plan.result.changes) }
      guard asks(plan.result.changes) else { throw DeployFailure.declined("\(request.name)") }
    }
    // What was asked last is what counts.
    try endBuild(directory)
    guard plan.result.action != .unchanged else { return plan.result }
    return try carryOut(plan.result, request, existing, directory)
  }

  func carryOut(
    _ plan: DeployResult, _ request: DeployRequest, _ existing: DeploymentRecord?, _ directory: MachineDirectory
  ) throws -> DeployResult {
    try keepImage(request) {}
    var backup: HostPath?
    if let existing {
      // Before the record names the new release: what is written of a machine that runs stays true.
      try PortCheck(state: state).checkOthers(request.spec.publish, for: existing.name)
      let wasAlive = try end(existing, directory)
      if plan.action == .upgraded, request.backsUp {
        backup = try backUp(existing, before: plan.release, directory, wasAlive: wasAlive)
      }
    }
    let record = try next(plan, request, existing, directory)
    try keepImage(request) { try record.write(directory) }
    if request.operation != nil { try FileSystem.removeFile(directory.build) }
    do {
      try launch(record, directory)
    } catch let failure as Failure {
      // Of a build nobody may be there to hear it: what is left says it.
      try goBack(record, directory, after: failure, mayErase: request.operation == nil)
      throw failure
    }
    // What fell out of the list of releases.
    if existing != nil { _ = try? ReleaseStore(state).collect() }
    let id = note(
      "deploy", record.name, id: request.operation ?? Self.newOperation(),
      [
        "action": .string(plan.action.rawValue), "release": .integer(Int64(record.current)),
        "changes": JSONValue(strings: plan.changes), "contract": plan.opinion?.summary ?? .null,
      ])
    if plan.opinion != nil {
      let outcomes = try ReleaseOutcomes.read(directory)
      try request.review?.wasDeployed(record.name, replacing: existing?.effective(outcomes).spec)
    }
    return DeployResult(
      action: plan.action, name: record.name, release: record.current, operation: id, changes: plan.changes,
      opinion: plan.opinion, backup: backup)
  }

  /// Puts the image into the store of releases; `body` names it before others may remove it as unused.
  private func keepImage(_ request: DeployRequest, _ body: () throws -> Void) throws {
    let lock = try FileLock.wait(state.releasesLock)
    try withExtendedLifetime(lock) {
      try ReleaseStore(state).add(request.image)
      try body()
    }
  }

  private func next(
    _ plan: DeployResult, _ request: DeployRequest, _ existing: DeploymentRecord?, _ directory: MachineDirectory
  ) throws -> DeploymentRecord {
    guard var record = existing else {
      return DeploymentRecord(
        name: "\(request.name)", spec: request.spec, replicaOf: request.replicaOf, now: WallClock.now())
    }
    record.isWanted = true
    guard plan.action == .upgraded else { return record }
    let outcomes = try ReleaseOutcomes.read(directory)
    let effective = record.effective(outcomes).number
    record.add(
      request.spec, why: "deploy", fallback: outcomes[effective] == .ready ? effective : nil, now: WallClock.now())
    return record
  }

  /// A new release whose supervisor could not even begin.
  func goBack(
    _ record: DeploymentRecord, _ directory: MachineDirectory, after failure: Failure, mayErase: Bool = true
  ) throws {
    guard let fallback = record.fallback else {
      if mayErase, record.releases.count == 1, record.current == 1, failure.code == "port_taken" {
        // Nothing has ever run under this name.
        try? erase(directory)
        _ = try? ReleaseStore(state).collect()
      }
      return
    }
    var outcomes = try ReleaseOutcomes.read(directory)
    outcomes.fail(record.current, failure.message)
    try outcomes.write(directory)
    note("fall back", record.name, ["to": .integer(Int64(fallback)), "reason": .string(failure.message)])
    try? launch(record, directory)
  }

  // MARK: - What would change

  func plan(
    _ request: DeployRequest, _ existing: DeploymentRecord?
  ) throws -> (result: DeployResult, isAlive: Bool) {
    let name = "\(request.name)"
    func opinion(_ replaced: DeploymentSpec?) throws -> DeployOpinion? {
      try request.review?.judge(name, replacing: replaced, confirms: request.confirms, keeps: !request.isDryRun)
    }
    guard let existing else {
      return (
        DeployResult(
          action: .created, name: name, release: 1, operation: nil, changes: [], opinion: try opinion(nil)), false
      )
    }
    let outcomes = try ReleaseOutcomes.read(state.machine(name))
    let effective = existing.effective(outcomes)
    let isAlive = try MachineProcesses(directory: state.machine(name), id: existing.id).supervisorLives()
    let old = ReleaseChange(effective.spec, image: try? ReleaseStore.Candidate(state.release(effective.spec.image)))
    let difference = ReleaseChange(request.spec, image: request.image).differences(from: old)
    if !difference.drift.isEmpty, !request.confirms { throw DeployFailure.drift(name, difference.drift) }
    guard request.spec != effective.spec else {
      return (
        DeployResult(
          action: isAlive ? .unchanged : .started, name: name, release: effective.number, operation: nil, changes: []),
        isAlive
      )
    }
    let judged = try opinion(effective.spec)
    return (
      DeployResult(
        action: .upgraded, name: name, release: (existing.releases.last?.number ?? 0) + 1, operation: nil,
        changes: difference.drift + (judged?.changes ?? []) + difference.other, opinion: judged), isAlive
    )
  }
}

extension PortCheck {
  /// Without the ports that the deployment itself may hold now.
  func checkOthers(_ ports: [PublishedPort], for name: String) throws {
    for other in try Deployment.all(state) where other.name != name && other.isAlive {
      for port in ports where other.spec?.publish.contains(where: { Self.collide($0, port) }) ?? false {
        throw DeployFailure.portOfOurs(port, other.name)
      }
    }
  }
}
