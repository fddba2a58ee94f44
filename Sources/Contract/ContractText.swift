internal import PackCore

/// A contract for people. A list is never shown without saying whether it is whole.
public enum ContractText {
  /// Of a long list, so many values are shown.
  private static let shown = 8

  public static func text(_ document: ContractDocument) -> String {
    "contract  \(document.digest)\nsubject   \(document.subject)\nmode      \(document.mode.rawValue)\n"
      + rows(document.facts)
  }

  /// A line for each fact.
  static func rows(_ facts: [ContractFact]) -> String {
    TextTable.lines(
      facts.map {
        ["  \(TerminalText.safe($0.id))", $0.level.rawValue, closure($0.closed), TerminalText.safe(values($0))]
      })
  }

  public static func markdown(_ document: ContractDocument) -> String {
    func escaped(_ text: String) -> String {
      text.map { "|`<>*_\\".contains($0) ? "\\\($0)" : $0.isNewline ? " " : String($0) }.joined()
    }
    return "# Contract\n\n- digest: `\(document.digest)`\n- root filesystem: `\(document.subject)`\n- mode: "
      + "\(document.mode.rawValue)\n\n| fact | known | whole | values |\n|---|---|---|---|\n"
      + document.facts.map {
        "| \(escaped($0.id)) | \($0.level.rawValue) | \(closure($0.closed)) | \(escaped(values($0))) |\n"
      }.joined()
  }

  private static func closure(_ closure: ContractFact.Closure) -> String {
    switch closure {
    case .closed: "whole"
    case .open: "open"
    case .unknown: "unknown"
    }
  }

  private static func values(_ fact: ContractFact) -> String {
    if fact.values.isEmpty { return fact.closed == .unknown ? "?" : "none" }
    let more = fact.values.count > shown ? " and \(fact.values.count - shown) more" : ""
    return fact.values.prefix(shown).joined(separator: ", ") + more
  }
}
