internal import PackCore

/// When each step and stage of a build began and how long it took, for `build.json`: gathered from the events that are
/// reported anyway. Never part of an image.
final class StepTimes: Sendable {
  struct Span: Sendable {
    var id: String
    var title: String
    var status: ProgressEvent.Status?
    var reason = ""
    /// Nanoseconds since the build began.
    var start: UInt64
    var end: UInt64
  }

  private let clock: @Sendable () -> UInt64
  private let began: UInt64
  private let spans = Locked<[Span]>([])

  init(clock: @escaping @Sendable () -> UInt64) {
    self.clock = clock
    began = clock()
  }

  /// Passes everything on to `reporter`.
  func watching(_ reporter: Reporter) -> Reporter {
    Reporter { event in
      self.note(event)
      reporter.send(event)
    }
  }

  /// What began with the build and ends now.
  func mark(_ id: String, title: String) {
    let end = clock() - began
    spans.withLock { $0.append(Span(id: id, title: title, status: .ran, start: 0, end: end)) }
  }

  private func note(_ event: ProgressEvent) {
    let now = clock() - began
    switch event {
    case .stepStarted(let id, let title):
      spans.withLock { $0.append(Span(id: id, title: title, start: now, end: now)) }
    case .stepEnded(let id, let status, let reason, _):
      spans.withLock { spans in
        guard let index = spans.lastIndex(where: { $0.id == id && $0.status == nil }) else { return }
        (spans[index].status, spans[index].reason, spans[index].end) = (status, reason, now)
      }
    default: return
    }
  }

  /// In the order in which they began; what has not ended is left out.
  var json: JSONValue {
    .array(
      spans.withLock { $0 }.enumerated()
        .sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element).compactMap { span in
          guard let status = span.status else { return nil }
          return [
            "id": .string(span.id), "title": .string(span.title), "status": .string(status.rawValue),
            "reason": .string(span.reason), "start_ms": .integer(Int64(span.start / 1_000_000)),
            "duration_ms": .integer(Int64((span.end - span.start) / 1_000_000)),
          ]
        })
  }
}
