/// packc's own version (semantic versioning), and that of the formats it writes.
public enum PackcVersion {
  public static let current = "0.1.0"
  /// Part of every cache key: raised when the same input gives other bytes.
  public static let outputFormat = 2
}
