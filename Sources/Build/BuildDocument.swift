internal import PackCore

/// `build.json`: the answer of the build, for every file of the image who put it there, and when what was done.
enum BuildDocument {
  static func json(
    _ answer: JSONValue, _ root: RootFilesystem, _ plan: BuildPlan, components: [SoftwareComponent],
    owners: OwnerRules, times: StepTimes, sandbox: String
  ) -> JSONValue {
    guard case .object(var object) = answer else { return answer }
    object["files"] = .array(
      root.entries.filter { !$0.isDirectory }.map {
        ["path": .string($0.path.absolute), "layer": .string($0.layer.rawValue), "origin": .string($0.origin)]
      })
    object["plan"] = plan.json
    // What stood around packs and steps: `bubblewrap`, `landlock` or `none`.
    object["sandbox"] = .string(sandbox)
    // What the pack says that the program is made of.
    object["components"] = .array(components.map(\.json))
    // Packages of the host and of packc that files came from; the image's own files say the rest.
    object["owners"] = owners.json
    object["timeline"] = times.json
    return .object(object)
  }
}
