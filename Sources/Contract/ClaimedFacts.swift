internal import PackCore

/// What the pack found in the source. Its word for it, so at most observed; the digests of the files that it names are
/// packc's own.
struct ClaimedFacts {
  let input: ContractDocument.Input
  init(_ input: ContractDocument.Input) { self.input = input }

  func facts(about subject: Digest) -> [ContractFact] {
    input.claims.map { claim in
      ContractFact(
        id: "source.\(claim.kind)", kind: claim.kind, values: claim.values, closed: claim.closed,
        level: claim.level == .proven ? .observed : claim.level, subject: [subject], method: claim.method,
        tool: input.claimant,
        evidence: claim.evidence.map {
          ContractFact.Evidence(path: $0.path.description, line: $0.line, sha256: input.sources[$0.path])
        }, caveats: claim.caveats)
    }
  }
}
