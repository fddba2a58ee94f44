internal import PackCore

/// `packc help [COMMAND]`.
enum HelpCommand {
  static let definition = CommandDefinition(
    "help", summary: "show the commands, or one command's flags", operands: "[COMMAND]", count: 0...3
  ) { invocation in
    guard !invocation.operands.isEmpty else {
      try Help.print(nil)
      return .done
    }
    let noun = invocation.operands[0]
    if invocation.operands.count == 1, Commands.shown.contains(where: { $0.name.hasPrefix(noun + " ") }),
      !Commands.all.contains(where: { $0.name == noun })
    {
      try StandardOutput.write(Array(Help.group(noun).utf8))
      return .done
    }
    try Help.print(try command(invocation.operands))
    return .done
  }

  /// The command that these words name.
  static func command(_ words: [String]) throws -> CommandDefinition {
    let name = words.joined(separator: " ")
    if let command = Commands.all.first(where: { $0.name == name }) { return command }
    let near = Suggestion.nearest(to: name, in: Commands.shown.map(\.name))
    throw Failure(
      "wrong_usage", "there is no command \"\(name)\"",
      hint: near.map { "did you mean `packc help \($0)`?" } ?? "see `packc help`", exit: .usage)
  }
}
