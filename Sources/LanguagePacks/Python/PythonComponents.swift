internal import PackCore

/// The packages of a Python program, from its own lock or from packc.lock. Of a package with several files, of which the
/// lock does not say which one is installed, no hash is given.
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
      let hash = package.wheel ?? (package.sha256.count == 1 ? package.sha256[0] : nil)
      list.add(
        .pypi(package.name, package.version), name: package.name, hashes: hash.map { ["SHA-256": $0] } ?? [:],
        evidence: evidence)
    }
    return list.sorted
  }
}
