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

  // MARK: registries

  static func noDestination(built layout: HostPath?) -> Failure {
    let what = layout.map { "oci:\($0) has been built; " } ?? ""
    return Failure(
      "wrong_usage", "\(what)`packc image push` needs to know where to: HOST/REPOSITORY[:TAG]",
      hint: layout == nil
        ? "build the project first, or name an image: `packc image push NAME HOST/REPOSITORY:TAG`"
        : "`packc image push registry.example/team/NAME:TAG`, with your registry in place of registry.example",
      exit: .usage)
  }

  static func noRegistry(_ text: String) -> Failure {
    let guess = text.contains("/") ? "docker.io/\(text)" : "docker.io/library/\(text)"
    return Failure(
      "no_registry", "\"\(text)\" does not say which registry",
      hint: "write HOST/REPOSITORY[:TAG], like registry.example/team/shop:1; Docker Hub's is \(guess)", exit: .usage)
  }

  static func nothingToPush(_ name: String, _ project: HostPath) -> Failure {
    Failure(
      "not_built", "the store has no image \(name), and \(project) has not been built",
      hint: "run `packc build` first, or name the image: `packc image push NAME \(name)`", exit: .badInput)
  }

  static func useCopy() -> Failure {
    Failure(
      "wrong_usage", "`packc image push` sends images of the store, a layout or the project",
      hint: "for registries and archives: `packc image copy FROM TO`", exit: .usage)
  }
}
