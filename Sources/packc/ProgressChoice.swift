internal import PackCore

/// Which progress the flags and the terminal ask for.
struct ProgressChoice {
  private let values: [String: [String]]
  private let context: HostContext

  init(_ values: [String: [String]], _ context: HostContext) throws {
    self.values = values
    self.context = context
    try Self.check("progress", values, among: ["auto", "plain", "json", "none"])
    try Self.check("color", values, among: ["auto", "always", "never"])
  }

  private static func check(_ flag: String, _ values: [String: [String]], among known: [String]) throws {
    guard let value = values[flag]?.last, !known.contains(value) else { return }
    throw Failure(
      "wrong_usage", "--\(flag) \(value): expected one of \(known.joined(separator: ", "))",
      hint: Suggestion.nearest(to: value, among: known).map { "did you mean \($0)?" }, exit: .usage)
  }
}
