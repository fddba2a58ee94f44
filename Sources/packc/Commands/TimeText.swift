internal import Deploy
internal import Glibc
internal import PackCore

/// Times as they are typed: `30s`, `10m`, `2h`, `3d` ago, or `2026-12-01T00:00:00Z`.
enum TimeText {
  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

  /// Nanoseconds since the epoch.
  static func parse(_ text: String) throws -> Int64 {
    if let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
      (0...100_000_000).contains(count)
    {
      return WallClock.now() - count * unit * 1_000_000_000
    }
    if let time = utc(text) { return time * 1_000_000_000 }
    throw Failure(
      "wrong_usage", "--since \(text): expected a time", hint: "write 30s, 10m, 2h, 3d or 2026-12-01T00:00:00Z",
      exit: .usage)
  }

  /// Seconds since the epoch of `2026-12-01T00:00:00Z`.
  private static func utc(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    let form = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard bytes.count == form.count,
      zip(bytes, form).allSatisfy({ $1 == UInt8(ascii: "d") ? isDigit($0) : $0 == $1 })
    else { return nil }
    func number(_ range: Range<Int>) -> Int32 { bytes[range].reduce(0) { $0 * 10 + Int32($1 - 0x30) } }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (number(0..<4) - 1900, number(5..<7) - 1, number(8..<10))
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(11..<13), number(14..<16), number(17..<19))
    return Int64(timegm(&parts))
  }
}
