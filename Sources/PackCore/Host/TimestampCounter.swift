internal import CHost
internal import Glibc

/// The host's time-stamp counter, for guests that are told its rate instead of measuring it.
public enum TimestampCounter {
  /// kHz, measured against CLOCK_MONOTONIC_RAW for about 20 ms, to better than one part in a thousand also on a busy
  /// machine; nil on a processor without one.
  public static func measureRate() -> UInt64? {
    guard chost_timestamp_counter() != 0 else { return nil }
    let first = sample()
    var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
    nanosleep(&pause, nil)
    let second = sample()
    guard second.time > first.time, second.counter > first.counter else { return nil }
    return UInt64(Double(second.counter - first.counter) * 1e6 / Double(second.time - first.time))
  }

  /// Counter and clock of the same moment: of several readings the one that took the least time between its two looks
  /// at the clock, so one that was interrupted in the middle does not count.
  private static func sample() -> (counter: UInt64, time: UInt64) {
    var best: (counter: UInt64, time: UInt64) = (0, 0)
    var width = UInt64.max
    for _ in 0..<16 {
      let before = clock()
      let counter = chost_timestamp_counter()
      let after = clock()
      guard after - before < width else { continue }
      width = after - before
      best = (counter, before + width / 2)
    }
    return best
  }

  private static func clock() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
