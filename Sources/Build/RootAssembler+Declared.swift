internal import Config
internal import PackCore

extension RootAssembler {
  /// `artifact.modes` and `artifact.capabilities` of unik.yaml, each for a path that is in the image.
  func applyDeclared(to root: inout RootFilesystem) throws {
    guard let declared else { return }
    for (path, mode) in declared.modes.sorted(by: { $0.key < $1.key })
    where try !root.declare(mode: mode.value, of: path) {
      throw BuildFailure.nothingToDeclare("artifact.modes", path, mode.location, "file or directory")
    }
    for (path, capabilities) in declared.capabilities.sorted(by: { $0.key < $1.key })
    where try !root.declare(capabilities.value, of: path) {
      throw BuildFailure.nothingToDeclare("artifact.capabilities", path, capabilities.location, "regular file")
    }
  }

  /// Paths of the image that are one file in what a step made, as `make install` leaves a program of many names. Only
  /// there: a step runs in the same way everywhere, while in the project and on the host it is chance whether two equal
  /// files are one (version control keeps no hard links, package managers link into caches where they can).
  func linkedOutputs(_ root: RootFilesystem) -> [[RootPath]] {
    let outputs = Set(plan.artifacts.map(\.path).filter { $0.hasPrefix("${work}") }.map { "artifact:\($0)" })
    return root.sameFiles { outputs.contains($0.origin) }
  }
}
