extension ProgressEvent {
  /// One event as `--progress json` writes it: `event` names the kind, times are whole milliseconds.
  public var json: JSONValue {
    switch self {
    case .stepStarted(let id, let title), .briefStepStarted(let id, let title):
      ["event": "step_started", "id": .string(id), "title": .string(title)]
    case .stepLine(let id, let text):
      ["event": "step_line", "id": .string(id), "text": .string(text)]
    case .stepProgress(let id, let done, let total):
      JSONValue(compact: [
        "event": "step_progress", "id": .string(id), "done": .integer(done), "total": total.map(JSONValue.integer),
      ])
    case .stepCount(let id, let done, let total, let unit, let item):
      [
        "event": "step_count", "id": .string(id), "done": .integer(Int64(done)), "total": .integer(Int64(total)),
        "unit": .string(unit), "item": .string(item),
      ]
    case .stepEnded(let id, let status, let reason, let seconds):
      [
        "event": "step_ended", "id": .string(id), "status": .string(status.rawValue), "reason": .string(reason),
        "milliseconds": .integer(seconds > 0 ? Int64(min(seconds, 1e12) * 1000) : 0),
      ]
    case .decision(let decision):
      [
        "event": "decision", "what": .string(decision.what), "value": .string(decision.value),
        "source": .string(decision.source),
      ]
    case .note(let text):
      ["event": "note", "text": .string(text)]
    case .warning(let text, let hint):
      JSONValue(compact: ["event": "warning", "text": .string(text), "hint": hint.map(JSONValue.string)])
    }
  }
}
