internal import Deploy
internal import PackCore
internal import Runner

/// `packc backup` and `restore`.
enum BackupCommands {
  static let backup = CommandDefinition(
    "backup", summary: "write a deployment and its data into one file", operands: "APP", count: 1...1,
    flags: [
      Flag("output", short: "o", value: "FILE", help: "where to (default: APP.backup.tar)"),
      Flag("stop", help: "stop it meanwhile when it runs and has volumes, and start it again"),
    ],
    details: """
      The file holds the deployment's record with the values of its variables, the images of its releases, and the volumes
      that packc keeps; of secrets only the names. Volumes are copied only while nothing writes to them: one that runs is
      refused without --stop. A file that is there is never written over.
      """
  ) { invocation in
    let name = try DeploymentName(invocation.operands[0]).description
    let file = invocation.path(flag: "output") ?? invocation.path("\(name).backup.tar")
    let report = try Deployments(invocation.context).backup(name, to: file, stops: invocation.has("stop"))
    try invocation.output.write(report.json) { text(name, report) }
    return .done
  }

  static let restore = CommandDefinition(
    "restore", summary: "make a deployment from a backup", operands: "FILE", count: 1...1,
    flags: [
      Flag("name", value: "APP", help: "of the deployment (default: as it was called)"),
      Flag("volume", value: "OLD=NEW", repeats: true, help: "another name for a volume of the backup"),
      Flag("keep-volumes", help: "use volumes that are here already as they are"),
      Flag("files", help: "the machine may write to the files of this host that it had as disks"),
    ],
    details: """
      Everything in FILE is checked before anything changes. The deployment does not run yet: `packc start APP`. What a backup
      starts is a program: take it only from whom you would take a program.
      """
  ) { invocation in
    var request = RestoreRequest(file: invocation.path(invocation.operands[0]))
    request.name = try invocation.string("name").map { try DeploymentName($0) }
    for text in invocation.strings("volume") {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw Failure(
          "wrong_usage", "--volume \(text): expected two names", hint: "write it like data=data-2", exit: .usage)
      }
      request.renames[try VolumeName(parts[0])] = try VolumeName(parts[1])
    }
    request.keepsVolumes = invocation.has("keep-volumes")
    request.takesFiles = invocation.has("files")
    let report = try Deployments(invocation.context).restore(request)
    try invocation.output.write(report.json) { text(report) }
    return .done
  }

  static func text(_ name: String, _ report: BackupReport) -> String {
    var text = "\(name)  \(report.file), \(ByteText.text(report.size)), \(report.digest.short)\n"
    let count = report.releases.count
    text += "  releases: \(count)\n"
    for volume in report.volumes { text += "  volume \(volume.name)\n" }
    if !report.secrets.isEmpty {
      text += "  left out: the values of the secrets \(report.secrets.joined(separator: ", "))\n"
    }
    for file in report.leftOut { text += "  left out: \(file), a file of your own\n" }
    if report.wasStopped { text += "  it was stopped meanwhile, and started again\n" }
    return text
  }

  private static func text(_ report: RestoreReport) -> String {
    var text = "\(report.name)  restored  release \(report.release)\n"
    for volume in report.volumes { text += "  volume \(volume): from the backup\n" }
    for volume in report.kept { text += "  volume \(volume): was here already, and is as it was\n" }
    if !report.secrets.isEmpty { text += "  it gets the secrets \(report.secrets.joined(separator: ", "))\n" }
    for secret in report.missingSecrets { text += "  missing: `packc secret set \(secret)`\n" }
    return text + "next:  packc start \(report.name)\n"
  }
}
