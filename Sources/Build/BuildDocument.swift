internal import PackCore

/// `build.json`: the answer of the build, and for every file of the image who put it there.
enum BuildDocument {
  static func json(_ answer: JSONValue, _ root: RootFilesystem, _ plan: BuildPlan, components: [SoftwareComponent])
    -> JSONValue
  {
    guard case .object(var object) = answer else { return answer }
    object["files"] = .array(
      root.entries.filter { !$0.isDirectory }.map {
        ["path": .string($0.path.absolute), "layer": .string($0.layer.rawValue), "origin": .string($0.origin)]
      })
    object["plan"] = plan.json
    // What the pack says that the program is made of.
    object["components"] = .array(components.map(\.json))
    return .object(object)
  }
}
