internal import Deploy
internal import PackCore

/// `packc stop`, `start` and `restart`.
enum LifecycleCommands {
  static let stop = CommandDefinition(
    "stop", summary: "end the programs of deployments; they stay deployed", operands: "APP…", count: 1...64,
    flags: [Flag("grace", value: "SECONDS", help: "between the request to end and the end")],
    details: "Returns when nothing of the machine is left. One that does not run is no error."
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let grace = try invocation.number("grace", in: 0...3600).map { Int($0) }
    let rows = try invocation.operands.map { (name: $0, ran: try deployments.stop($0, grace: grace)) }
    try invocation.output.write(
      ["stopped": .array(rows.map { ["name": .string($0.name), "ran": .bool($0.ran)] })]
    ) { rows.map { "\($0.name)  \($0.ran ? "stopped" : "did not run")\n" }.joined() }
    return .done
  }

  static let start = CommandDefinition(
    "start", summary: "start deployments that do not run", operands: "APP…", count: 1...64, flags: [DeployCommand.wait]
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let rows = try invocation.operands.map { (name: $0, began: try deployments.start($0)) }
    return try finish(
      invocation, deployments, ["started": .array(rows.map { ["name": .string($0.name), "began": .bool($0.began)] })]
    ) { rows.map { "\($0.name)  \($0.began ? "started" : "ran already")\n" }.joined() }
  }

  static let restart = CommandDefinition(
    "restart", summary: "end deployments and start them again", operands: "APP…", count: 1...64,
    flags: [DeployCommand.wait]
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    for name in invocation.operands { try deployments.restart(name) }
    return try finish(
      invocation, deployments, ["restarted": .array(invocation.operands.map { ["name": .string($0)] })]
    ) { invocation.operands.map { "\($0)  restarted\n" }.joined() }
  }

  /// With `--wait` the answer comes when the last of them is ready.
  private static func finish(
    _ invocation: Invocation, _ deployments: Deployments, _ json: JSONValue, text: () -> String
  ) throws -> ExitCode {
    guard let seconds = try DeployCommand.seconds(invocation) else {
      try invocation.output.write(json, text: text)
      return .done
    }
    for (index, name) in invocation.operands.enumerated() {
      let release = try deployments.find(name).state.release
      let (outcome, found) = try DeployWait(deployments, reporter: invocation.reporter).wait(
        name, release: release, seconds: seconds)
      let answer = WaitAnswer(outcome: outcome, found: found, release: release, seconds: seconds)
      if index == invocation.operands.count - 1 { return try answer.give(invocation, json: json, text: text) }
      if case .ready = outcome { continue }
      return try answer.give(invocation, json: json, text: text)
    }
    return .done
  }
}
