internal import PackCore

/// The packages of a Python program, from its own lock or from packc.lock. Of a package with several wheels, the lock does
/// not say which one is installed, so none of their hashes is given.
enum PythonComponents {
  static func list(_ dependencies: PythonDependencies, _ survey: PythonSurvey) -> [SoftwareComponent] {
    let packages: [PythonPackage]
    let evidence: [String]
    switch dependencies.source {
    case .none, .unresolved: return []
    case .packages(let locked):
      packages = locked
      evidence = [survey.lock?.path ?? "packc.lock"]
    case .hashedFile(let path):
      packages = survey.requirements?.packages ?? []
      evidence = survey.requirements?.files ?? [path]
    }
    var list = ComponentList()
    for package in packages {
      let hashes = package.sha256.count == 1 ? ["SHA-256": package.sha256[0]] : [:]
      list.add(.pypi(package.name, package.version), name: package.name, hashes: hashes, evidence: evidence)
    }
    return list.sorted
  }
}
