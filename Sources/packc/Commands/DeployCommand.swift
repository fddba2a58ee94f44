internal import Deploy
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
      Flag("dry-run", help: "say what would change, and change nothing"),
      Flag("confirm", help: "accept that ports, volumes, variables or the project behind the name change"),
      Flag("yes", short: "y", help: "replace what runs without asking"),
      Flag("no-backup", help: "do not copy the volumes before another release takes them over"),
    ] + BuildFlags.planning + [BuildFlags.kernel, BuildFlags.root],
    details: """
      Builds DIR (default: here) unless nothing changed; or takes an image for machines (oci:.packc/image:NAME-vm,
      oci-archive:FILE, docker://HOST/REPOSITORY:TAG), a bundle, the directory .packc/unikernel of a build, or a static program. Starts its machine with a small supervisor of its own, and returns.
      With --wait it returns when the program is ready, and says of machine, process, health and published address each by
      itself whether it is. A deployment that runs is replaced, and comes back by itself when the new release does not
      become ready.
      Exit codes: 2 drift (see --confirm), 3 not ready in time, 4 the program could not be started.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let target = try DeployTarget.resolve(invocation)
    let name = try DeploymentName(invocation.string("name") ?? target.name)
    var request = DeployRequest(name: name, image: target.image, spec: try target.spec(invocation))
    request.confirms = invocation.has("confirm")
    request.isDryRun = invocation.has("dry-run")
    request.backsUp = !invocation.has("no-backup")
    if invocation.has("yes") {
      request.asks = { _ in true }
    } else if Question.canBeAsked {
      request.asks = { changes in
        Question.ask("\(name) runs, and would be replaced:" + changes.map { "\n  - \($0)" }.joined() + "\nReplace it?")
      }
    }
    // What the image is made of may lie in a directory of its own until it is kept.
    let result = try withExtendedLifetime(target) { try deployments.deploy(request) }
    guard !request.isDryRun, let seconds = try seconds(invocation) else {
      try invocation.output.write(json(result, request, nil, deployments)) { text(result, request) }
      return .done
    }
    let (outcome, found) = try DeployWait(deployments, reporter: invocation.reporter).wait(
      result.name, release: result.release, seconds: seconds)
    return try WaitAnswer(outcome: outcome, found: found, release: result.release, seconds: seconds).give(
      invocation, json: json(result, request, found, deployments)
    ) { text(result, request) }
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

  private static func json(
    _ result: DeployResult, _ request: DeployRequest, _ found: Deployment?, _ deployments: Deployments
  ) -> JSONValue {
    JSONValue(compact: [
      "name": .string(result.name), "action": .string(result.action.rawValue),
      "release": .integer(Int64(result.release)), "operation": result.operation.map(JSONValue.string),
      "dry_run": request.isDryRun ? true : nil, "changes": JSONValue(strings: result.changes),
      "ports": JSONValue(strings: request.spec.publish.map(\.description)),
      "backup": result.backup.map { JSONValue($0) },
      "deployment": found?.json(deployments.state),
    ])
  }

  private static func text(_ result: DeployResult, _ request: DeployRequest) -> String {
    let would = request.isDryRun ? "would be " : ""
    var text = "\(result.name)  \(would)\(result.action.rawValue)  release \(result.release)"
    if let operation = result.operation { text += "  operation \(operation)" }
    text += "\n" + result.changes.map { "  - \($0)\n" }.joined()
    if let backup = result.backup { text += "  backup of its volumes from before: \(backup)\n" }
    if !request.isDryRun { text += "next:  packc status \(result.name)\n       packc logs \(result.name) -f\n" }
    return text
  }
}
