internal import PackCore

/// What reading an archive can say went wrong.
enum ArchiveFailure {
  static func memory() -> Failure {
    Failure("out_of_memory", "libarchive could not allocate its memory", exit: .tryAgain)
  }

  /// The archive is not what tar's formats allow; `after` is the member before.
  static func damaged(_ text: String, after path: [UInt8]?) -> Failure {
    let place = path.map { " after \(String(decoding: $0, as: UTF8.self))" } ?? ""
    return Failure("bad_archive", "the archive is damaged\(place): \(text)", exit: .badInput)
  }

  static func trailing() -> Failure {
    Failure(
      "bad_archive", "the archive goes on after its end: another reader could see other files in it", exit: .badInput)
  }
}
