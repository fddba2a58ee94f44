public import PackCore

/// What has changed between two contracts, and what that means for those who rely on the first.
public struct ContractComparison: Sendable {
  /// One change that counts.
  public struct Change: Hashable, Sendable {
    public let verdict: Verdict
    /// Of the fact.
    public let id: String
    /// `added`, `removed`, `opened`, `level`, `lost`, `weaker`, `analyser`.
    public let what: String
    /// Names only: what the fact lists.
    public let values: [String]
    public let text: String

    public var json: JSONValue {
      [
        "verdict": .string(verdict.rawValue), "id": .string(id), "what": .string(what),
        "values": JSONValue(strings: values), "text": .string(text),
      ]
    }
  }

  /// The most serious first, then by id.
  public let changes: [Change]
  /// The most serious of the changes.
  public let verdict: Verdict

  /// - Parameter before: nil when there is nothing to compare with.
  public init(before: ContractDocument?, after: ContractDocument) {
    guard let before else {
      changes = []
      verdict = .none
      return
    }
    let old = Dictionary(before.facts.map { ($0.id, $0) }) { first, _ in first }
    let new = Dictionary(after.facts.map { ($0.id, $0) }) { first, _ in first }
    var changes: [Change] = []
    for id in Set(old.keys).union(new.keys) {
      switch (old[id], new[id]) {
      case (let a?, let b?): changes += Self.changes(a, b)
      case (let a?, nil): changes += Self.gone(a)
      case (nil, let b?): changes += Self.fresh(b)
      case (nil, nil): break
      }
    }
    if before.mode != after.mode {
      changes.append(
        Change(
          verdict: .incomparable, id: "build.mode", what: "mode", values: [after.mode.rawValue],
          text: "\(before.mode.rawValue) became \(after.mode.rawValue)"))
    }
    self.changes = changes.sorted {
      $0.verdict != $1.verdict
        ? $0.verdict > $1.verdict
        : ($0.id, $0.what).0.utf8.lexicographicallyPrecedes($1.id.utf8)
          || ($0.id == $1.id && $0.what < $1.what)
    }
    verdict = self.changes.first?.verdict ?? .safe
  }

  // MARK: One fact

  /// A fact that was there is there no more: as if it listed nothing, and nobody knew whether that is all.
  private static func gone(_ fact: ContractFact) -> [Change] {
    switch FactRule(kind: fact.kind) {
    case .offered where !fact.values.isEmpty:
      [Change(verdict: .breaking, id: fact.id, what: "removed", values: fact.values, text: "it is not known any more")]
    case .property where fact.values == ["true"]:
      [Change(verdict: .breaking, id: fact.id, what: "lost", values: [], text: "the property is not claimed any more")]
    default: []
    }
  }

  private static func fresh(_ fact: ContractFact) -> [Change] {
    // A program that was not there before is code that nobody has looked at.
    if fact.kind == "elf-type" {
      return [
        Change(
          verdict: .reviewRequired, id: fact.id, what: "added", values: fact.values, text: "native code that is new")
      ]
    }
    guard !fact.values.isEmpty else { return [] }
    switch FactRule(kind: fact.kind) {
    case .required: return [change(.breaking, fact, "added", fact.values, "whoever starts it has to give it")]
    case .allowed: return [change(.reviewRequired, fact, "added", fact.values, "it may do what it did not before")]
    case .offered, .optional: return [change(.safeWithAdditions, fact, "added", fact.values, "new")]
    case .property, .protection, .told: return []
    }
  }

  private static func change(
    _ verdict: Verdict, _ fact: ContractFact, _ what: String, _ values: [String], _ text: String
  ) -> Change { Change(verdict: verdict, id: fact.id, what: what, values: values, text: text) }

  private static func changes(_ a: ContractFact, _ b: ContractFact) -> [Change] {
    let rule = FactRule(kind: b.kind)
    if case .told = rule { return [] }
    let found = lists(a, b, rule) + certainty(a, b)
    // What the author wrote means the same whoever reads it.
    let isOtherTool = a.tool.name != b.tool.name || a.tool.version != b.tool.version
    guard isOtherTool, a.level != .declared || b.level != .declared, !found.isEmpty else { return found }
    return [
      change(
        .incomparable, b, "analyser", [],
        "\(a.tool.name) \(a.tool.version) became \(b.tool.name) \(b.tool.version), "
          + "and finds something else")
    ]
  }

