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

/// One line an event, for logs: nothing is ever taken back.
struct PlainRenderer: ProgressRenderer {
  let palette: Palette

  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    EventLine(palette: palette).text(event)
  }
}

/// One canonical JSON object a line (`--progress json`; docs/schema/progress.schema.json).
struct JSONRenderer: ProgressRenderer {
  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    CanonicalJSON.string(event.json) + "\n"
  }
}
