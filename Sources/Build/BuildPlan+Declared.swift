internal import Config
internal import PackCore

extension BuildPlan {
  /// `artifact.files` of unik.yaml, for every pack: what the plan does not place itself comes from the project as it is.
  mutating func addDeclaredFiles(_ config: UnikFile?, _ scan: ProjectScan) {
    for file in config?.artifact.files ?? [] {
      let isDirectory =
        file.sourceIsDirectory || scan.entries.contains { $0.path == file.source && $0.status.kind == .directory }
      var destination = file.destination
      if file.destinationIsDirectory, !isDirectory {
        destination = destination.appending(component: file.source.nameBytes) ?? destination
      }
      if artifacts.contains(where: { [destination, file.destination].contains($0.destination) && $0.role == .data }) {
        continue
      }
      artifacts.append(
        Artifact(path: "${source}/\(file.source)", role: .data, destination: destination, layer: .application))
      decisions.append(Decision(what: "file", value: destination.absolute, source: file.location.description))
    }
  }
}
