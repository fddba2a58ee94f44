/// Turns events into the bytes of standard error. A value without effects: time and width come in as arguments.
protocol ProgressRenderer: Sendable {
  /// `now` in nanoseconds of a clock that only goes forward, `columns` of the terminal (0 when there is none).
  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String
  /// Called now and then while nothing happens.
  mutating func tick(now: UInt64, columns: Int) -> String
  /// What is left to say or to clean up at the end.
  mutating func finish(now: UInt64, columns: Int) -> String
}

extension ProgressRenderer {
  mutating func tick(now: UInt64, columns: Int) -> String { "" }
  mutating func finish(now: UInt64, columns: Int) -> String { "" }
}

/// Warnings, and nothing else (`--quiet`).
struct QuietRenderer: ProgressRenderer {
  let palette: Palette

  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    guard case .warning = event else { return "" }
    return EventLine(palette: palette).text(event)
  }
}

/// One line an event, for logs: nothing is ever taken back. A brief step has one for its beginning and its end.
struct PlainRenderer: ProgressRenderer {
  private let palette: Palette
  /// Titles of brief steps that have begun, by id.
  private var brief: [String: String] = [:]
  /// Tenths that were said of steps that count, by id.
  private var tenths: [String: Int] = [:]

  init(palette: Palette) { self.palette = palette }

  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    let line = EventLine(palette: palette)
    switch event {
    case .briefStepStarted(let id, let title):
      brief[id] = title
      return ""
    case .stepEnded(let id, let status, let reason, let seconds):
      guard let title = brief.removeValue(forKey: id) else { return line.text(event) }
      return line.text(.stepEnded(id: "\(id): \(title)", status: status, reason: reason, seconds: seconds))
    case .stepCount(let id, let done, let total, let unit, _):
      let tenth = total > 0 ? 10 * done / total : 0
      guard tenth > tenths[id, default: 0] else { return "" }
      tenths[id] = tenth
      return line.text(.stepLine(id: id, text: "\(done) of about \(total) \(unit)"))
    default: return line.text(event)
    }
  }
}

/// One canonical JSON object a line (`--progress json`; docs/schema/progress.schema.json).
struct JSONRenderer: ProgressRenderer {
  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    CanonicalJSON.string(event.json) + "\n"
  }
}
