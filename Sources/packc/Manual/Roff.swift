/// The language of man(7), as much of it as packc's pages take.
struct Roff {
  private(set) var text = ""

  init(title: String, version: String) {
    text = ".TH \(Self.quoted(title.uppercased())) 1 \"\" \(Self.quoted("packc \(version)")) \"packc\"\n"
  }

  mutating func section(_ name: String) { text += ".SH \(Self.quoted(name))\n" }

  /// Lines are filled; an empty line ends a paragraph; lines that are indented stay as they are.
  mutating func prose(_ lines: String) {
    var isKept = false
    var isBold = false
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
      let keeps = line.hasPrefix(" ") || line.contains("   ")
      if keeps != isKept, !line.isEmpty {
        text += keeps ? ".PP\n.nf\n" : ".fi\n.PP\n"
        isKept = keeps
      }
      if line.isEmpty { isBold = false }
      text += line.isEmpty ? (isKept ? "" : ".PP\n") : Self.marked(String(line), &isBold) + "\n"
    }
    if isKept { text += ".fi\n" }
  }

  /// A term and what it means.
  mutating func item(_ term: String, _ meaning: String) { text += ".TP\n\(term)\n\(Self.marked(meaning))\n" }

  /// What stands between backticks is bold, also over the end of a line.
  static func marked(_ line: String) -> String {
    var isBold = false
    return marked(line, &isBold)
  }
  private static func marked(_ line: String, _ isBold: inout Bool) -> String {
    var out = isBold ? "\\fB" : ""
    for (index, piece) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      if index > 0 {
        isBold.toggle()
        out += isBold ? "\\fB" : "\\fR"
      }
      out += escaped(String(piece))
    }
    return guarded(isBold ? out + "\\fR" : out)
  }
  static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }
  static func italic(_ text: String) -> String { "\\fI\(escaped(text))\\fR" }

  /// A backslash begins an escape; a dash is typed as it is read only when it has one.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { out, letter in
      switch letter {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      default: out.append(letter)
      }
    }
  }
  /// At the start of a line a dot or an apostrophe is a request.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }
  private static func quoted(_ text: String) -> String { "\"\(text.split(separator: "\"").joined())\"" }
}
