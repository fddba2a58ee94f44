internal import Glibc
internal import PackCore

/// How a run ends early: the program is asked, then the machine is killed; at a terminal everything is over within three
/// seconds. A second signal kills at once.
struct Stopping {
  enum Step {
    case nothing
    /// SIGTERM in the guest, SIGKILL after so many milliseconds.
    case askGuest(grace: UInt32)
    case kill
  }

  private let signals: SignalSource
  /// The signal that began it.
  private(set) var signal: Int32?
  private(set) var killAt: UInt64?
  private var hasAsked = false
  /// Milliseconds.
  private let grace: UInt32

  /// - Parameter grace: seconds that the program has; nil for what somebody who waits has patience for.
  init(signals: SignalSource, grace: Int? = nil) {
    self.signals = signals
    self.grace = grace.map { UInt32($0) * 1000 } ?? 1500
  }

  var hasBegun: Bool { signal != nil }

  mutating func begin(signal number: Int32) {
    guard signal == nil else { return }
    signal = number
    killAt = HostContext.monotonicClock() + (UInt64(grace) + 900) * 1_000_000
  }

  mutating func takeSignals() {
    let count = signals.take()
    guard count > 0 else { return }
    let repeated = hasBegun || count > 1
    begin(signal: signals.number())
    if repeated { killAt = 0 }
  }

  /// Kills what has not ended by itself after so many seconds.
  mutating func allow(seconds: UInt64) {
    killAt = min(killAt ?? .max, HostContext.monotonicClock() + seconds * 1_000_000_000)
  }

  mutating func nextStep(programRuns: Bool) -> Step {
    let now = HostContext.monotonicClock()
    if let due = killAt, now >= due {
      killAt = now + 50_000_000
      return .kill
    }
    guard hasBegun, !hasAsked else { return .nothing }
    hasAsked = true
    if programRuns { return .askGuest(grace: grace) }
    // There is nobody to ask yet.
    killAt = now + 50_000_000
    return .kill
  }
}

extension Stopping {
  /// For poll(2): until the kill is due; -1 for never.
  var milliseconds: Int32 {
    guard let killAt else { return -1 }
    let now = HostContext.monotonicClock()
    return killAt <= now ? 0 : Int32(clamping: (killAt - now) / 1_000_000 + 1)
  }
}
