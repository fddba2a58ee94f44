internal import Deploy
internal import PackCore

/// `packc supervise NAME`: the process beside one machine, which `packc deploy` starts; with `--build` the one that makes its
/// image first, with `--balance` the one beside haproxy. They answer on descriptor 3.
enum SuperviseCommand {
  static let definition = CommandDefinition(
    "supervise", summary: "run the machine of a deployment (started by `packc deploy`)", operands: "NAME",
    count: 1...1,
    flags: [
      Flag("build", help: "build its project, and make that its release"),
      Flag("balance", help: "put one port before its replicas"),
    ], isHidden: true
  ) { invocation in
    let name = invocation.operands[0]
    if invocation.has("balance") { return Balancer.run(name, invocation.context, answer: 3) }
    guard invocation.has("build") else { return Supervisor.run(name, invocation.context, answer: 3) }
    return try Builder.run(name, invocation.context, answer: 3) { build in
      let target = try DeployTarget.resolve(.project, SuperviseCommand.call(build.call, invocation))
      return Builder.Built(image: target.image, container: target.container, review: target.review)
    }
  }

  /// The command line whose build this is, as if it were carried out here.
  private static func call(_ call: DeployCall, _ invocation: Invocation) -> Invocation {
    var context = invocation.context
    context.workingDirectory = call.directory
    // Of this process, and not of the project's.
    context.environment[DeploymentRecord.mark] = nil
    return Invocation(
      command: DeployCommand.definition, values: call.flags, operands: call.operands, context: context,
      output: invocation.output, reporter: BuildLog.bounded(invocation.reporter))
  }
}
