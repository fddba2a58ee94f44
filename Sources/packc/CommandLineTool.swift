internal import PackCore

/// Parses, sets up progress, runs the command, and turns whatever it throws into one clear error.
struct CommandLineTool {
  let arguments: [String]

  func run() -> ExitCode {
    var wantsJSON = Self.asksForJSON(arguments)
    var isRun = false
    do {
      // What everybody types first.
      let asked = arguments == ["--version"] ? ["version"] : arguments
      let parsed = try ArgumentParser(commands: Commands.all).parse(asked)
      isRun = parsed.command?.name == "run"
      wantsJSON = try Self.wantsJSON(parsed)
      if let noun = parsed.noun {
        try StandardOutput.write(Array(Help.group(noun).utf8))
        return .done
      }
      if parsed.values["help"] != nil || parsed.command == nil {
        try Help.print(parsed.command)
        return parsed.command == nil && parsed.values["help"] == nil ? .usage : .done
      }
      guard let command = parsed.command else { return .usage }
      return try run(command, parsed, json: wantsJSON)
    } catch {
      var failure = error as? Failure ?? Failure("internal", "\(error)")
      if isRun { failure.exit = Self.exitOfRun(failure) }
      Self.show(failure, json: wantsJSON)
      return failure.exit
    }
  }

  /// `packc run` gives back the program's own codes, so packc's failures have one of theirs; a program that could not be
  /// started, wrong usage and a signal keep their own.
  private static func exitOfRun(_ failure: Failure) -> ExitCode {
    [.notStarted, .usage].contains(failure.exit) || failure.exit.rawValue > 128 ? failure.exit : .runFailed
  }

  private func run(_ command: CommandDefinition, _ parsed: ArgumentParser.Parsed, json: Bool) throws -> ExitCode {
    var context = try HostContext.current()
    if let project = parsed.values["project"]?.last {
      let directory = (context.workingDirectory / project).lexicallyNormalized
      guard FileSystem.isDirectory(directory) else {
        throw Failure(
          "no_project", "--project: there is no directory \(directory)", hint: "give a directory that exists",
          exit: .badInput)
      }
      context.workingDirectory = directory
    }
    let progress = try ProgressChoice(parsed.values, context).start()
    defer { progress.finish() }
    return try command.run(
      Invocation(
        command: command, values: parsed.values, operands: parsed.operands, context: context,
        output: ResultOutput(json: json), reporter: progress.reporter))
  }

  private static func wantsJSON(_ parsed: ArgumentParser.Parsed) throws -> Bool {
    if let format = parsed.values["output-format"]?.last {
      guard format == "json" || format == "text" else {
        throw Failure("wrong_usage", "-o \(format): expected json or text", exit: .usage)
      }
      return format == "json"
    }
    return parsed.values["json"] != nil
  }

  /// Before the arguments are parsed, for an error in parsing them.
  private static func asksForJSON(_ arguments: [String]) -> Bool {
    if arguments.contains("--json") { return true }
    // `image export -o json` writes a file of that name.
    let isPath = Commands.all.contains { command in
      command.flags.contains { $0.short == "o" }
        && arguments.contains(sequence: command.name.split(separator: " ").map(String.init))
    }
    return !isPath && (arguments.contains("-ojson") || arguments.contains(sequence: ["-o", "json"]))
  }

  private static func show(_ failure: Failure, json: Bool) {
    StandardOutput.writeError("error: \(failure)\n")
    guard json else { return }
    try? StandardOutput.write(CanonicalJSON.encodePretty(failure.document))
  }
}

extension [String] {
  /// True when these stand in it one behind the other.
  fileprivate func contains(sequence: [String]) -> Bool {
    indices.contains { self[$0...].starts(with: sequence) }
  }
}
