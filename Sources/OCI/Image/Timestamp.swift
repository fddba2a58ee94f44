/// Seconds since the epoch as RFC 3339 in UTC, computed without the C library: no locale, no time zone, no leap seconds.
public enum Timestamp {
  /// The last second of the year 9999; RFC 3339 has four digits.
  public static let latest: Int64 = 253_402_300_799

  /// `1970-01-01T00:00:00Z` for 0; nil before 1970 and after 9999.
  public static func rfc3339(_ seconds: Int64) -> String? {
    guard (0...latest).contains(seconds) else { return nil }
    let (year, month, day) = date(days: seconds / 86_400)
    let time = seconds % 86_400
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
      + "\(pad(time / 3_600, 2)):\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2))Z"
  }

  /// The proleptic Gregorian date, counted in years that begin in March: the leap day is then a year's last.
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // 0000-03-01 is 719,468 days before the epoch; 400 years have 146,097 days.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // Months from March have 153 days every five.
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }

  private static func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
