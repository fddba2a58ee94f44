internal import PackCore

/// `packc completion bash|zsh|fish`: the script for a shell; and `next`, which the scripts call.
enum CompletionCommand {
  static let definition = CommandDefinition(
    "completion", summary: "print the completion script of a shell", operands: "bash|zsh|fish|next", count: 1...4096,
    details: """
      For this shell:  source <(packc completion bash)
      For every one:   packc completion bash > ~/.local/share/bash-completion/completions/packc
                       packc completion zsh > DIRECTORY-OF-FPATH/_packc
                       packc completion fish > ~/.config/fish/completions/packc.fish

      The scripts know nothing of packc's commands: they ask `packc completion next -- WORD…` what may follow. It answers
      with a line for each word, a tab and the word's help; a line that begins with a tab asks for the shell's own
      completion of files or directories.
      """
  ) { invocation in
    let name = invocation.operands[0]
    if name == "next" { return try next(invocation, Array(invocation.operands.dropFirst())) }
    guard let script = CompletionScript(rawValue: name), invocation.operands.count == 1 else {
      let known = CompletionScript.allCases.map(\.rawValue)
      throw Failure(
        "wrong_usage",
        "`packc completion \(invocation.operands.joined(separator: " "))`: expected one of "
          + known.joined(separator: ", "), hint: "write `packc completion bash`", exit: .usage)
    }
    try invocation.output.write(["shell": .string(name), "script": .string(script.text)]) { script.text }
    return .done
  }

  private static func next(_ invocation: Invocation, _ words: [String]) throws -> ExitCode {
    let found = Completion(commands: Commands.shown, context: invocation.context).next(words)
    let json: JSONValue = .array(
      found.map { candidate in
        switch candidate {
        case .word(let word, let help): ["word": .string(word), "help": .string(help)]
        case .files: ["kind": "files"]
        case .directories: ["kind": "directories"]
        }
      })
    try invocation.output.write(["candidates": json]) { found.map(\.line).joined() }
    return .done
  }
}
