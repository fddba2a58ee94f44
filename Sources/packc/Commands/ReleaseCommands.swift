internal import Deploy
internal import PackCore

/// `packc release list` and `rollback`.
enum ReleaseCommands {
  static let list = CommandDefinition(
    "release list", summary: "show the releases of a deployment", operands: "APP", count: 1...1
  ) { invocation in
    let found = try Deployments(invocation.context).find(invocation.operands[0])
    try invocation.output.write(["name": .string(found.name), "releases": found.releasesJSON]) {
      TextTable.lines(
        [["", "RELEASE", "CREATED", "OUTCOME", "IMAGE", "WHY"]]
          + (found.releasesJSON.array ?? []).map { release in
            [
              release["current"]?.bool == true ? "*" : "", release["number"]?.integer.map { "\($0)" } ?? "",
              release["created"]?.string ?? "", release["outcome"]?.string ?? "–",
              release["image"]?.digest?.short ?? "", release["why"]?.string ?? "",
            ]
          })
    }
    return .done
  }

  static let rollback = CommandDefinition(
    "rollback", summary: "go back to an earlier release", operands: "APP [RELEASE]", count: 1...2,
    flags: [DeployCommand.wait],
    details: "Without RELEASE: the last one before the current one that became ready. `packc release list` shows them."
  ) { invocation in
    let number = try invocation.operands.dropFirst().first.map { text in
      guard let number = Int(text), number > 0 else {
        throw Failure(
          "wrong_usage", "\"\(text)\" is no release: expected a number",
          hint: "`packc release list \(invocation.operands[0])`",
          exit: .usage)
      }
      return number
    }
    let deployments = try Deployments(invocation.context)
    let name = invocation.operands[0]
    let done = try deployments.rollback(name, to: number)
    try ContractReview.wasRolledBack(name, deployments.find(name).spec, invocation.context)
    let json: JSONValue = [
      "name": .string(name), "from": .integer(Int64(done.from)), "to": .integer(Int64(done.to)),
      "release": .integer(Int64(done.release)),
    ]
    func text() -> String { "\(name)  release \(done.release) repeats \(done.to); before it ran \(done.from)\n" }
    guard let seconds = try DeployCommand.seconds(invocation) else {
      try invocation.output.write(json, text: text)
      return .done
    }
    let (outcome, found) = try DeployWait(deployments, reporter: invocation.reporter).wait(
      name, release: done.release, seconds: seconds)
    return try WaitAnswer(outcome: outcome, found: found, release: done.release, seconds: seconds).give(
      invocation, json: json, text: text)
  }
}
