/// Text that others wrote (a compiler's output, a file's name), made safe for one line of a terminal: no escape
/// sequence, control or direction character gets through, and its width is known.
public struct DisplayText: Sendable {
  /// What may be printed.
  public let text: String

  /// Takes the part after the last carriage return (a progress bar that overwrites itself), expands tabs to columns of
  /// eight, turns newlines into spaces, drops escape sequences whole and every other control.
  public init(_ raw: String) {
    var out = String.UnicodeScalarView()
    var column = 0
    var scanner = EscapeScanner()
    for scalar in Self.lastOverwrite(raw.unicodeScalars) where scanner.isText(scalar) {
      switch scalar {
      case "\t", "\n":
        let spaces = scalar == "\t" ? 8 - column % 8 : 1
        for _ in 0..<spaces { out.append(" ") }
        column += spaces
      case _ where !Self.isControl(scalar):
        out.append(scalar)
        column += Self.columns(of: scalar)
      default: break
      }
    }
    text = String(out)
  }

  private static func lastOverwrite(_ raw: String.UnicodeScalarView) -> Substring.UnicodeScalarView {
    var line = raw[...]
    while line.last == "\r" || line.last == "\n" { line.removeLast() }
    guard let cut = line.lastIndex(of: "\r") else { return line }
    return line[line.index(after: cut)...]
  }

  /// C0, DEL, C1 and what turns the direction of writing.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
    default: false
    }
  }

  /// The text cut to `limit` columns; a cut shows as `…`.
  func fitted(to limit: Int) -> String {
    var width = 0
    var out = String.UnicodeScalarView()
    var cut = out
    for scalar in text.unicodeScalars {
      width += Self.columns(of: scalar)
      if width > limit { return limit > 0 ? String(cut) + "…" : "" }
      out.append(scalar)
      if width < limit { cut = out }
    }
    return text
  }

  var columns: Int { text.unicodeScalars.reduce(0) { $0 + Self.columns(of: $1) } }

  /// Cells of a terminal: 2 for East Asian wide and fullwidth characters (UAX #11) and emoji, 0 for marks that combine
  /// with the character before.
  static func columns(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(value) } ? 2 : 1
  }

  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
    0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
    0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x1fa70...0x1faff, 0x20000...0x3fffd,
  ]
}

/// Recognises escape sequences (ECMA-48, sections 5.3 to 5.6): `ESC [ … final`, `ESC ] … BEL|ST` and its like
/// (DCS, SOS, PM, APC), `ESC` with one more, and the single-character forms U+009B, U+009D and so on.
private struct EscapeScanner {
  private enum State { case text, escape, control, string, stringEscape }
  private var state = State.text

  /// False while `scalar` belongs to a sequence.
  mutating func isText(_ scalar: Unicode.Scalar) -> Bool {
    switch state {
    case .text:
      switch scalar.value {
      case 0x1b: state = .escape
      case 0x9b: state = .control
      case 0x90, 0x98, 0x9d, 0x9e, 0x9f: state = .string
      default: return true
      }
    case .escape:
      switch scalar {
      case "[": state = .control
      case "]", "P", "X", "^", "_": state = .string
      case " "..."/": break
      default: state = .text
      }
    case .control:
      if (0x40...0x7e).contains(scalar.value) { state = .text }
    case .string:
      if scalar.value == 0x07 || scalar.value == 0x9c { state = .text }
      if scalar.value == 0x1b { state = .stringEscape }
    case .stringEscape:
      state = scalar == "\\" ? .text : .string
    }
    return false
  }
}
