internal import Deploy
internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// `packc status`, `list`, `show` and `exists`: what there is, and what is to be done next.
enum StatusCommand {
  private static let choosing = [
    Flag("state", value: "STATE", repeats: true, help: "only those in this state"),
    Flag("sort", value: "name|state|started", help: "in which order (default: name)"),
    ResultFormat.flag,
    Flag("watch", help: "go on, and show every change"),
  ]

  static let status = CommandDefinition(
    "status", summary: "show deployments and recent operations", operands: "[APP…]", count: 0...64,
    flags: choosing,
    details: """
      With --json also what each machine takes of this host: processor time, memory, time to boot, size of the image. With
      --watch a terminal is drawn anew at each change; anything else gets one document after the other.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    return try show(invocation) {
      let chosen = try choose(deployments, invocation)
      let operations = deployments.operations(invocation.operands.isEmpty ? 5 : 200).filter {
        invocation.operands.isEmpty || invocation.operands.contains($0["name"]?.string ?? "")
      }.suffix(5)
      let json: JSONValue = [
        "machines": .array(chosen.map { $0.json(deployments.state) }), "operations": .array(Array(operations)),
      ]
      return (json, text(chosen, operations))
    }
  }

  static let list = CommandDefinition("list", summary: "show the deployments", flags: choosing) { invocation in
    let deployments = try Deployments(invocation.context)
    return try show(invocation) {
      let chosen = try choose(deployments, invocation)
      return (["machines": .array(chosen.map { $0.json(deployments.state) })], table(chosen))
    }
  }

  /// Once, or with `--watch` whenever something else is to be shown.
  private static func show(
    _ invocation: Invocation, _ look: () throws -> (json: JSONValue, text: String)
  ) throws -> ExitCode {
    let format = try ResultFormat(invocation)
    let redraws = invocation.context.standardOutputIsTerminal && format == .table
    var shown: JSONValue?
    repeat {
      let (json, text) = try look()
      // A table has no figures that change all the time.
      let key = format == .table ? .string(text) : withoutMetering(json)
      if key != shown {
        let clears = shown != nil && redraws
        try StandardOutput.write((clears ? Array("\u{1b}[H\u{1b}[2J".utf8) : []) + format.bytes(json) { text })
        shown = key
      }
      if invocation.has("watch") { usleep(500_000) }
    } while invocation.has("watch") && Interruption.signal == nil
    return Interruption.signal.map(ExitCode.signal) ?? .done
  }

  private static func withoutMetering(_ json: JSONValue) -> JSONValue {
    guard var object = json.object, let machines = json["machines"]?.array else { return json }
    object["machines"] = .array(
      machines.map { machine in .object((machine.object ?? [:]).filter { $0.key != "metering" }) })
    return .object(object)
  }

  static let show = CommandDefinition(
    "show", summary: "show one deployment, and what can be done next", operands: "APP", count: 1...1
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let found = try deployments.find(invocation.operands[0])
    var json = found.json(deployments.state).object ?? [:]
    json["releases"] = found.releasesJSON
    try invocation.output.write(.object(json)) { description(found, deployments.state) }
    return .done
  }

  static let exists = CommandDefinition(
    "exists", summary: "print true or false", operands: "APP", count: 1...1,
    details: "Exit code 0 for both: the answer is on standard output."
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let name = try DeploymentName(invocation.operands[0]).description
    let isThere = try Deployment.read(name, deployments.state) != nil
    try invocation.output.write(["exists": .bool(isThere)]) { "\(isThere)\n" }
    return .done
  }

  // MARK: - Choosing

  private static func choose(_ deployments: Deployments, _ invocation: Invocation) throws -> [Deployment] {
    var chosen =
      try invocation.operands.isEmpty ? deployments.all() : invocation.operands.map { try deployments.find($0) }
    let states = try invocation.strings("state").map { text in
      guard let phase = MachinePhase(rawValue: text) else {
        let known = MachinePhase.allCases.map(\.rawValue)
        throw Failure(
          "wrong_usage", "--state \(text): expected one of \(known.joined(separator: ", "))",
          hint: Suggestion.nearest(to: text, in: known).map { "did you mean \($0)?" }, exit: .usage)
      }
      return phase
    }
    if !states.isEmpty { chosen = chosen.filter { states.contains($0.state.phase) } }
    switch invocation.string("sort") ?? "name" {
    case "name": return chosen
    case "state": return chosen.sorted { ($0.state.phase.rawValue, $0.name) < ($1.state.phase.rawValue, $1.name) }
    case "started": return chosen.sorted { ($0.state.started ?? 0, $0.name) < ($1.state.started ?? 0, $1.name) }
    case let other:
      throw Failure("wrong_usage", "--sort \(other): expected name, state or started", exit: .usage)
    }
  }

  // MARK: - Text

  private static func text(_ chosen: [Deployment], _ operations: ArraySlice<JSONValue>) -> String {
    var text = table(chosen)
    for found in chosen where [.failed, .broken, .unhealthy].contains(found.state.phase) {
      text += "\n\(found.name): \(found.state.reason ?? found.state.phase.rawValue)\n"
      if let next = found.nextStep { text += "  next: \(next)\n" }
    }
    for found in chosen {
      guard let fallBack = found.fallBack else { continue }
      text += "\n\(found.name): \(fallBack.text)\n  next: \(fallBack.next)\n"
    }
    for found in chosen where !found.showsBuild {
      guard let build = found.build else { continue }
      text += "\n\(found.name): \(buildText(build))\n  next: packc logs \(found.name) --build\n"
    }
    for found in chosen {
      guard let balancer = found.balancer else { continue }
      text +=
        "\n\(found.name): \(balancer.url) leads to \(balancer.balance.servers.map(\.name).joined(separator: ", ")): "
        + balancer.phase.rawValue + (balancer.reason.map { " (\($0))" } ?? "") + "\n"
      if let next = balancer.nextStep(found.name) { text += "  next: \(next)\n" }
    }
    if !operations.isEmpty {
      text += "\nrecent operations\n"
      text += TextTable.lines(
        operations.map { operation in
          [
            "  " + (operation["time"]?.integer.map(WallClock.text) ?? ""), operation["operation"]?.string ?? "",
            operation["name"]?.string ?? "", operation["reason"]?.string ?? operation["action"]?.string ?? "",
          ]
        })
    }
    return text
  }

  private static func table(_ chosen: [Deployment]) -> String {
    guard !chosen.isEmpty else { return "no deployments; `packc deploy` makes one\n" }
    let heading = ["NAME", "STATE", "HEALTH", "RELEASE", "RESTARTS", "SINCE", "ADDRESS"]
    return TextTable.lines(
      [heading]
        + chosen.map { found in
          [
            found.name, found.state.phase.rawValue + (found.state.phase == .exited ? " (\(ending(found)))" : ""),
            found.state.readiness.health.result == .none ? "–" : found.state.readiness.health.result.rawValue,
            String(found.state.release), String(found.state.restarts), WallClock.text(found.state.since),
            found.address ?? "–",
          ]
        })
  }

  /// Of an upgrade, beside what runs.
  private static func buildText(_ build: PendingBuild) -> String {
    guard let failure = build.failure else { return "its next release is being built (operation \(build.operation))" }
    let fate = failure.exit == .drift ? "was built and not deployed" : "was not built"
    return "its next release \(fate) (operation \(build.operation)), exit code \(failure.exit.rawValue): "
      + failure.message + (failure.hint.map { "\n  next: \($0)" } ?? "")
  }

  private static func ending(_ found: Deployment) -> String {
    found.state.isStopped ? "stopped" : found.endText ?? "unknown"
  }

  /// Where its program may connect to.
  static func egress(_ declared: [String]?) -> String {
    guard let declared else { return "anywhere (unik.yaml: contract.egress says nothing)" }
    return declared.isEmpty ? "nowhere" : declared.joined(separator: ", ") + "; nothing else is reachable"
  }

  private static func description(_ found: Deployment, _ state: StateDirectory) -> String {
    var rows = [["name", found.name], ["state", found.state.phase.rawValue]]
    if let reason = found.state.reason { rows.append(["reason", reason]) }
    if let end = found.endText { rows.append(["end", end]) }
    rows.append(["since", WallClock.text(found.state.since)])
    for (name, check) in found.checks {
      rows.append([name, check.result.rawValue + (check.detail.map { " (\($0))" } ?? "")])
    }
    if let build = found.build {
      rows.append(["operation", build.operation])
      if let failure = build.failure { rows.append(["exit code", "\(failure.exit.rawValue)"]) }
    }
    if let spec = found.spec {
      if let release = found.release { rows.append(["image", "\(release.spec.image)"]) }
      if let source = spec.source { rows.append(["project", source]) }
      for port in spec.publish { rows.append(["port", "\(port)"]) }
      for volume in spec.volumes { rows.append(["volume", "\(volume.name) = \(volume.file)"]) }
      for volume in found.memoryVolumes(state) {
        rows.append(["volume", "\(volume.mount.absolute) (in memory: it ends with the machine)"])
      }
      for name in spec.environment.keys.sorted() { rows.append(["variable", name]) }
      rows.append(["restart", spec.restart.rawValue])
    }
    if let machine = found.machine(state) { rows.append(["egress", egress(machine.egress)]) }
    rows.append(["release", "\(found.state.release) of \(found.record?.releases.count ?? 0)"])
    if let fallBack = found.fallBack { rows.append(["fell back", fallBack.text]) }
    if let balancer = found.balancer {
      rows.append([
        "balancer", "\(balancer.url) \(balancer.phase.rawValue)" + (balancer.reason.map { " (\($0))" } ?? ""),
      ])
    }
    if let next = found.nextStep { rows.append(["next", next]) }
    return TextTable.lines(rows)
  }
}
