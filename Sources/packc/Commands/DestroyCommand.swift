internal import Deploy
internal import PackCore
internal import Runner

/// `packc destroy`: ends and removes deployments, and says what became of each thing.
enum DestroyCommand {
  static let definition = CommandDefinition(
    "destroy", summary: "end deployments and remove what belongs to them", operands: "APP…", count: 1...64,
    flags: [
      Flag("volumes", help: "remove their volumes and the data, too"),
      Flag(
        "backup", value: "FILE", mayLackValue: true,
        help: "write a backup first, and remove nothing without it (default: APP.backup.tar)"),
      Flag("yes", short: "y", help: "do not ask before data goes"),
    ],
    details:
      "Volumes stay unless --volumes. Replicas go with what they are of. One that is not there is no error, so that it may be said twice."
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let removesVolumes = invocation.has("volumes")
    if removesVolumes, !invocation.has("yes") { try confirm(invocation.operands, deployments) }
    var rows: [(name: String, lines: [DestroyLine])] = []
    for name in try invocation.operands.flatMap({ try deployments.replicas(of: $0) + [$0] }) {
      let backup = try backup(name, invocation)
      rows.append(
        (name, try deployments.destroy(DeploymentName(name).description, volumes: removesVolumes, backup: backup)))
    }
    let json = JSONValue.array(
      rows.map { row in
        [
          "name": .string(row.name),
          "resources": .array(
            row.lines.map {
              JSONValue(compact: [
                "resource": .string($0.resource), "fate": .string($0.fate.rawValue),
                "detail": $0.detail.map(JSONValue.string),
              ])
            }),
        ]
      })
    try invocation.output.write(["destroyed": json]) {
      rows.map { row in
        row.name + "\n"
          + TextTable.lines(row.lines.map { ["  " + $0.resource, $0.fate.rawValue, $0.detail ?? ""] })
      }.joined()
    }
    return rows.contains { $0.lines.contains { $0.fate == .failed } } ? .failed : .done
  }

  /// Nil when none is asked for. Replicas have nothing of their own to keep.
  private static func backup(_ name: String, _ invocation: Invocation) throws -> HostPath? {
    guard let file = invocation.string("backup"), invocation.operands.contains(name) else { return nil }
    guard file.isEmpty || invocation.operands.count == 1 else {
      throw Failure(
        "wrong_usage", "--backup=\(file): one file cannot take \(invocation.operands.count) deployments",
        hint: "leave out the file: each gets APP.backup.tar", exit: .usage)
    }
    return invocation.path(file.isEmpty ? "\(name).backup.tar" : file)
  }

  private static func confirm(_ names: [String], _ deployments: Deployments) throws {
    let files = try names.flatMap { name in
      try deployments.volumes(of: name).map { "\($0.file)" }
        + deployments.keptVolumes(of: name).map { "the volume \($0)" }
    }
    guard !files.isEmpty else { return }
    guard Question.canBeAsked else {
      throw Failure(
        "needs_answer", "data would be removed: \(files.joined(separator: ", "))",
        hint: "repeat with --yes; nobody is at a terminal to be asked", exit: .usage)
    }
    guard Question.ask("Remove \(files.joined(separator: ", "))?") else {
      throw Failure("declined", "nothing was removed", hint: "leave out --volumes to keep the data")
    }
  }
}
