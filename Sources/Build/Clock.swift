internal import Glibc
internal import PackCore

/// The wall clock, for two purposes: to tell whether a file was touched so shortly before it was looked at that a later
/// change could carry the same time stamp, and whether a waiver still counts. It never reaches an output.
enum Clock {
  /// Nanoseconds since 1970, by the coarse clock that stamps files (clock_gettime(2), CLOCK_REALTIME_COARSE).
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// In UTC.
  static func today() -> CalendarDate { CalendarDate(daysSince1970: now() / 86_400_000_000_000) }

  /// Time stamps advance with the kernel's tick, at most 10 ms; five ticks of distance are enough.
  static let settled: Int64 = 50_000_000
}
