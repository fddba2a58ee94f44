internal import Deploy
internal import PackCore

/// `packc scale`: several machines of one deployment.
enum ScaleCommand {
  static let definition = CommandDefinition(
    "scale", summary: "run several machines of a deployment", operands: "APP COUNT", count: 2...2,
    details: """
      Replicas are deployments named APP-2, APP-3, …, with the release of APP; each publishes APP's ports, counted on: 8080,
      8081, 8082. Nothing balances between them. After an upgrade of APP the same command brings them to the new release.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    guard let count = Int(invocation.operands[1]), (1...100).contains(count) else {
      throw Failure(
        "wrong_usage", "\"\(invocation.operands[1])\" is no count: expected a number from 1 to 100",
        hint: "packc scale \(invocation.operands[0]) 3", exit: .usage)
    }
    let lines = try deployments.scale(invocation.operands[0], to: count)
    let rows = lines.map { line -> JSONValue in
      ["name": .string(line.name), "action": .string(line.action), "ports": JSONValue(strings: line.ports)]
    }
    try invocation.output.write(["name": .string(invocation.operands[0]), "replicas": .array(rows)]) {
      lines.isEmpty
        ? "\(invocation.operands[0])  unchanged\n"
        : TextTable.lines(lines.map { [$0.name, $0.action, $0.ports.joined(separator: ", ")] })
    }
    return .done
  }
}
