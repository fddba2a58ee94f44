internal import Images

/// What `verify` gives its second build otherwise.
public enum Variation: String, CaseIterable, Sendable {
  case path, home, user, hostname, locale, timezone, umask, cpus, time, order

  var cause: DifferenceCause {
    switch self {
    case .path: .path
    case .home: .home
    case .user: .user
    case .hostname: .hostname
    case .locale: .locale
    case .timezone: .timezone
    case .umask: .umask
    case .cpus: .cpus
    case .time: .time
    case .order: .order
    }
  }

  /// packc's sandbox shows every step the same, whatever the host has; so it cannot differ between two hosts that have it.
  var isHeldBySandbox: Bool {
    switch self {
    case .path, .home, .user, .hostname, .locale, .timezone: true
    case .umask, .cpus, .time, .order: false
    }
  }
}
