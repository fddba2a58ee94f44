internal import Contract
internal import Deploy
internal import Glibc
internal import Images
internal import PackCore

/// `packc review`: what a deployment would change of the contract, and somebody's word on it.
enum ReviewCommand {
  static let definition = CommandDefinition(
    "review", summary: "show what a deployment would change of the contract, and decide", operands: "[APP]",
    count: 0...1,
    flags: [
      Flag("approve", help: "let this plan pass: the next `packc deploy` of it is not stopped"),
      Flag("reject", help: "refuse this plan, also with --confirm"),
      Flag(
        "grant", value: "YYYY-MM-DD", mayLackValue: true,
        help: "with --approve: let the same changes pass again until that day (default: 30 days)"),
      Flag("reason", value: "TEXT", help: "why; it stands beside the decision"),
      Flag("by", value: "NAME", help: "who decides (default: the user's name)"),
    ],
    details: """
      Shows the plan that `packc deploy` was stopped for, or else what the last build here would change of what is deployed
      as APP (default: the project's only deployment, else its name). Exit code 2 while somebody has to decide, and for what was rejected.
      """
  ) { invocation in
    let book = try ContractReview.book(invocation.context.workingDirectory, invocation.context)
    let name = try name(book, invocation)
    let card = try book.planned(name) ?? proposed(name, book, invocation)
    guard let approves = try decision(invocation) else {
      try invocation.output.write(card.json) { card.text }
      return card.state == .pending || card.state == .rejected ? .drift : .done
    }
    let by = try invocation.string("by") ?? ownName()
    let reason = invocation.string("reason")
    var granted: [Grant] = []
    if let until = try until(invocation) {
      granted = try book.grant(card, by: by, reason: reason, until: until)
    }
    try book.decide(card, approves: approves, by: by, reason: reason)
    let decided = try book.planned(name) ?? card
    try invocation.output.write(decided.json) {
      "\(name)  \(approves ? "approved" : "rejected")  \(card.document.digest.short)\n"
        + GrantCommands.lines(granted, book)
        + (approves ? "next:  packc deploy\n" : "")
    }
    return .done
  }

  // MARK: Which plan

  private static func name(_ book: ReviewBook, _ invocation: Invocation) throws -> String {
    if let given = invocation.operands.first { return "\(try DeploymentName(given))" }
    let planned = try book.plannedNames()
    if planned.count == 1 { return planned[0] }
    // What was deployed before its first build has the name of its place.
    let deployed = try Deployments(invocation.context).all().of(project: invocation.context.workingDirectory)
    if planned.isEmpty, deployed.count == 1 { return deployed[0].name }
    guard planned.isEmpty else {
      throw Failure(
        "several_plans", "several plans wait for a review: \(planned.joined(separator: ", "))",
        hint: "packc review \(planned[0])", exit: .usage)
    }
    return "\(try DeploymentName(ProofsCommand.ownName(invocation)))"
  }

  /// What the last build would change.
  private static func proposed(_ name: String, _ book: ReviewBook, _ invocation: Invocation) throws -> ReviewCard {
    let source = try ContractSource(
      ImageFlags.locator(invocation), project: invocation.context.workingDirectory)
    let found = try source.find(nil)
    let deployed = try Deployments(invocation.context).all().first { $0.name == name }
    return try book.card(
      name, found.document, replacing: deployed?.spec?.container, isFirst: deployed?.record == nil)
  }

  // MARK: Flags

  /// Nil: it is only shown.
  private static func decision(_ invocation: Invocation) throws -> Bool? {
    let (approves, rejects) = (invocation.has("approve"), invocation.has("reject"))
    guard !(approves && rejects), approves || !invocation.has("grant") else {
      throw Failure(
        "wrong_usage", approves ? "--approve and --reject exclude each other" : "--grant goes with --approve",
        hint: "see `packc review --help`", exit: .usage)
    }
    return approves ? true : rejects ? false : nil
  }

  private static func until(_ invocation: Invocation) throws -> CalendarDate? {
    guard let text = invocation.string("grant") else { return nil }
    if text.isEmpty { return CalendarDate(daysSince1970: Int64(time(nil)) / 86_400 + 30) }
    guard let day = CalendarDate(text) else {
      throw Failure(
        "wrong_usage", "--grant=\(text): expected a day", hint: "write it as 2027-01-31", exit: .usage)
    }
    return day
  }

  private static func ownName() throws -> String {
    guard let entry = getpwuid(geteuid()) else {
      throw Failure("wrong_usage", "this user has no name", hint: "say who decides: --by NAME", exit: .usage)
    }
    return String(cString: entry.pointee.pw_name)
  }
}
