internal import PackCore

/// `packc help [COMMAND]`.
enum HelpCommand {
  static let definition = CommandDefinition(
    "help", summary: "show the commands, or one command's flags", operands: "[COMMAND]", count: 0...2
  ) { invocation in
    guard !invocation.operands.isEmpty else {
      try Help.print(nil)
      return .done
    }
    let name = invocation.operands.joined(separator: " ")
    guard let command = Commands.all.first(where: { $0.name == name }) else {
      let near = Suggestion.nearest(to: name, in: Commands.all.map(\.name))
      throw Failure(
        "wrong_usage", "there is no command \"\(name)\"",
        hint: near.map { "did you mean `packc help \($0)`?" } ?? "see `packc help`", exit: .usage)
    }
    try Help.print(command)
    return .done
  }
}
