/// Counts of bytes for people: `312 B`, `4.1 MB`; decimal units, one digit.
public enum ByteText {
  private static let units = ["kB", "MB", "GB", "TB", "PB"]

  public static func text(_ count: Int64) -> String {
    if count < 1000 { return "\(count) B" }
    var (value, unit) = (Double(count) / 1000, 0)
    while (value * 10).rounded() / 10 >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\((value * 10).rounded() / 10) \(units[unit])"
  }
}
