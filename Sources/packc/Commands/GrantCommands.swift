internal import Contract
internal import PackCore

/// `packc grants`: approvals that hold for more than one plan.
enum GrantCommands {
  static let list = CommandDefinition(
    "grants", summary: "show which changes of the contract are approved beforehand",
    details: "`packc review --approve --grant` makes them, of the project here."
  ) { invocation in
    let book = try book(invocation)
    let grants = try book.grants()
    try invocation.output.write([
      "grants": .array(grants.map { row($0, book) })
    ]) { grants.isEmpty ? "no grant; `packc review --approve --grant` makes some\n" : lines(grants, book) }
    return .done
  }

  static let revoke = CommandDefinition(
    "grants revoke", summary: "take a grant back", operands: "ID", count: 1...1,
    details: "What was deployed by it stays; the next plan that needs it waits for a review."
  ) { invocation in
    let book = try book(invocation)
    let grant = try book.revoke(invocation.operands[0])
    try invocation.output.write(row(grant, book)) { "revoked  \(lines([grant], book))" }
    return .done
  }

  static func lines(_ grants: [Grant], _ book: ReviewBook) -> String {
    TextTable.lines(
      grants.map { grant in
        [
          grant.id, TerminalText.safe(grant.fact), TerminalText.safe("\(grant.what) \(grant.value ?? "")"),
          book.counts(grant) ? "until \(grant.until)" : "ended \(grant.until)",
          TerminalText.safe("by \(grant.approver)" + (grant.reason.map { ": \($0)" } ?? "")),
        ]
      })
  }

  private static func row(_ grant: Grant, _ book: ReviewBook) -> JSONValue {
    var object = grant.json.object ?? [:]
    object["ended"] = .bool(!book.counts(grant))
    return .object(object)
  }

  private static func book(_ invocation: Invocation) throws -> ReviewBook {
    try ContractReview.book(invocation.context.workingDirectory, invocation.context)
  }
}
