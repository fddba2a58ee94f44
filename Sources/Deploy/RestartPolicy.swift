internal import PackCore

/// Whether a program that ended is started again.
public enum RestartPolicy: String, Sendable, CaseIterable {
  case never
  /// After anything but exit code 0.
  case onFailure = "on-failure"
  case always

  public init(parsing text: String) throws {
    // What other tools call it.
    guard let policy = text == "no" ? .never : RestartPolicy(rawValue: text) else {
      throw DeployFailure.badRestart(text)
    }
    self = policy
  }

  public func restarts(failed: Bool) -> Bool {
    switch self {
    case .never: false
    case .onFailure: failed
    case .always: true
    }
  }
}

/// How long is waited before each start in a row: a second, then twice as long each time, a minute at most. A program that
/// ran for a minute begins anew; ten short runs in a row are enough.
public struct RestartBackoff: Sendable {
  public static let limit = 10
  private static let settled: UInt64 = 60_000_000_000
  /// Starts in a row of a program that did not last.
  public private(set) var row = 0

  public init() {}

  /// After a run of so many nanoseconds. Nil: it is given up.
  public mutating func delay(afterRun nanoseconds: UInt64) -> UInt64? {
    if nanoseconds >= Self.settled { row = 0 }
    guard row < Self.limit else { return nil }
    defer { row += 1 }
    return min(1 << row, 60) * 1_000_000_000
  }
}
