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
}
