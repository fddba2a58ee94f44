internal import Deploy
internal import PackCore

/// `packc supervise NAME`: the process beside one machine, which `packc deploy` starts. It answers on descriptor 3.
enum SuperviseCommand {
  static let definition = CommandDefinition(
    "supervise", summary: "run the machine of a deployment (started by `packc deploy`)", operands: "NAME",
    count: 1...1, isHidden: true
  ) { invocation in
    Supervisor.run(invocation.operands[0], invocation.context, answer: 3)
  }
}
