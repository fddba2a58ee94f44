internal import PackCore

/// The errors of reviews, each code in one place.
enum ReviewFailure {
  private static func details(_ card: ReviewCard) -> [String: JSONValue] {
    ["changes": JSONValue(strings: card.concerns), "contract": card.json]
  }
  static func broken(_ card: ReviewCard) -> Failure {
    Failure(
      "contract_broken",
      "the contract of \(card.name) breaks what others may rely on" + card.concerns.map { "\n  - \($0)" }.joined(),
      hint: "`packc review \(card.name)` shows it, --approve there lets it pass; --confirm deploys it all the same",
      exit: .drift, details: details(card))
  }
  static func rejected(_ card: ReviewCard) -> Failure {
    Failure(
      "contract_rejected",
      "this contract of \(card.name) was rejected" + ((card.decision?.by).map { " by \($0)" } ?? "")
        + ((card.decision?.reason).map { ": \($0)" } ?? ""),
      hint: "deploy another one; or `packc review \(card.name) --approve`, if it was a mistake", exit: .drift,
      details: details(card))
  }
  static func nothingToGrant(_ name: String) -> Failure {
    Failure(
      "nothing_to_grant", "nothing in the contract of \(name) breaks or wants a look",
      hint: "`packc review \(name)` shows what has changed", exit: .usage)
  }
  static func past(_ day: CalendarDate) -> Failure {
    Failure("wrong_usage", "\(day) is over", hint: "write a day that comes: --grant=YYYY-MM-DD", exit: .usage)
  }
  static func tooMany(_ limit: Int) -> Failure {
    Failure(
      "too_many_grants", "a project has at most \(limit) grants", hint: "`packc grants revoke` takes some away",
      exit: .badInput)
  }
  static func noGrant(_ id: String, count: Int) -> Failure {
    Failure(
      "no_grant", count == 0 ? "there is no grant \(id)" : "\(id) begins the names of \(count) grants",
      hint: "`packc grants` shows what there is; write four digits or more", exit: .badInput)
  }
  static func damaged(_ path: HostPath, _ failure: Failure) -> Failure {
    Failure(
      "bad_review", "\(path) cannot be read: \(failure.message)",
      hint: "put it right, or move it away; nothing is granted or approved then", at: failure.location, exit: .badInput)
  }
}
