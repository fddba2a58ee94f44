internal import PackCore
internal import Runner

/// What `packc deploy` asks for when its image has to be built first.
public struct BuildingRequest: Sendable {
  public var name: DeploymentName
  public var call: DeployCall
  public var draft: DeployDraft
  public var confirms = false
  /// See `DeployRequest`.
  public var backsUp = true
  /// Asked before something that runs is to be replaced; nil when nobody can be asked.
  public var asks: (@Sendable (_ changes: [String]) -> Bool)?

  public init(name: DeploymentName, call: DeployCall, draft: DeployDraft) {
    self.name = name
    self.call = call
    self.draft = draft
  }
}

/// Deployments whose image is built first: by a process of its own (`Builder`), while what runs goes on. What can be known
/// before is refused before.
extension Deployments {
  /// Notes what is to be built, starts its builder, and returns.
  public func deploy(_ request: BuildingRequest) throws -> DeployResult {
    if !request.draft.takesImagePorts { _ = try request.draft.spec.healthPort() }
    let result = try locked("\(request.name)", creating: true) { directory in
      let existing = try DeploymentRecord.read(directory)
      do {
        let changes = try existing.map { try foresee(request, $0, directory) } ?? []
        return try begin(request, existing, changes, directory)
      } catch {
        // Nothing has ever been under this name.
        if existing == nil, !FileSystem.exists(directory.build) { try? erase(directory) }
        throw error
      }
    }
    // `creating` always comes to its body.
    guard let result else { throw unknown("\(request.name)") }
    return result
  }

  /// What would change besides the image.
  private func foresee(
    _ request: BuildingRequest, _ existing: DeploymentRecord, _ directory: MachineDirectory
  ) throws -> [String] {
    let old = existing.effective(try ReleaseOutcomes.read(directory)).spec
    var spec = request.draft.spec.keepingManaged(of: old)
    (spec.image, spec.container) = (old.image, old.container)
    if request.draft.takesImagePorts { spec.publish = old.publish }
    let difference = ReleaseChange(spec, image: nil).differences(from: ReleaseChange(old, image: nil))
    if !difference.drift.isEmpty, !request.confirms { throw DeployFailure.drift(existing.name, difference.drift) }
    let changes = difference.drift + difference.other + ["the project is built again"]
    guard try MachineProcesses(directory: directory, id: existing.id).supervisorLives() else { return changes }
    guard let asks = request.asks else { throw DeployFailure.needsAnswer(existing.name, changes) }
    guard asks(changes) else { throw DeployFailure.declined(existing.name) }
    return changes
  }

  private func begin(
    _ request: BuildingRequest, _ existing: DeploymentRecord?, _ changes: [String], _ directory: MachineDirectory
  ) throws -> DeployResult {
    let build = PendingBuild(
      Self.newOperation(), request.call, request.draft, confirms: request.confirms, backsUp: request.backsUp)
    let ports = try FileLock.wait(state.portsLock)
    try withExtendedLifetime(ports) {
      let check = PortCheck(state: state)
      if existing == nil {
        try check.check(request.draft.spec.publish, for: directory.name)
      } else {
        try check.checkOthers(request.draft.spec.publish, for: directory.name)
      }
      // What was asked last is what counts.
      try endBuild(directory)
      try build.write(directory)
    }
    do { try SupervisorLauncher(context: context, state: state).start(build, of: directory.name) } catch {
      try? FileSystem.removeFile(directory.build)
      throw error
    }
    note(
      "deploy", directory.name, id: build.operation,
      ["action": .string(DeployResult.Action.building.rawValue), "changes": JSONValue(strings: changes)])
    return DeployResult(
      action: .building, name: directory.name, release: (existing?.releases.last?.number ?? 0) + 1,
      operation: build.operation, changes: changes)
  }

  // MARK: - Its end

  /// Ends a build that goes on, and forgets it. Under the deployment's lock.
  ///
  /// - Returns: true when it went on.
  @discardableResult
  func endBuild(_ directory: MachineDirectory) throws -> Bool {
    guard FileSystem.exists(directory.build) else { return false }
    let build = try? PendingBuild.read(directory)
    let wasAlive = try MachineProcesses(builderOf: directory, id: build?.id).end(grace: 5, name: directory.name)
    if let build, build.failure == nil {
      note(
        "deploy", directory.name, id: build.operation, ["action": "replaced", "reason": "another operation ended it"])
    }
    try FileSystem.removeFile(directory.build)
    return wasAlive
  }

  /// Ends a build that goes on, and leaves word of it. Under the deployment's lock.
  func stopBuild(_ directory: MachineDirectory) throws -> Bool {
    guard var build = try PendingBuild.read(directory), build.failure == nil else { return false }
    let wasAlive = try MachineProcesses(builderOf: directory, id: build.id).end(grace: 5, name: directory.name)
    build.failure =
      wasAlive
      ? DeployFailure.buildStopped(directory.name, build)
      : DeployFailure.buildKilled(
        directory.name, build, isSameBoot: build.bootID == ProcessIdentity.currentBootID())
    try build.write(directory)
    note("stop", directory.name, id: build.operation, ["ran": .bool(wasAlive), "reason": "its build was stopped"])
    return wasAlive
  }

  /// The last stage of an operation whose image is built.
  func finish(_ build: PendingBuild, _ name: DeploymentName, _ built: Builder.Built) throws {
    try current(build, name) { directory in
      let image = built.image
      try ReleaseStore.checkGuest(image)
      var request = DeployRequest(
        name: name, image: image, spec: try build.draft.complete(image, container: built.container))
      request.review = built.review
      request.confirms = build.confirms
      request.operation = build.operation
      request.backsUp = build.backsUp
      _ = try request.spec.healthPort()
      let existing = try DeploymentRecord.read(directory)
      request.spec = request.spec.keepingManaged(of: try existing?.effective(ReleaseOutcomes.read(directory)).spec)
      let plan = try plan(request, existing)
      guard plan.result.action == .unchanged else {
        _ = try carryOut(plan.result, request, existing, directory)
        return
      }
      try FileSystem.removeFile(directory.build)
      note(
        "deploy", directory.name, id: build.operation,
        [
          "action": .string(DeployResult.Action.unchanged.rawValue), "release": .integer(Int64(plan.result.release)),
          "changes": [],
        ])
    }
  }

  /// The operation came to nothing.
  func fail(_ build: PendingBuild, _ name: DeploymentName, _ failure: Failure) throws {
    // Somebody wants it to end, and says so himself.
    guard !failure.isInterruption else { return }
    try current(build, name, evenWithoutFile: true) { directory in
      if FileSystem.exists(directory.build) {
        var failed = build
        failed.failure = failure
        try failed.write(directory)
      }
      note(
        "deploy", directory.name, id: build.operation,
        ["action": "failed", "reason": .string(failure.message), "error": failure.json])
    }
  }

  /// Runs `body` unless another operation has taken the place of this one.
  private func current(
    _ build: PendingBuild, _ name: DeploymentName, evenWithoutFile: Bool = false,
    _ body: (MachineDirectory) throws -> Void
  ) throws {
    try locked("\(name)", creating: false) { directory in
      let found = try PendingBuild.read(directory)
      guard found.map({ $0.operation == build.operation }) ?? evenWithoutFile else { return }
      try body(directory)
    }
  }

  // MARK: - What became of it

  /// What an operation came to, as the log of operations has it; nil while its build goes on.
  func outcome(of operation: String) -> JSONValue? {
    audit.last(2000).last { $0["id"]?.string == operation && $0["action"]?.string != "building" }
  }
}
