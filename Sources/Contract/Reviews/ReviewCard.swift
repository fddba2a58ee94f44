public import PackCore

/// What a person has to know before an image takes the place of the one that is deployed: its contract, how surely that is
/// known, what the program offers and may do, and what has changed.
public struct ReviewCard: Sendable {
  public enum State: String, Sendable {
    /// Nothing that others rely on is gone.
    case passes
    /// It breaks, and each change has a grant.
    case granted
    /// It breaks, and nobody has decided.
    case pending
    case approved, rejected
  }

  /// Of the deployment.
  public let name: String
  public let document: ContractDocument
  public let baseline: ContractDocument?
  public let comparison: ContractComparison
  public let state: State
  /// That the changes need, whether they were decided otherwise or not.
  public let grants: [Grant]
  let decision: ReviewDecision?

  /// - Parameter grants: those that count today.
  init(
    name: String, document: ContractDocument, baseline: ContractDocument?, grants: [Grant], decision: ReviewDecision?
  ) {
    let comparison = ContractComparison(before: baseline, after: document)
    let covered = comparison.changes.map { ($0, Grant.covering($0, among: grants)) }
    self.name = name
    self.document = document
    self.baseline = baseline
    self.comparison = comparison
    self.decision = decision
    self.grants = covered.flatMap { $0.1 ?? [] }
    state =
      switch decision?.word {
      case .approved: .approved
      case .rejected: .rejected
      default:
        comparison.verdict < .breaking
          ? .passes : covered.contains { $0.0.verdict == .breaking && $0.1 == nil } ? .pending : .granted
      }
  }

  /// Of a long list so much is named: the card has all.
  private static let (mostConcerns, mostValues) = (20, 8)

  /// What breaks or wants a look, a line each, for a question or an error; names only.
  public var concerns: [String] {
    let found = comparison.changes.filter { $0.verdict >= .reviewRequired }
    let lines = found.prefix(Self.mostConcerns).map { change in
      let more = change.values.count > Self.mostValues ? " and \(change.values.count - Self.mostValues) more" : ""
      let values =
        change.values.isEmpty ? "" : ": \(change.values.prefix(Self.mostValues).joined(separator: ", "))\(more)"
      return TerminalText.safe(
        "the contract: \(change.verdict.rawValue): \(change.id) \(change.what)\(values) (\(change.text))")
    }
    let rest = found.count - lines.count
    return lines + (rest > 0 ? ["the contract: \(rest) more (`packc review \(name)`)"] : [])
  }

  /// What the program offers, needs and may do: those of its facts that people look for first.
  private static let surface = [
    "source.routes", "source.ports", "source.egress", "declared.egress", "source.env-required",
    "declared.env.required", "source.env-optional", "source.writes", "source.cache-namespaces", "rootfs.user",
    "rootfs.writable", "rootfs.setuid", "rootfs.file-capabilities", "rootfs.shells", "rootfs.package-managers",
  ]
  private var shown: [ContractFact] {
    Self.surface.compactMap { document[$0] } + document.facts.filter { $0.kind == "syscalls" }
  }

  private func count(_ level: ContractFact.Level) -> Int { document.facts.count { $0.level == level } }

  // MARK: Output

  /// `docs/schema/commands.schema.json`, `review`.
  public var json: JSONValue {
    JSONValue(compact: [
      "name": .string(name), "contract": JSONValue(document.digest),
      "baseline": baseline.map { JSONValue($0.digest) }, "state": .string(state.rawValue),
      "by": decision?.by.map(JSONValue.string), "reason": decision?.reason.map(JSONValue.string),
      "verdict": .string(comparison.verdict.rawValue), "changes": comparison.json["changes"],
      "levels": .object(
        Dictionary(
          uniqueKeysWithValues: ContractFact.Level.allCases.map { ($0.rawValue, .integer(Int64(count($0)))) })),
      "surface": .array(
        shown.map {
          [
            "id": .string($0.id), "level": .string($0.level.rawValue), "closed": $0.closed.json,
            "values": JSONValue(strings: $0.values),
          ]
        }),
      "grants": .array(grants.map { .string($0.id) }),
    ])
  }

  /// For people.
  public var text: String {
    let levels = ContractFact.Level.allCases.reversed().map { "\(count($0)) \($0.rawValue)" }
    return "\(name)\n"
      + TextTable.lines([
        ["contract", "\(document.digest)"], ["baseline", baseline.map { "\($0.digest)" } ?? "nothing was deployed"],
        ["facts", levels.joined(separator: ", ")], ["review", TerminalText.safe(stateText)],
      ]) + ContractText.rows(shown) + comparison.text
  }

  private var stateText: String {
    let who = (decision?.by).map { " by \($0)" } ?? ""
    let why = (decision?.reason).map { ": \($0)" } ?? ""
    return switch state {
    case .passes: "none is needed"
    case .granted: "granted (\(grants.map(\.id).joined(separator: ", ")))"
    case .pending: "somebody has to approve"
    case .approved: "approved\(who)\(why)"
    case .rejected: "rejected\(who)\(why)"
    }
  }
}
