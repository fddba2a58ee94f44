internal import PackCore

/// What may follow on a line that is being typed, by the definitions of the commands alone. The shells' scripts ask for it
/// (`packc completion next`), so none of them knows a command or a flag by itself.
struct Completion {
  enum Candidate: Hashable {
    case word(String, help: String)
    /// The shell's own completion of names of files.
    case files
    case directories

    /// A line for a script: the word, a tab, its help; a tab and a kind for what the shell completes itself.
    var line: String {
      switch self {
      case .word(let word, let help): "\(word)\t\(help)\n"
      case .files: "\tfiles\n"
      case .directories: "\tdirectories\n"
      }
    }
  }

  let commands: [CommandDefinition]
  let context: HostContext

  /// - Parameter words: those after `packc`; the last one is being typed, and may be empty.
  func next(_ words: [String]) -> [Candidate] {
    let typed = words.last ?? ""
    let line = TypedLine(words.dropLast(), commands)
    if let flag = line.waiting { return values(of: flag.value ?? "", typed) }
    if typed.hasPrefix("-"), !line.isOperandsOnly {
      guard typed.hasPrefix("--"), let cut = typed.firstIndex(of: "=") else { return flags(line, typed) }
      let name = typed[..<cut].dropFirst(2)
      let value = line.flags.first { $0.name == name }?.value ?? ""
      return values(of: value, String(typed[typed.index(after: cut)...]), after: String(typed[...cut]))
    }
    guard let command = line.command else { return names(line.words, typed) }
    if line.operands == 0 {
      let longer = names(line.words, typed)
      if !longer.isEmpty { return longer }
    }
    guard line.operands < command.maximumOperands else { return [] }
    if command.operands == "[COMMAND]" { return names(line.operandWords, typed) }
    if let known = command.completes {
      return known(context).filter { $0.hasPrefix(typed) }.map { .word($0, help: "") }
    }
    let places = command.operands.split(separator: " ")
    return places.isEmpty ? [] : values(of: String(places[min(line.operands, places.count - 1)]), typed)
  }

  private func flags(_ line: TypedLine, _ typed: String) -> [Candidate] {
    line.flags.filter { ("--" + $0.name).hasPrefix(typed) && ($0.repeats || !line.used.contains($0.name)) }
      .map { .word("--" + $0.name, help: $0.help) }
  }

  /// The words that go on with a command's name.
  private func names(_ words: [String], _ typed: String) -> [Candidate] {
    var seen: Set<String> = []
    return commands.filter { !$0.isHidden }.compactMap { command in
      let parts = command.name.split(separator: " ").map(String.init)
      guard parts.count > words.count, Array(parts.prefix(words.count)) == words else { return nil }
      let word = parts[words.count]
      guard word.hasPrefix(typed), seen.insert(word).inserted else { return nil }
      let isNoun = parts.count > words.count + 1
      return .word(word, help: isNoun ? "commands of \(word)" : command.summary)
    }
  }

  /// By the text that stands for a value in help: the words of `auto|always|never`, files for `FILE`, directories for `DIR`.
  private func values(of value: String, _ typed: String, after prefix: String = "") -> [Candidate] {
    // What is joined of several parts is no name of a file.
    guard !value.contains("=") else { return [] }
    let parts = value.split(separator: "|").map { $0.trimming("[]…") }
    var found: [Candidate] = []
    for part in parts {
      if part.contains("DIR") {
        found.append(.directories)
      } else if ["FILE", "PATH", "SOURCE", "DESTINATION", "YAML"].contains(where: part.contains) {
        found.append(.files)
      } else if part.utf8.allSatisfy({ !(0x41...0x5a).contains($0) }) || part.contains("[") {
        let word = String(part.prefix { $0 != "[" })
        if word.hasPrefix(typed), word != "-", word == word.lowercased() {
          found.append(.word(prefix + word, help: ""))
        }
      }
    }
    return found
  }
}

/// A line up to the word that is being typed. What is wrong in it is not judged here.
private struct TypedLine {
  private(set) var command: CommandDefinition?
  /// Of a command's name that is not whole.
  private(set) var words: [String] = []
  private(set) var operandWords: [String] = []
  private(set) var used: Set<String> = []
  /// A flag whose value comes next.
  private(set) var waiting: Flag?
  private(set) var isOperandsOnly = false
  var operands: Int { operandWords.count }
  var flags: [Flag] {
    let own = command?.flags ?? []
    return own + GlobalFlags.beside(own)
  }

  init(_ words: some Sequence<String>, _ commands: [CommandDefinition]) {
    for word in words {
      if waiting != nil {
        waiting = nil
      } else if word == "--", !isOperandsOnly {
        isOperandsOnly = true
      } else if word.hasPrefix("-"), word != "-", !isOperandsOnly {
        take(flag: word)
      } else if command == nil {
        self.words.append(word)
        let name = self.words.joined(separator: " ")
        command = commands.first { $0.name == name }
      } else if operandWords.isEmpty,
        let longer = commands.first(where: { $0.name == (self.words + [word]).joined(separator: " ") })
      {
        self.words.append(word)
        command = longer
      } else {
        operandWords.append(word)
      }
    }
  }

  private mutating func take(flag word: String) {
    let name = word.drop { $0 == "-" }.prefix { $0 != "=" }
    let isLong = word.hasPrefix("--")
    guard let flag = flags.first(where: { isLong ? $0.name == name : $0.short == name.first }) else { return }
    used.insert(flag.name)
    let hasValue = isLong ? word.contains("=") : name.count > 1
    if flag.value != nil, !hasValue, !flag.mayLackValue { waiting = flag }
  }
}

extension Substring {
  /// Without those letters at its two ends.
  fileprivate func trimming(_ letters: String) -> String {
    // The bracket of `zstd[:LEVEL]` belongs to it.
    let start = drop { letters.contains($0) }
    return String(start.contains("[") ? start : start.prefix { !letters.contains($0) })
  }
}
