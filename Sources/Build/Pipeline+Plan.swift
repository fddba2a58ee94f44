internal import Config
public import PackCore
internal import Packs

/// What `packc plan` answers.
public struct PlanResult: Sendable {
  public let json: JSONValue
  /// Steps and decisions as a person reads them.
  public let text: String
}

extension Pipeline {
  /// Prints what `build` would do. `detectOnly` stops after detection, which runs no toolchain.
  public func plan(detectOnly: Bool, explain: Bool) throws -> PlanResult {
    try located { try $0.planHere(detectOnly: detectOnly, explain: explain) }
  }

  private func planHere(detectOnly: Bool, explain: Bool) throws -> PlanResult {
    let planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    let project = try planning.project()
    let detection = try planning.detect(project)
    let choice: Choice
    do {
      choice = try planning.choose(detection, project)
    } catch {
      // There is no result to print it with.
      if explain { for verdict in detection.verdicts { reporter.note(verdict.text) } }
      throw error
    }
    if detectOnly {
      return PlanResult(json: detection.json, text: (explain ? explained(detection) : "") + heading(choice))
    }
    do {
      return try plan(planning, project, detection, choice, explain: explain)
    } catch var failure as Failure {
      // Detection is an answer of its own: which pack it is stands also where the plan fails.
      failure.details.merge(["pack": choice.pack.json, "reasons": choice.json["reasons"] ?? []]) { own, _ in own }
      throw failure
    }
  }

  private func plan(
    _ planning: Planning, _ project: Planning.Project, _ detection: Detection, _ choice: Choice, explain: Bool
  ) throws -> PlanResult {
    let locked = try LockFile.read(project: request.project)?.packages ?? [:]
    var plan = try planning.plan(choice.pack, project, lock: locked)
    plan.addDeclaredFiles(project.config, try planning.scan())
    guard case .object(var object) = plan.json else { return PlanResult(json: plan.json, text: "") }
    object["decisions"] = .array((choice.decisions + plan.decisions).map(\.json))
    object["pack"] = choice.pack.json
    object["mode"] = .string(request.mode.rawValue)
    let settings = ProgramSettings(plan: plan, declared: project.config?.run)
    object["program"] = settings.json
    if explain { object["detection"] = detection.json }
    return PlanResult(json: .object(object), text: text(choice, plan, settings, explain ? detection : nil))
  }

  private func explained(_ detection: Detection) -> String {
    detection.verdicts.map { $0.text + "\n" }.joined() + "\n"
  }

  private func heading(_ choice: Choice) -> String {
    "pack \(choice.pack.name) \(choice.pack.version)\n"
      + choice.decisions.map { "  \($0.what): \($0.value) ← \($0.source)\n" }.joined()
  }

  private func text(
    _ choice: Choice, _ plan: BuildPlan, _ settings: ProgramSettings, _ detection: Detection?
  ) -> String {
    var out = detection.map(explained) ?? ""
    out += heading(choice)
    out += plan.decisions.map { "  \($0.what): \($0.value) ← \($0.source)\n" }.joined()
    if let missing = plan.unresolved {
      out += "\npackages of \(missing.ecosystem) are not resolved yet; a build (or `packc lock`) first runs\n"
      out += text(missing.step)
    }
    for step in plan.steps { out += "\n" + text(step) }
    out += "\nartifacts\n"
    for artifact in plan.artifacts {
      out +=
        "  \(artifact.path) → \(artifact.destination.absolute)  (\(artifact.role.rawValue), \(artifact.layer.rawValue))\n"
    }
    if plan.entrypoint.isEmpty, let completion = plan.completion {
      return out + "entrypoint\n  known when the steps have run: ${work}/\(completion)\n"
    }
    out += "program\n  $ \(settings.argv.map(ShellWord.quoted).joined(separator: " "))\n"
    out += "  in \(settings.workingDirectory.absolute), ports \(settings.ports.joined(separator: ", "))\n"
    out += settings.environmentList.map { "  \($0)\n" }.joined()
    if !settings.writable.isEmpty { out += "  writes \(settings.writable.map(\.absolute).joined(separator: ", "))\n" }
    return out
  }

  private func text(_ step: BuildStep) -> String {
    var out = "step \(step.id)\(step.network ? " (with network)" : "")\n"
    out += "  $ \(step.argv.map(ShellWord.quoted).joined(separator: " "))\n"
    if !step.workingDirectory.isRoot { out += "  in \(step.workingDirectory)\n" }
    for (name, value) in step.environment.sorted(by: { $0.key < $1.key }) {
      out += "  \(name)=\(ShellWord.quoted(value))\n"
    }
    for (place, shown) in step.mounts.sorted(by: { $0.key < $1.key }) {
      out += "  sees \(shown) at \(place.absolute)\n"
    }
    if !step.outputs.isEmpty { out += "  makes \(step.outputs.map { "${work}/\($0)" }.joined(separator: ", "))\n" }
    return out
  }

  /// Resolves and pins without building; returns the lock.
  public func lock() throws -> JSONValue { try located { try $0.lockHere() } }

  private func lockHere() throws -> JSONValue {
    let planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    let state = try ProjectState(project: request.project, cache: planning.cache)
    try state.acquire(reporter)
    let turn = try BuildTurn(cache: planning.cache, reporter: reporter)
    defer { withExtendedLifetime(turn) {} }
    let scan = try planning.scan()
    let project = try planning.project()
    let choice = try planning.choose(planning.detect(project), project)
    let digests = FileDigests(file: state.digests, trustBefore: Clock.now() - Clock.settled)
    let store = try planning.enterStore()
    let executor = try makeExecutor(planning, state, scan, digests, choice.pack)
    let settled = try withExtendedLifetime(store) {
      try LockStage(planning: planning, project: project, pack: choice.pack, reporter: reporter)
        .settle { try executor.resolve($0) }
    }
    var (lock, _) = try pin(settled, planning, project)
    switch request.runtime {
    case nil: break
    case .host: lock.runtime = []
    case .debian:
      let packages = try withExtendedLifetime(store) {
        try resolveRuntime(planning, project, scan, settled, choice.pack, executor)
      }
      lock.runtime = packages
      reporter.note("the runtime is \(packages.count) packages of Debian")
    }
    _ = try settle(lock, settled.committed, planning)
    return lock.json
  }
}
