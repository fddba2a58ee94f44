/// The lasting line of an event, the same in a log and on a terminal.
struct EventLine {
  let palette: Palette

  /// Ends with a newline; empty for an event that leaves no line.
  func text(_ event: ProgressEvent) -> String {
    switch event {
    case .stepStarted(let id, let title):
      "\(palette.accent("▸")) \(clean(id)): \(clean(title))\n"
    case .stepLine(let id, let text):
      "\(palette.faint("\(clean(id)) │")) \(clean(text))\n"
    case .briefStepStarted, .stepProgress, .stepCount:
      ""
    case .stepEnded(let id, let status, let reason, let seconds):
      ended(clean(id), status, clean(reason), seconds)
    case .decision(let decision):
      "\(palette.faint("•")) \(clean(decision.what)) \(clean(decision.value)) "
        + palette.faint("← \(clean(decision.source))") + "\n"
    case .note(let text):
      paragraph(text)
    case .warning(let text, let hint):
      "\(palette.caution("warning:")) \(paragraph(text))" + (hint.map { "  next: \(paragraph($0))" } ?? "")
    }
  }

  /// `✓ build ran (input changed) 1.2s`
  private func ended(_ id: String, _ status: ProgressEvent.Status, _ reason: String, _ seconds: Double) -> String {
    let mark =
      switch status {
      case .ran, .reused: palette.good("✓")
      case .failed: palette.bad("✗")
      }
    let because = reason.isEmpty ? "" : " (\(reason))"
    return "\(mark) \(id) \(status.rawValue)\(because) \(palette.faint(Self.duration(seconds)))\n"
  }

  /// packc's own words may go on over several lines.
  private func paragraph(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { clean(String($0)) + "\n" }.joined()
  }

  private func clean(_ text: String) -> String { DisplayText(text).text }

  /// `1.2s`, `2m05s`, `1h02m`
  static func duration(_ seconds: Double) -> String {
    let tenths = seconds > 0 ? Int(min(seconds, 1e9) * 10) : 0
    let whole = tenths / 10
    switch whole {
    case ..<60: return "\(whole).\(tenths % 10)s"
    case ..<3600: return "\(whole / 60)m\(twoDigits(whole % 60))s"
    default: return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))m"
    }
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
