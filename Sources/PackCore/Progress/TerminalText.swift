/// Text that others wrote, for a line of a result on standard output.
public enum TerminalText {
  /// Without escape sequences, controls and characters that turn the direction; newlines and tabs become spaces.
  public static func safe(_ text: String) -> String { DisplayText(text).text }

  /// At most that many columns.
  public static func safe(_ text: String, columns: Int) -> String { DisplayText(text).fitted(to: columns) }
}
