/// A line of the shell as scripts of package.json and Procfiles hold them, read without a shell: simple commands and what
/// joins them. What only a shell can do is named, not guessed.
struct ShellLine {
  /// What stands before a command.
  enum Joint: String {
    case first = ""
    case and = "&&"
    case or = "||"
    case then = ";"
    case pipe = "|"
    case background = "&"
  }

  struct Word: Hashable {
    enum Part: Hashable {
      case text(String)
      /// `$NAME`, `${NAME}`, `${NAME:-default}`
      case variable(String, default: String?)
    }
    var parts: [Part]

    /// The word without variables; nil when it has some.
    var literal: String? {
      var text = ""
      for part in parts {
        guard case .text(let piece) = part else { return nil }
        text += piece
      }
      return text
    }
    init(parts: [Part]) { self.parts = parts }
    init(_ text: String) { parts = [.text(text)] }
  }

  struct Command {
    var joint: Joint
    var environment: [(name: String, value: Word)] = []
    var words: [Word] = []
    /// As it was written.
    var text: String
    /// What of it needs a shell: `$(…)`, `>`, `*`.
    var needsShell: String?

    /// The words up to the first that has a variable.
    var literals: [String] {
      var out: [String] = []
      for word in words {
        guard let text = word.literal else { break }
        out.append(text)
      }
      return out
    }
  }

  private(set) var commands: [Command] = []

  init(_ text: String) {
    var reader = Reader(Array(text.unicodeScalars.prefix(8192)))
    var joint = Joint.first
    while true {
      var command = reader.command()
      command.joint = joint
      if !command.words.isEmpty || !command.environment.isEmpty || command.needsShell != nil {
        commands.append(command)
      }
      guard let next = reader.joint() else { return }
      joint = commands.isEmpty ? .first : next
    }
  }

  private struct Reader {
    private let input: [Unicode.Scalar]
    private var index = 0
    init(_ input: [Unicode.Scalar]) { self.input = input }

    private var current: Unicode.Scalar? { index < input.count ? input[index] : nil }
    private func at(_ offset: Int) -> Unicode.Scalar? { index + offset < input.count ? input[index + offset] : nil }

    mutating func joint() -> Joint? {
      guard let scalar = current else { return nil }
      index += 1
      switch scalar {
      case "&":
        guard current == "&" else { return .background }
        index += 1
        return .and
      case "|":
        guard current == "|" else { return .pipe }
        index += 1
        return .or
      default: return .then
      }
    }

    mutating func command() -> Command {
      let start = index
      var command = Command(joint: .first, text: "")
      while let scalar = current, !"&|;\n".unicodeScalars.contains(scalar) {
        if scalar == " " || scalar == "\t" || scalar == "\r" {
          index += 1
          continue
        }
        if scalar == "#" {
          while let other = current, other != "\n" { _ = other; index += 1 }
          break
        }
        take(word(&command.needsShell), into: &command)
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: input[start..<index])
      command.text = trimmed(String(text))
      return command
    }

    private func trimmed(_ text: String) -> String {
      let front = text.drop { $0.isWhitespace }
      return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }

    private func take(_ word: Word, into command: inout Command) {
      guard command.words.isEmpty, case .text(let head)? = word.parts.first,
        let cut = head.firstIndex(of: "="), cut > head.startIndex,
        head[..<cut].utf8.allSatisfy(Self.isNameByte), !(head.utf8.first.map { (0x30...0x39).contains($0) } ?? true)
      else {
        command.words.append(word)
        return
      }
      var value = word
      value.parts[0] = .text(String(head[head.index(after: cut)...]))
      command.environment.append((String(head[..<cut]), value))
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
    }

    /// One word, with its quotes taken off.
    private mutating func word(_ needsShell: inout String?) -> Word {
      var parts: [Word.Part] = []
      var text = String.UnicodeScalarView()
      func flushed() -> [Word.Part] { text.isEmpty ? parts : parts + [.text(String(text))] }
      var quote: Unicode.Scalar?
      while let scalar = current {
        if quote == nil, " \t\r\n&|;".unicodeScalars.contains(scalar) { break }
        index += 1
        switch scalar {
        case "'" where quote == nil, "\"" where quote == nil: quote = scalar
        case _ where scalar == quote: quote = nil
        case "\\" where quote != "'":
          if let next = current {
            text.append(next)
            index += 1
          }
        case "`" where quote != "'": needsShell = needsShell ?? "`…`"
        case "$" where quote != "'":
          if let variable = variable(&needsShell) {
            parts = flushed() + [variable]
            text = String.UnicodeScalarView()
          } else {
            text.append(scalar)
          }
        case "<", ">", "(", ")", "*", "?":
          if quote == nil { needsShell = needsShell ?? String(Character(scalar)) }
          text.append(scalar)
        default: text.append(scalar)
        }
      }
      if quote != nil { needsShell = needsShell ?? "an open quote" }
      let all = flushed()
      return Word(parts: all.isEmpty ? [.text("")] : all)
    }

    /// After a dollar sign: the variable; nil when it stands for itself.
    private mutating func variable(_ needsShell: inout String?) -> Word.Part? {
      if current == "(" {
        needsShell = needsShell ?? "$(…)"
        return nil
      }
      let braced = current == "{"
      if braced { index += 1 }
      var name = String.UnicodeScalarView()
      while let scalar = current, scalar.isASCII, Self.isNameByte(UInt8(scalar.value)) {
        name.append(scalar)
        index += 1
      }
      guard braced else { return name.isEmpty ? nil : .variable(String(name), default: nil) }
      var rest = String.UnicodeScalarView()
      while let scalar = current, scalar != "}" {
        rest.append(scalar)
        index += 1
      }
      if current != nil { index += 1 }
      let text = String(rest)
      if text.isEmpty { return .variable(String(name), default: nil) }
      if text.hasPrefix(":-"), !text.contains("$") {
        return .variable(String(name), default: String(text.dropFirst(2)))
      }
      needsShell = needsShell ?? "${…\(text)}"
      return .variable(String(name), default: nil)
    }
  }
}
