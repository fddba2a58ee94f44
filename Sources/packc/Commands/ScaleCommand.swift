internal import Deploy
internal import PackCore

/// `packc scale`: several machines of one deployment.
enum ScaleCommand {
  static let definition = CommandDefinition(
    "scale", summary: "run several machines of a deployment", operands: "APP COUNT", count: 2...2,
    flags: [Flag("balance", value: "[ADDRESS:]PORT", help: "one port before all of them, by haproxy")],
    details: """
      Replicas are deployments named APP-2, APP-3, …, with the release of APP; each publishes APP's ports, counted on: 8080,
      8081, 8082. With --balance haproxy takes connections at PORT and gives them to those replicas that answer; it stays
      until APP is scaled to 1 or destroyed. After an upgrade of APP the same command brings them to the new release.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    guard let count = Int(invocation.operands[1]), (1...100).contains(count) else {
      throw Failure(
        "wrong_usage", "\"\(invocation.operands[1])\" is no count: expected a number from 1 to 100",
        hint: "packc scale \(invocation.operands[0]) 3", exit: .usage)
    }
    let name = invocation.operands[0]
    let place = try invocation.string("balance").map { try HostPort(parsing: $0) }
    guard place == nil || count > 1 else {
      throw Failure("wrong_usage", "--balance needs two machines or more", hint: "packc scale \(name) 3", exit: .usage)
    }
    let (lines, balancer) = try deployments.scale(
      name, to: count, balance: place, reporter: invocation.reporter)
    if balancer?.action == "missing" {
      invocation.reporter.warn(
        "haproxy is not installed: nothing balances between the replicas, each has its own port",
        hint: "apt-get install haproxy, then packc scale \(name) \(count) --balance "
          + (invocation.string("balance") ?? "PORT"))
    }
    let rows = lines.map { line -> JSONValue in
      ["name": .string(line.name), "action": .string(line.action), "ports": JSONValue(strings: line.ports)]
    }
    let document = JSONValue(compact: [
      "name": .string(name), "replicas": .array(rows),
      "balancer": balancer.map {
        JSONValue(compact: ["action": .string($0.action), "address": $0.url.map(JSONValue.string)])
      },
    ])
    try invocation.output.write(document) {
      (lines.isEmpty
        ? "\(name)  unchanged\n"
        : TextTable.lines(lines.map { [$0.name, $0.action, $0.ports.joined(separator: ", ")] }))
        + (balancer.map { "balancer  \($0.action)" + ($0.url.map { "  \($0)" } ?? "") + "\n" }
          ?? (count > 1 ? "next:  packc scale \(name) \(count) --balance PORT puts one port before them\n" : ""))
    }
    return .done
  }
}
