internal import PackCore

/// The errors of named volumes.
enum VolumeFailure {
  static func badName(_ text: String) -> Failure {
    Failure(
      "bad_volume_name", "\"\(text.prefix(80))\" is not the name of a volume",
      hint: "names have lower-case letters, digits and dashes, and at most 63 bytes: shop-data", exit: .usage)
  }
  static func badSize(_ bytes: Int64, _ range: ClosedRange<Int64>) -> Failure {
    Failure(
      "bad_volume_size", "a volume of \(bytes) bytes cannot be made",
      hint: "choose from \(range.lowerBound >> 20)Mi to \(range.upperBound >> 40)Ti", exit: .usage)
  }
  static func notMade(_ name: String, in root: HostPath, _ failure: Failure) -> Failure {
    Failure(
      "volume_failed", "the volume \(name) could not be made in \(root)", hint: "is there room on that disk (`df`)?",
      cause: failure.cause ?? failure.message)
  }
  static func exists(_ name: String) -> Failure {
    Failure(
      "volume_exists", "there is a volume \(name) already", hint: "`packc volume show \(name)`, or choose another name",
      exit: .badInput)
  }
  static func unknown(_ name: String, known: [String]) -> Failure {
    Failure(
      "unknown_volume", "there is no volume \"\(name)\"",
      hint: Suggestion.nearest(to: name, in: known).map { "did you mean \($0)?" }
        ?? "make it: `packc volume create \(name) --size 1Gi`", exit: .badInput)
  }
  static func inUse(_ name: String, _ user: String) -> Failure {
    Failure(
      "volume_in_use", "the volume \(name) is in use by \(user)",
      hint: "end that first; two machines cannot share a disk",
      exit: .tryAgain)
  }
  static func named(_ name: String, _ deployments: [String]) -> Failure {
    Failure(
      "volume_in_use", "the volume \(name) belongs to the deployment \(deployments.joined(separator: ", "))",
      hint: "`packc destroy \(deployments[0])` first: it keeps the volume", exit: .tryAgain)
  }
  static func noMount(_ path: RootPath, known: [String]) -> Failure {
    Failure(
      "unknown_volume", "this image has no volume at \(path.absolute)",
      hint: known.isEmpty
        ? "declare it (unik.yaml: run.volumes) and build again" : "it has \(known.joined(separator: ", "))",
      exit: .usage)
  }
  static func unconfirmed(_ names: [String]) -> Failure {
    Failure(
      "not_confirmed", "destroying a volume takes its data: \(names.joined(separator: ", "))",
      hint: "repeat it with --yes", exit: .usage)
  }
}
