internal import Deploy
internal import Kernel
internal import PackCore
internal import Runner

/// `packc deploy`: from a project to a machine that runs without a terminal.
enum DeployCommand {
  static let definition = CommandDefinition(
    "deploy", summary: "build a project and run it as a machine that stays", operands: "[DIR|IMAGE|BUNDLE|BINARY]",
    count: 0...1,
    flags: [
      Flag("name", value: "APP", help: "of the deployment (default: the project's name)"),
      wait,
      Flag("no-wait", help: "return as soon as the machine is being started (the default)"),
    ] + MachineFlags.all + [
      Flag(
        "restart", value: "never|on-failure|always", help: "when the program ended (default: unik.yaml, else never)"),
      Flag("health", value: "http:[PORT]/PATH|tcp[:PORT]", help: "what is asked to know that it works"),
      Flag("grace", value: "SECONDS", help: "between the request to end and the end (default: 10)"),
      Flag("dry-run", help: "build, say what would change, and change nothing that runs"),
      Flag("confirm", help: "accept that ports, volumes, variables, the project or the contract change"),
      Flag("yes", short: "y", help: "replace what runs without asking"),
      Flag("no-backup", help: "do not copy the volumes before another release takes them over"),
    ] + BuildFlags.planning + [BuildFlags.kernel, BuildFlags.root],
    details: """
      Builds DIR (default: here) unless nothing changed: then it returns at once, and the build is the first stage of the
      operation, in a process of its own (`packc logs APP -f` shows it); what runs goes on until it is built. Or takes an image for machines (oci:.packc/image:NAME-vm,
      oci-archive:FILE, docker://HOST/REPOSITORY:TAG), a bundle, the directory .packc/unikernel of a build, or a static program. Starts its machine with a small supervisor of its own, and returns.
      With --wait it returns when the program is ready, and says of machine, process, health and published address each by
      itself whether it is. A deployment that runs is replaced, and comes back by itself when the new release does not
      become ready. What breaks the contract of what is deployed waits for `packc review`.
      Exit codes: 2 drift (see --confirm) or a broken contract, 3 not ready in time, 4 the program could not be started.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let argument = try DeployTarget.argument(invocation)
    guard case .project = argument else {
      return try deploy(try DeployTarget.resolve(argument, invocation), nil, invocation, deployments)
    }
    let project = try ProjectBuild(invocation)
    let name = try invocation.string("name") ?? project.name(among: deployments.all())
    if let target = try project.built ?? (invocation.has("dry-run") ? project.build() : nil) {
      return try deploy(target, name, invocation, deployments)
    }
    return try build(project, DeploymentName(name), invocation, deployments)
  }

  /// Of an image that is there.
  private static func deploy(
    _ target: DeployTarget, _ name: String?, _ invocation: Invocation, _ deployments: Deployments
  ) throws -> ExitCode {
    let name = try DeploymentName(invocation.string("name") ?? name ?? target.name)
    var request = DeployRequest(name: name, image: target.image, spec: try target.spec(invocation))
    request.confirms = invocation.has("confirm")
    request.isDryRun = invocation.has("dry-run")
    request.backsUp = !invocation.has("no-backup")
    request.asks = asks(name, invocation)
    request.review = target.review
    // What the image is made of may lie in a directory of its own until it is kept.
    let result = try withExtendedLifetime(target) { try deployments.deploy(request) }
    let answer = Answer(result: result, ports: request.spec.publish, isDryRun: request.isDryRun)
    if !request.isDryRun { warn(of: request.spec.memoryVolumes(of: target.image.machine), invocation) }
    guard !request.isDryRun, let seconds = try seconds(invocation) else {
      try invocation.output.write(answer.json(nil, deployments)) { answer.text }
      return .done
    }
    return try wait(answer, seconds, of: seconds, invocation, deployments)
  }

  private static func warn(of volumes: [GuestVolume], _ invocation: Invocation) {
    for volume in volumes {
      invocation.reporter.note(
        "the volume \(volume.name) (\(volume.mount.absolute)) lies in memory and ends with the machine; "
          + "`packc volume create` and --volume NAME:\(volume.mount.absolute) keep it")
    }
  }

  /// Of a project that has to be built first, by a process of its own.
  private static func build(
    _ project: ProjectBuild, _ name: DeploymentName, _ invocation: Invocation, _ deployments: Deployments
  ) throws -> ExitCode {
    let own = Set((BuildFlags.planning + [BuildFlags.kernel, BuildFlags.root]).map(\.name))
    let call = DeployCall(
      directory: invocation.context.workingDirectory, operands: invocation.operands,
      flags: invocation.values.filter { own.contains($0.key) })
    let draft = try project.draft(invocation)
    var request = BuildingRequest(name: name, call: call, draft: draft)
    request.confirms = invocation.has("confirm")
    request.backsUp = !invocation.has("no-backup")
    request.asks = asks(name, invocation)
    let seconds = try seconds(invocation)
    let begun = Answer(result: try deployments.deploy(request), ports: draft.spec.publish, isDryRun: false)
    guard let seconds else {
      try invocation.output.write(begun.json(nil, deployments)) { begun.text }
      return .done
    }
    let began = HostContext.monotonicClock()
    let waiting = DeployWait(deployments, reporter: invocation.reporter)
    let result: DeployResult?
    do { result = try waiting.waitForBuild(begun.result, seconds: seconds) } catch var failure as Failure {
      guard !failure.isInterruption, let found = try? deployments.find("\(name)") else { throw failure }
      failure.details["deployment"] = found.json(deployments.state)
      failure.message += "\n" + WaitAnswer.checks(found, isShort: true).dropLast()
      throw failure
    }
    let found = try deployments.find("\(name)")
    if result != nil { warn(of: found.memoryVolumes(deployments.state), invocation) }
    guard let result else {
      return try WaitAnswer(outcome: .timedOut, found: found, release: begun.result.release, seconds: seconds).give(
        invocation, json: begun.json(found, deployments)
      ) { begun.text }
    }
    let answer = Answer(result: result, ports: found.spec?.publish ?? [], isDryRun: false)
    let rest = max(0, seconds - Double(HostContext.monotonicClock() - began) / 1e9)
    return try wait(answer, rest, of: seconds, invocation, deployments)
  }

  private static func wait(
    _ answer: Answer, _ rest: Double, of seconds: Double, _ invocation: Invocation, _ deployments: Deployments
  ) throws -> ExitCode {
    let (outcome, found) = try DeployWait(deployments, reporter: invocation.reporter).wait(
      answer.result.name, release: answer.result.release, seconds: rest)
    return try WaitAnswer(outcome: outcome, found: found, release: answer.result.release, seconds: seconds).give(
      invocation, json: answer.json(found, deployments)
    ) { answer.text }
  }

  private static func asks(_ name: DeploymentName, _ invocation: Invocation) -> (@Sendable ([String]) -> Bool)? {
    if invocation.has("yes") { return { _ in true } }
    guard Question.canBeAsked else { return nil }
    return { changes in
      Question.ask("\(name) runs, and would be replaced:" + changes.map { "\n  - \($0)" }.joined() + "\nReplace it?")
    }
  }

  static let wait = Flag(
    "wait", value: "SECONDS", mayLackValue: true, help: "until it is ready (120 seconds unless said)")

  /// Nil: it is not waited for.
  static func seconds(_ invocation: Invocation) throws -> Double? {
    guard let text = invocation.string("wait") else { return nil }
    if invocation.has("no-wait") {
      throw Failure("wrong_usage", "--wait and --no-wait exclude each other", exit: .usage)
    }
    return text.isEmpty ? 120 : try invocation.number("wait", in: 0...86_400)
  }

  /// What was done, as it is said.
  private struct Answer {
    let result: DeployResult
    let ports: [PublishedPort]
    let isDryRun: Bool

    func json(_ found: Deployment?, _ deployments: Deployments) -> JSONValue {
      JSONValue(compact: [
        "name": .string(result.name), "action": .string(result.action.rawValue),
        "release": .integer(Int64(result.release)), "operation": result.operation.map(JSONValue.string),
        "dry_run": isDryRun ? true : nil, "changes": JSONValue(strings: result.changes),
        "ports": JSONValue(strings: ports.map(\.description)),
        "contract": result.opinion?.card, "backup": result.backup.map { JSONValue($0) },
        "deployment": found?.json(deployments.state),
      ])
    }

    var text: String {
      let would = isDryRun ? "would be " : ""
      var text = "\(result.name)  \(would)\(result.action.rawValue)  release \(result.release)"
      if let operation = result.operation { text += "  operation \(operation)" }
      text += "\n" + result.changes.map { "  - \($0)\n" }.joined()
      if let opinion = result.opinion { text += opinion.text.split(separator: "\n").map { "  \($0)\n" }.joined() }
      if let backup = result.backup { text += "  backup of its volumes from before: \(backup)\n" }
      if !isDryRun { text += "next:  packc status \(result.name)\n       packc logs \(result.name) -f\n" }
      return text
    }
  }
}
