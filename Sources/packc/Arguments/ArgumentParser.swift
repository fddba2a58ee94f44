internal import PackCore

/// Splits the arguments into a command, flags and operands, by the definitions alone.
struct ArgumentParser {
  let commands: [CommandDefinition]

  struct Parsed {
    var command: CommandDefinition?
    /// `image` of `packc image --help`.
    var noun: String?
    var values: [String: [String]] = [:]
    var operands: [String] = []
  }

  func parse(_ arguments: [String]) throws -> Parsed {
    var parsed = Parsed()
    var words: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        if parsed.command == nil { throw usage("a command must come before \"--\"") }
        parsed.operands += rest
        break
      }
      if argument.hasPrefix("-"), argument != "-" {
        try takeFlag(argument, &rest, &parsed)
      } else if let longer = longer(parsed, argument) {
        parsed.command = longer
      } else if parsed.command == nil {
        words.append(argument)
        try chooseCommand(&words, &parsed)
      } else {
        // `kernel import` after `kernel` was not yet a command: handled in chooseCommand.
        parsed.operands.append(argument)
      }
    }
    if parsed.command == nil, !words.isEmpty {
      let noun = words.joined(separator: " ")
      guard parsed.values["help"] != nil, commands.contains(where: { $0.name.hasPrefix(noun + " ") }) else {
        throw unknownCommand(words)
      }
      parsed.noun = noun
    }
    try check(parsed)
    return parsed
  }

  /// `grants revoke` after `grants`, which is a command, too.
  private func longer(_ parsed: Parsed, _ argument: String) -> CommandDefinition? {
    guard let command = parsed.command, parsed.operands.isEmpty else { return nil }
    return commands.first { $0.name == "\(command.name) \(argument)" }
  }

  private func chooseCommand(_ words: inout [String], _ parsed: inout Parsed) throws {
    let name = words.joined(separator: " ")
    if let command = commands.first(where: { $0.name == name }) {
      parsed.command = command
      return
    }
    guard commands.contains(where: { $0.name.hasPrefix(name + " ") }) else { throw unknownCommand(words) }
  }

  private func takeFlag(_ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout Parsed) throws {
    let own = parsed.command?.flags ?? []
    let known = own + GlobalFlags.beside(own)
    let flag: Flag
    var inline: String?
    if argument.hasPrefix("--") {
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts.first ?? "")
      guard let found = known.first(where: { $0.name == name }) else { throw unknownFlag(argument, parsed, known) }
      flag = found
      inline = parts.count == 2 ? String(parts[1]) : nil
    } else {
      let letters = argument.dropFirst()
      guard let letter = letters.first, let found = known.first(where: { $0.short == letter }) else {
        throw unknownFlag(argument, parsed, known)
      }
      flag = found
      if letters.count > 1 { inline = String(letters.dropFirst()) }
    }
    guard flag.value != nil else {
      if inline != nil { throw usage("--\(flag.name) takes no value") }
      parsed.values[flag.name] = [""]
      return
    }
    if flag.mayLackValue, inline == nil, let next = rest.first, !next.isEmpty, next.allSatisfy(\.isNumber) {
      throw Failure(
        "wrong_usage", "a value of --\(flag.name) stands behind an equals sign", hint: "--\(flag.name)=\(next)",
        exit: .usage)
    }
    guard let value = inline ?? (flag.mayLackValue ? "" : rest.popFirst()) else {
      throw usage("--\(flag.name) needs a value (\(flag.value ?? ""))")
    }
    if !flag.repeats, parsed.values[flag.name] != nil { throw usage("--\(flag.name) stands twice") }
    parsed.values[flag.name, default: []].append(value)
  }

  private func check(_ parsed: Parsed) throws {
    guard let command = parsed.command, parsed.values["help"] == nil else { return }
    if parsed.operands.count > command.maximumOperands {
      throw usage("`packc \(command.name)` does not take \"\(parsed.operands[command.maximumOperands])\"", command)
    }
    if parsed.operands.count < command.minimumOperands {
      var failure = usage("`packc \(command.name)` needs \(command.operands)", command)
      if command.operands.hasPrefix("APP") { failure.hint = "`packc list` shows the deployments and their names" }
      throw failure
    }
  }

  private func usage(_ text: String, _ command: CommandDefinition? = nil) -> Failure {
    Failure(
      "wrong_usage", text, hint: "see `packc \(command.map { $0.name + " " } ?? "")--help`", exit: .usage)
  }

  /// What other tools call it.
  private static let habits = [
    "image rm": "image untag", "image remove": "image untag", "rmi": "image untag", "image ls": "image list",
    "images": "image list", "image history": "image inspect", "image save": "image export", "save": "image export",
    "image load": "image import", "load": "image import", "image prune": "image gc", "push": "image push",
    "pull": "image pull", "login": "image login", "logout": "image logout", "tag": "image tag",
  ]

  private func unknownCommand(_ words: [String]) -> Failure {
    let name = words.joined(separator: " ")
    let below = commands.map(\.name).filter { $0.hasPrefix(name + " ") }
    if !below.isEmpty {
      return Failure(
        "wrong_usage",
        "`packc \(name)` needs one of: \(below.map { String($0.dropFirst(name.count + 1)) }.joined(separator: ", "))",
        hint: "see `packc \(name) --help`", exit: .usage)
    }
    // `kernal list` is refused at its first word.
    let first = commands.compactMap { $0.name.split(separator: " ").first.map(String.init) }
    let near = Self.habits[name] ?? Suggestion.nearest(to: name, in: commands.map(\.name) + first)
    return Failure(
      "wrong_usage", "there is no command \"\(name)\"",
      hint: near.map { "did you mean `packc \($0)`?" } ?? "see `packc help`", exit: .usage)
  }

  private func unknownFlag(_ argument: String, _ parsed: Parsed, _ known: [Flag]) -> Failure {
    let name = String(argument.drop { $0 == "-" }.prefix { $0 != "=" })
    let near = Suggestion.nearest(to: name, in: known.map(\.name))
    let place = parsed.command.map { "`packc \($0.name)`" } ?? "packc"
    return Failure(
      "wrong_usage", "\(place) has no flag \(argument)",
      hint: near.map { "did you mean --\($0)?" } ?? "see `packc \(parsed.command.map { $0.name + " " } ?? "")--help`",
      exit: .usage)
  }
}
