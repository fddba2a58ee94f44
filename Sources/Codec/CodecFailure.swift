internal import PackCore

/// What compression can say went wrong.
enum CodecFailure {
  static func level(_ name: String, _ level: Int, _ range: ClosedRange<Int>) -> Failure {
    Failure(
      "compression_level", "\(name) has no level \(level)",
      hint: "choose one from \(range.lowerBound) to \(range.upperBound)", exit: .usage)
  }

  static func memory(_ library: String) -> Failure {
    Failure("out_of_memory", "\(library) could not allocate its memory", exit: .tryAgain)
  }

  static func library(_ library: String, _ text: String) -> Failure {
    Failure("compression_failed", "\(library) failed to compress a block", cause: text)
  }

  // MARK: what others compressed

  /// The stream is not what its format says.
  static func stream(_ format: String, _ text: String) -> Failure {
    Failure("bad_compression", "the \(format) stream is damaged: \(text)", exit: .badInput)
  }

  static func members(_ format: String, _ what: String, _ limit: Int) -> Failure {
    Failure(
      "too_large", "the \(format) stream has more than \(limit) \(what)",
      hint: "it was made to keep its reader busy; ask whoever made it", exit: .badInput)
  }

  static func window(_ window: Int64, limit: Int64) -> Failure {
    Failure(
      "too_large",
      "a zstd frame asks its reader for a window of \(window) bytes (\(window >> 20) MiB); "
        + "the limit is \(limit >> 20) MiB",
      hint: "compress it again without --long or --ultra", exit: .badInput)
  }
}
