internal import PackCore
internal import Runner

/// The errors of backups and bundles.
enum ParcelFailure {
  static func notOurs(_ path: HostPath) -> Failure {
    Failure(
      "bad_parcel", "\(path) is neither a backup nor a bundle of packc",
      hint: "`packc backup` and `packc bundle` write such files", exit: .badInput)
  }
  static func damaged(_ path: HostPath, _ cause: String) -> Failure {
    Failure(
      "bad_parcel", "\(path) is damaged; nothing was changed", hint: "take another copy of it", exit: .badInput,
      cause: cause)
  }
  static func newer(_ path: HostPath, _ schema: Int64) -> Failure {
    Failure(
      "parcel_newer", "\(path) was written by a newer packc (schema \(schema))", hint: "use that packc",
      exit: .badInput)
  }
  static func isBundle(_ path: HostPath) -> Failure {
    Failure("bad_parcel", "\(path) is a bundle, no backup", hint: "packc deploy \(path)", exit: .badInput)
  }
  static func isBackup(_ path: HostPath) -> Failure {
    Failure("bad_parcel", "\(path) is a backup, no bundle", hint: "packc restore \(path)", exit: .badInput)
  }
  static func exists(_ path: HostPath) -> Failure {
    Failure(
      "output_exists", "\(path) is there already, and stays as it is", hint: "choose another file (-o), or remove it",
      exit: .badInput)
  }
  static func fileDamaged(_ path: HostPath) -> Failure {
    Failure(
      "release_damaged", "\(path) is not what was deployed", hint: "deploy the project again", exit: .badInput)
  }
  static func noBackup(_ name: String, _ error: any Error) -> Failure {
    let failure = error as? Failure
    return Failure(
      "backup_failed", "\(name) has volumes that could not be backed up before the upgrade; it is left as it was",
      hint: failure?.hint ?? "make room, or repeat with --no-backup", exit: failure?.exit ?? .failed,
      cause: failure.map { $0.cause ?? $0.message } ?? "\(error)")
  }
  static func runs(_ name: String) -> Failure {
    Failure(
      "deployment_runs", "\(name) runs, and its volumes change while it does; nothing was written",
      hint: "repeat with --stop (it is started again afterwards), or `packc stop \(name)` first", exit: .tryAgain)
  }
  static func nameTaken(_ name: String) -> Failure {
    Failure(
      "name_taken", "there is a deployment \(name) already; nothing was changed",
      hint: "restore under another name (--name), or `packc destroy \(name)` first", exit: .badInput)
  }
  static func volumeTaken(_ old: VolumeName, _ name: VolumeName) -> Failure {
    Failure(
      "volume_exists", "there is a volume \(name) already; nothing was changed",
      hint: "give the backup's another name (--volume \(old)=NAME), or use the one that is here (--keep-volumes)",
      exit: .badInput)
  }
  static func unknownVolume(_ name: VolumeName, known: [VolumeName]) -> Failure {
    Failure(
      "unknown_volume", "the backup has no volume \(name)",
      hint: known.isEmpty ? "leave out --volume" : "it has \(known.map(\.description).joined(separator: ", "))",
      exit: .usage)
  }
  static func namesFiles(_ files: [HostPath]) -> Failure {
    Failure(
      "names_files",
      "the backup's deployment has files of its host as disks, which it does not hold"
        + files.map { "\n  - \($0)" }.joined(),
      hint: "repeat with --files if the machine may write to those files of this host", exit: .usage)
  }
}
