internal import Glibc
internal import PackCore

/// How often and after how long a request is tried again.
public struct RetryPolicy: Sendable {
  /// In a row without progress, the first one counted.
  public var attempts = 5
  /// Seconds before the second; doubled each time, up to `longest`. Half of it is chance, so that many clients that
  /// failed together do not come back together.
  public var first = 0.5
  public var longest = 15.0
  /// A registry that asks (Retry-After) for more seconds than this is not waited for.
  public var patience = 60.0

  public init() {}

  /// Statuses that another try may change (RFC 9110, section 15).
  static func isWorthwhile(_ status: Int) -> Bool { [408, 425, 429, 500, 502, 503, 504].contains(status) }

  /// Waits before attempt number `attempt + 1`.
  /// - Parameter asked: seconds of Retry-After.
  func pause(after attempt: Int, asked: Double? = nil) throws {
    var seconds = min(longest, first * Double(1 << min(attempt - 1, 16))) * Double.random(in: 0.5...1)
    if let asked { seconds = max(seconds, min(asked, patience)) }
    try Self.sleep(seconds)
  }

  /// In short pieces: a signal ends it.
  private static func sleep(_ seconds: Double) throws {
    let end = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    while true {
      try Interruption.check()
      let now = HostContext.monotonicClock()
      guard now < end else { return }
      _ = poll(nil, 0, Int32(min(100, (end - now) / 1_000_000 + 1)))
    }
  }

  /// Seconds of `Retry-After`; a date counts as absent, since clocks differ.
  static func retryAfter(_ headers: HTTPHeaders) -> Double? { headers.number("retry-after").map { Double($0) } }
}
