internal import PackCore

/// What the author says in `unik.yaml`: level declared, with the line where it stands. A list that was not written is no
/// fact at all; an empty one says "nothing".
struct DeclaredFacts {
  let facts: [ContractFact]

  init(_ input: ContractDocument.Input, _ subject: Digest) {
    guard let declared = input.declared else {
      facts = []
      return
    }
    func list(_ id: String, _ kind: String, _ values: [Located<String>]?) -> [ContractFact] {
      guard let values else { return [] }
      return [
        Self.fact(
          id, kind, values.map(\.value).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, closed: .closed,
          values.map(\.location), subject)
      ]
    }
    var facts =
      list("declared.egress", "egress", declared.egress)
      + list("declared.env-required", "env-vars-required", declared.requiredEnvironment)
      + list("declared.env-optional", "env-vars-optional", declared.optionalEnvironment)
    if !declared.properties.isEmpty {
      facts.append(
        Self.fact(
          "declared.properties", "properties",
          declared.properties.map { "\($0.value.name.rawValue)=\($0.value.holds)" }, closed: .unknown,
          declared.properties.map(\.location), subject))
    }
    self.facts = facts
  }

  private static func fact(
    _ id: String, _ kind: String, _ values: [String], closed: ContractFact.Closure, _ locations: [SourceLocation],
    _ subject: Digest
  ) -> ContractFact {
    .packc(
      id, kind: kind, values, closed: closed, level: .declared, subject: [subject],
      method: "said by the author; not checked against the program",
      evidence: locations.map { ContractFact.Evidence(path: $0.path, line: $0.line) })
  }
}