  private static func lists(_ a: ContractFact, _ b: ContractFact, _ rule: FactRule) -> [Change] {
    let added = b.values.filter { !a.values.contains($0) }
    let removed = a.values.filter { !b.values.contains($0) }
    func some(_ values: [String], _ verdict: Verdict, _ what: String, _ text: String) -> [Change] {
      values.isEmpty ? [] : [change(verdict, b, what, values, text)]
    }
    switch rule {
    case .offered:
      return some(removed, .breaking, "removed", "others may call it") + some(added, .safeWithAdditions, "added", "new")
    case .required:
      return some(added, .breaking, "added", "whoever starts it has to give it")
        + some(removed, .safeWithAdditions, "removed", "it is not needed any more")
    case .optional:
      return some(added, .safeWithAdditions, "added", "new")
        + some(removed, .safeWithAdditions, "removed", "it is not read any more")
    case .allowed:
      return some(added, .reviewRequired, "added", "it may do what it did not before")
        + some(removed, .safeWithAdditions, "removed", "it may do less")
    case .property:
      guard a.values == ["true"], b.values != ["true"] else { return [] }
      return [change(.breaking, b, "lost", b.values, "the property does not hold any more")]
    case .protection(let order):
      let rank = { (values: [String]) in values.map { order.firstIndex(of: $0) ?? order.count }.max() ?? order.count }
      guard rank(b.values) > rank(a.values) else { return [] }
      return [change(.reviewRequired, b, "weaker", b.values, "it was \(a.values.joined(separator: ", "))")]
    case .told: return []
    }
  }

  /// A list that was whole is not, or is known less surely.
  private static func certainty(_ a: ContractFact, _ b: ContractFact) -> [Change] {
    var changes: [Change] = []
    if a.closed == .closed, b.closed != .closed {
      changes.append(change(.breaking, b, "opened", [], "the list was whole, and nobody knows any more"))
    }
    let order = ContractFact.Level.allCases
    if let before = order.firstIndex(of: a.level), let after = order.firstIndex(of: b.level), after < before {
      changes.append(change(.breaking, b, "level", [], "\(a.level.rawValue) became \(b.level.rawValue)"))
    }
    return changes
  }

  // MARK: Output

  public var json: JSONValue {
    ["verdict": .string(verdict.rawValue), "changes": .array(changes.map(\.json))]
  }

  /// For people.
  public var text: String {
    "verdict  \(verdict.rawValue)\n"
      + TextTable.lines(
        changes.map {
          ["  \($0.verdict.rawValue)", TerminalText.safe($0.id), TerminalText.safe(Self.line($0))]
        })
  }

  private static func line(_ change: Change) -> String {
    let names = change.values.isEmpty ? "" : ": \(change.values.joined(separator: ", "))"
    return "\(change.what)\(names) (\(change.text))"
  }

  /// For a merge request.
  public var markdown: String {
    func escaped(_ text: String) -> String {
      String(text.map { "|`<>*_\\".contains($0) ? "\\\($0)" : $0.isNewline ? " " : String($0) }.joined())
    }
    var out = "**Contract: \(verdict.rawValue.replacing("_", with: " "))**\n"
    guard !changes.isEmpty else { return out }
    out += "\n| verdict | fact | change |\n|---|---|---|\n"
    for change in changes {
      out += "| \(change.verdict.rawValue) | \(escaped(change.id)) | \(escaped(Self.line(change))) |\n"
    }
    return out
  }

  /// A badge that a page can show: no script, no reference to anything else.
  public var svg: String {
    let label = verdict.rawValue.replacing("_", with: " ")
    let width = 76 + 7 * label.utf8.count
    let colour =
      switch verdict {
      case .none, .incomparable: "#6b7280"
      case .safe, .safeWithAdditions: "#15803d"
      case .reviewRequired: "#b45309"
      case .breaking: "#b91c1c"
      }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="20" role="img" aria-label="contract: \(label)">
      <rect width="64" height="20" fill="#374151"/><rect x="64" width="\(width - 64)" height="20" fill="\(colour)"/>
      <g fill="#fff" font-family="sans-serif" font-size="11"><text x="6" y="14">contract</text><text x="70" y="14">\(label)</text></g>
      </svg>

      """
  }
}
