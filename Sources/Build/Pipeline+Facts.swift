internal import PackCore
internal import Packs

extension Pipeline {
  /// What the chosen pack says of the source, without a build: what `build` writes into the contract as `source.*`.
  public func facts() throws -> PlanResult { try located { try $0.factsHere() } }

  private func factsHere() throws -> PlanResult {
    let planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    let project = try planning.project()
    let choice = try planning.choose(planning.detect(project), project)
    let lock = try LockFile.read(project: request.project)?.packages ?? [:]
    guard choice.pack.manifest.phases.contains(.facts) else {
      reporter.note("the pack \(choice.pack.name) reads nothing off the source (it has no phase facts)")
      return PlanResult(json: ["pack": choice.pack.json, "facts": []], text: "")
    }
    let facts = try planning.packHost.facts(choice.pack, of: project.asked, lock: lock)
      .sorted { $0.kind.utf8.lexicographicallyPrecedes($1.kind.utf8) }
    return PlanResult(
      json: ["pack": choice.pack.json, "facts": .array(facts.map(\.json))], text: facts.map(Self.text).joined())
  }

  /// A list and whether it is whole, then what stands in the way.
  private static func text(_ fact: SourceFact) -> String {
    let whole =
      switch fact.closed {
      case .closed: "all"
      case .open: "and others"
      case .unknown: "perhaps others"
      }
    let values = fact.values.isEmpty ? "  none\n" : fact.values.map { "  \(TerminalText.safe($0))\n" }.joined()
    return "\(fact.kind) (\(whole))\n" + values + fact.caveats.map { "    \(TerminalText.safe($0))\n" }.joined()
  }
}
