public import PackCore

/// What a policy wants of one fact.
public struct FactDemand: Hashable, Sendable {
  public var id: String
  /// The fact may list nothing but these; nil for anything.
  public var within: [String]?
  /// The list has to be whole.
  public var closed: Bool
  /// At least so sure; nil for any.
  public var level: ContractFact.Level?

  public init(id: String, within: [String]?, closed: Bool, level: ContractFact.Level?) {
    self.id = id
    self.within = within
    self.closed = closed
    self.level = level
  }

  /// Nil when the contract has what is wanted. A fact that is not there satisfies nothing.
  public func problem(in document: ContractDocument) -> String? {
    guard let fact = document[id] else { return "\(id) is not known" }
    if closed, fact.closed != .closed { return "\(id) may list more than is known" }
    let order = ContractFact.Level.allCases
    if let level, let wanted = order.firstIndex(of: level), let found = order.firstIndex(of: fact.level), found < wanted
    {
      return "\(id) is only \(fact.level.rawValue), not \(level.rawValue)"
    }
    guard let within else { return nil }
    let other = fact.values.filter { !within.contains($0) }
    return other.isEmpty ? nil : "\(id) lists \(other.prefix(5).joined(separator: ", "))"
  }
}
