extension CalendarDate {
  /// The day so many days after 1970-01-01 (UTC). From 0 to 2932896, which is the end of the year 9999; others are the
  /// nearest of these.
  public init(daysSince1970 days: Int64) {
    // Years that begin in March have their leap day at the end; 719468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = min(max(days, 0), 2_932_896) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let calendarMonth = month < 10 ? month + 3 : month - 9
    self.init(
      year: Int(yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)), month: Int(calendarMonth),
      day: Int(dayOfYear - (153 * month + 2) / 5 + 1))
  }
}
