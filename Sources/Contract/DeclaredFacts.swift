internal import PackCore

/// What the author wrote in `unik.yaml`. A list that was written is the author's whole list; one that was not is unknown,
/// and no property that was not written is claimed.
struct DeclaredFacts {
  let facts: [ContractFact]

  private static let unchecked = "said by the author; nothing has checked it"

  init(_ declared: ContractDeclaration, _ author: FactAuthor) {
    let lists = [
      ("egress", "egress", declared.egress), ("env.required", "env-required", declared.requiredEnvironment),
      ("env.optional", "env-optional", declared.optionalEnvironment),
    ]
    facts =
      lists.map { name, kind, values in
        author.declared(
          "declared.\(name)", kind: kind, values?.map(\.value) ?? [], closed: values == nil ? .unknown : .closed,
          evidence: values?.map { Self.evidence($0.location) } ?? [],
          caveats: [values == nil ? "unik.yaml does not say" : Self.unchecked])
      }
      + DeclaredProperty.Name.allCases.map { name in
        let property = declared.properties.first { $0.value.name == name }
        return author.declared(
          "declared.property.\(name.rawValue)", kind: "property-\(name.rawValue)",
          property.map { ["\($0.value.holds)"] } ?? [], closed: property == nil ? .unknown : .closed,
          evidence: property.map { [Self.evidence($0.location)] } ?? [],
          caveats: [property == nil ? "unik.yaml does not say" : Self.unchecked])
      }
  }

  /// By the file's name alone: where the project lies must not change the document.
  private static func evidence(_ location: SourceLocation) -> ContractFact.Evidence {
    ContractFact.Evidence(path: HostPath(location.path).name, line: location.line)
  }
}
