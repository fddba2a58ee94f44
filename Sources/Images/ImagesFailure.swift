internal import PackCore

/// What commands on finished images can say went wrong: each code once.
enum ImagesFailure {
  static func noImage(_ name: String, known: [String]) -> Failure {
    let near = Suggestion.nearest(to: name, in: known)
    return Failure(
      "no_such_image", "the store has no image \(name)" + (near.map { "; did you mean \($0)?" } ?? ""),
      hint: "`packc image list` shows what there is; `packc image pull HOST/REPOSITORY:TAG` fetches one",
      exit: .badInput)
  }
}
