internal import Contract
public import OCI
public import PackCore

extension Verification {
  /// Compares contract, SBOM and provenance in a build's output directory with the statements beside its image, byte for
  /// byte. What is not there is not judged.
  ///
  /// - Parameter output: the directory, `.packc`.
  public mutating func compare(output: HostPath, with source: any ImageSource) throws {
    let statements = try SignatureReader(source).statements(of: root.digest)
    let files = [
      ("contract.json", Statement.Predicate.facts), ("sbom.cdx.json", Statement.Predicate.cycloneDX),
      ("provenance.json", Statement.Predicate.provenance),
    ]
    for (name, type) in files {
      let file = output / HostPath(name)
      guard let bytes = try FileSystem.readIfPresent(file, limit: ContractDocument.sizeLimit) else { continue }
      let stated = try statements.filter { $0.predicateType == type }.map { statement in
        try ContractDocument(statement, name: source.name)?.json ?? statement.predicate
      }
      guard !stated.contains(where: { CanonicalJSON.encodePretty($0) == bytes }) else { continue }
      findings.append(
        Finding(
          severity: .error, code: "changed_file", place: file.description,
          message: "\(file) is not what the build said of this image"))
    }
  }
}
