internal import Deploy
internal import PackCore
internal import Runner

/// `packc env …`: variables of a deployment that stay when it is deployed again.
enum EnvironmentCommands {
  static let set = CommandDefinition(
    "env set", summary: "set variables of a deployment, for this and further releases", operands: "APP [KEY=VALUE…]",
    count: 1...256, flags: [EnvironmentFlags.file] + ChangeFlags.all,
    details:
      "A further `packc deploy` keeps them, unless it gives them another value (--env). What nobody else may see is a "
      + "secret: `packc secret set`.\n" + ChangeFlags.details
  ) { invocation in
    let name = invocation.operands[0]
    var variables: [String: String] = [:]
    for file in invocation.strings("env-file") {
      variables.merge(try EnvironmentFile.read(invocation.path(file))) { $1 }
    }
    for text in invocation.operands.dropFirst() {
      let (key, value) = try RunRequest.variable(parsing: text)
      variables[key] = value
    }
    guard !variables.isEmpty else {
      throw Failure(
        "wrong_usage", "`packc env set` needs a variable", hint: "packc env set \(name) KEY=VALUE", exit: .usage)
    }
    let wanted = variables
    return try change(name, "env set", invocation) { spec in
      spec.environment.merge(wanted) { $1 }
      spec.managed = Set(spec.managed + wanted.keys).sorted()
    }
  }

  static let unset = CommandDefinition(
    "env unset", summary: "take variables from a deployment", operands: "APP KEY…", count: 2...256,
    flags: ChangeFlags.all, details: "It is drift, and needs --confirm.\n" + ChangeFlags.details
  ) { invocation in
    let (name, keys) = (invocation.operands[0], invocation.operands.dropFirst())
    return try change(name, "env unset", invocation) { spec in
      for key in keys { spec.environment[key] = nil }
      spec.managed.removeAll { keys.contains($0) }
    }
  }

  static let list = CommandDefinition(
    "env list", summary: "show the variables of a deployment", operands: "APP", count: 1...1,
    details: "With their values; of secrets only the names. MANAGED are those that `packc env set` has set."
  ) { invocation in
    let found = try Deployments(invocation.context).find(invocation.operands[0])
    guard let spec = found.spec else { throw found.failure ?? Failure("internal", "a deployment without a release") }
    let rows = spec.environment.sorted { $0.key < $1.key }
    let json: JSONValue = [
      "name": .string(found.name),
      "variables": .array(
        rows.map {
          ["name": .string($0.key), "value": .string($0.value), "managed": .bool(spec.managed.contains($0.key))]
        }),
      "secrets": .array(
        spec.secrets.map { ["variable": .string($0.variable), "secret": .string("\($0.name)")] }),
    ]
    try invocation.output.write(json) {
      rows.isEmpty && spec.secrets.isEmpty
        ? "\(found.name) has no variable; `packc env set \(found.name) KEY=VALUE` sets one\n"
        : TextTable.lines(
          [["NAME", "VALUE", "MANAGED"]]
            + rows.map { [$0.key, DisplayText($0.value).text, spec.managed.contains($0.key) ? "yes" : ""] }
            + spec.secrets.map { [$0.variable, "(the secret \($0.name))", ""] })
    }
    return .done
  }

  private static func change(
    _ name: String, _ why: String, _ invocation: Invocation, _ edit: (inout DeploymentSpec) -> Void
  ) throws -> ExitCode {
    try ChangeFlags.answer(
      try Deployments(invocation.context).change(
        name, why: why, confirms: invocation.has("confirm"), asks: ChangeFlags.asks(name, invocation)
      ) { spec, _ in edit(&spec) }, invocation)
  }
}
