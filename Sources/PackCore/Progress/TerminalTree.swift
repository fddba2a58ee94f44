/// The tree on a terminal: what has ended stays above as one line each; below it the running steps with their time and
/// the last lines that they printed, drawn again in place.
///
///     ✓ fetch ran (no earlier result) 0.8s      lasting
///     ▸ build: go build ./cmd/server  3.2s      live: erased and drawn again
///       │ net/http
///       │ example.com/shop/cmd/server
struct TerminalTree: ProgressRenderer {
  private struct Running {
    var id: String
    var title: String
    var started: UInt64
    var lines: [String] = []
    var progress: String?

    mutating func show(_ text: String) {
      let line = DisplayText(text).text
      guard !line.allSatisfy(\.isWhitespace) else { return }
      lines = (lines + [line]).suffix(TerminalTree.window)
    }
  }

  private let palette: Palette
  private var running: [Running] = []
  /// Lines of the live part that are on the screen now.
  private var drawn = 0
  private var drawnAt: UInt64?
  private var isStale = false

  /// How many lines of its output a running step shows.
  static let window = 4
  /// A flood of output is drawn at most so often, in nanoseconds.
  static let interval: UInt64 = 50_000_000

  init(palette: Palette) { self.palette = palette }

  mutating func render(_ event: ProgressEvent, now: UInt64, columns: Int) -> String {
    switch event {
    case .stepStarted(let id, let title), .briefStepStarted(let id, let title):
      running.append(Running(id: DisplayText(id).text, title: DisplayText(title).text, started: now))
      return redraw(above: "", now: now, columns: columns)
    case .stepLine(let id, let text):
      update(id) { $0.show(text) }
      return redrawIfDue(now: now, columns: columns)
    case .stepCount(let id, let done, let total, let unit, let item):
      update(id) { step in
        step.progress = "\(done)/\(total) \(DisplayText(unit).text)"
        step.show(item)
      }
      return redrawIfDue(now: now, columns: columns)
    case .stepProgress(let id, let done, let total):
      update(id) { $0.progress = Self.progress(done, of: total) }
      return redrawIfDue(now: now, columns: columns)
    case .stepEnded(let id, _, _, _):
      running.removeAll { $0.id == DisplayText(id).text }
      return redraw(above: EventLine(palette: palette).text(event), now: now, columns: columns)
    case .decision, .note, .warning:
      return redraw(above: EventLine(palette: palette).text(event), now: now, columns: columns)
    }
  }

  mutating func tick(now: UInt64, columns: Int) -> String {
    running.isEmpty ? "" : redraw(above: "", now: now, columns: columns)
  }

  /// Takes the live part away; a step that never ended leaves a line that says so.
  mutating func finish(now: UInt64, columns: Int) -> String {
    var stopped = ""
    for step in running {
      stopped += "\(palette.caution("–")) \(step.id) stopped \(palette.faint(Self.elapsed(step.started, now)))\n"
    }
    running = []
    return redraw(above: stopped, now: now, columns: columns)
  }

  private mutating func update(_ id: String, _ change: (inout Running) -> Void) {
    let id = DisplayText(id).text
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    change(&running[index])
    isStale = true
  }

  private mutating func redrawIfDue(now: UInt64, columns: Int) -> String {
    guard isStale, drawnAt.map({ now >= $0 + Self.interval }) ?? true else { return "" }
    return redraw(above: "", now: now, columns: columns)
  }

  /// Erases the live part (cursor up, erase to the end of the screen), writes `above` for good, draws the live part.
  private mutating func redraw(above: String, now: UInt64, columns: Int) -> String {
    let erase = drawn > 0 ? "\u{1b}[\(drawn)A\u{1b}[J" : ""
    let live = running.flatMap { lines(of: $0, now: now, columns: columns) }
    drawn = live.count
    drawnAt = now
    isStale = false
    return erase + above + live.map { $0 + "\n" }.joined()
  }

  /// One column stays free: a character in the last one makes some terminals go to the next line.
  private func lines(of step: Running, now: UInt64, columns: Int) -> [String] {
    let width = max(columns, 20) - 1
    let time = Self.elapsed(step.started, now)
    let tail = (step.progress.map { "  \($0)" } ?? "") + "  " + time
    let head = DisplayText("\(step.id): \(step.title)").fitted(to: width - 2 - tail.count)
    let first = "\(palette.accent("▸")) \(head)\(palette.faint(tail))"
    return [first] + step.lines.map { palette.faint("  │ \(DisplayText($0).fitted(to: width - 4))") }
  }

  private static func elapsed(_ started: UInt64, _ now: UInt64) -> String {
    EventLine.duration(now > started ? Double(now - started) / 1e9 : 0)
  }

  /// `4.1 MB/18.4 MB`, or `4.1 MB` where nobody knows of how much.
  private static func progress(_ done: Int64, of total: Int64?) -> String {
    let done = max(0, done)
    return total.map { "\(ByteText.text(min(done, $0)))/\(ByteText.text($0))" } ?? ByteText.text(done)
  }
}
