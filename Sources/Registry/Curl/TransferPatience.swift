/// Says when a transfer has been slow for too long. Times in nanoseconds of a clock that only goes forward.
struct TransferPatience {
  private let timeouts: TransferTimeouts
  /// Bytes of the request's body.
  private let sends: Int64
  /// True when the whole answer is kept in memory.
  private let isKept: Bool
  private let started: UInt64
  private var windowStart: UInt64
  private var movedAtStart: Int64 = 0
  private var sentAt: UInt64?
  private var answeredAt: UInt64?

  init(_ timeouts: TransferTimeouts, sends: Int64, isKept: Bool, now: UInt64) {
    self.timeouts = timeouts
    self.sends = sends
    self.isKept = isKept
    started = now
    windowStart = now
  }

  /// Nil while all is well.
  /// - Parameters:
  ///   - moved: bytes in both directions so far.
  ///   - sent: bytes of the request's body so far.
  mutating func complaint(moved: Int64, sent: Int64, hasAnswer: Bool, now: UInt64) -> String? {
    if sent >= sends, sentAt == nil { sentAt = now }
    if hasAnswer, answeredAt == nil {
      answeredAt = now
      windowStart = now
      movedAtStart = moved
    }
    if let answeredAt {
      if isKept, seconds(answeredAt, now) > timeouts.document {
        return "the answer was not complete after \(Self.text(timeouts.document))"
      }
    } else if let sentAt {
      let wait = sends > 0 ? timeouts.commit : timeouts.answer + timeouts.connect
      return seconds(sentAt, now) > wait ? "no answer within \(Self.text(wait))" : nil
    }
    return stallComplaint(moved: moved, now: now)
  }

  private mutating func stallComplaint(moved: Int64, now: UInt64) -> String? {
    guard seconds(windowStart, now) > timeouts.stall else { return nil }
    guard moved - movedAtStart >= timeouts.slowBytes else {
      return "only \(moved - movedAtStart) bytes came through in \(Self.text(timeouts.stall))"
    }
    windowStart = now
    movedAtStart = moved
    return nil
  }

  private func seconds(_ from: UInt64, _ to: UInt64) -> Double { to > from ? Double(to - from) / 1e9 : 0 }
  private static func text(_ seconds: Double) -> String {
    seconds < 10 ? "\(Int(seconds * 1000)) ms" : "\(Int(seconds)) s"
  }
}
