public import PackCore

/// An approval that holds for more than one plan: a contract that differs in this value is not stopped for it until the
/// last day. Whoever can write the file can write grants; they keep a person from being asked twice, and no attacker out.
public struct Grant: Hashable, Sendable {
  /// Of the fact.
  public let fact: String
  /// What has changed, as in `ContractComparison.Change`.
  public let what: String
  /// What was added or removed; nil for a change that lists nothing, such as a list that is not whole any more.
  public let value: String?
  /// The directory of the project's ledger: a copied file grants nothing to another project.
  public let project: String
  public let approver: String
  public let reason: String?
  /// The last day on which it counts (UTC).
  public let until: CalendarDate

  /// Of all that it says; what `packc grants revoke` takes.
  public var id: String { String(Digest(of: CanonicalJSON.encode(stored)).hex.prefix(12)) }

  func counts(on day: CalendarDate) -> Bool { until >= day }

  /// One for each value of a change.
  static func all(
    for change: ContractComparison.Change, project: String, approver: String, reason: String?, until: CalendarDate
  ) -> [Grant] {
    let values: [String?] = change.values.isEmpty ? [nil] : change.values
    return values.map {
      Grant(
        fact: change.id, what: change.what, value: $0, project: project, approver: approver, reason: reason,
        until: until)
    }
  }

  /// The grants that cover all of a change; nil when a value of it has none.
  static func covering(_ change: ContractComparison.Change, among grants: [Grant]) -> [Grant]? {
    let own = grants.filter { $0.fact == change.id && $0.what == change.what }
    let values: [String?] = change.values.isEmpty ? [nil] : change.values
    let found = values.compactMap { value in own.first { $0.value == value } }
    return found.count == values.count ? found : nil
  }

  // MARK: JSON

  var stored: JSONValue {
    JSONValue(compact: [
      "fact": .string(fact), "what": .string(what), "value": value.map(JSONValue.string), "project": .string(project),
      "approver": .string(approver), "reason": reason.map(JSONValue.string), "until": .string(until.description),
    ])
  }

  public var json: JSONValue {
    var object = stored.object ?? [:]
    object["id"] = .string(id)
    return .object(object)
  }

  init(_ reader: JSONReader) throws {
    fact = try reader.required("fact").string()
    what = try reader.required("what").string()
    value = try reader.optional("value")?.string()
    project = try reader.required("project").string()
    approver = try reader.required("approver").string()
    reason = try reader.optional("reason")?.string()
    let day = try reader.required("until")
    guard let until = CalendarDate(try day.string()) else { throw day.failure("no day, such as 2027-01-31") }
    self.until = until
  }

  private init(
    fact: String, what: String, value: String?, project: String, approver: String, reason: String?, until: CalendarDate
  ) {
    self.fact = fact
    self.what = what
    self.value = value
    self.project = project
    self.approver = approver
    self.reason = reason
    self.until = until
  }
}
