internal import PackCore

/// A parsed call of a command: its flags and operands with their types, the host, and where results and progress go.
struct Invocation {
  let command: CommandDefinition
  let values: [String: [String]]
  let operands: [String]
  let context: HostContext
  let output: ResultOutput
  let reporter: Reporter

  func has(_ flag: String) -> Bool { values[flag] != nil }
  func string(_ flag: String) -> String? { values[flag]?.last }
  func strings(_ flag: String) -> [String] { values[flag] ?? [] }

  /// The same call as if the flag had not been given.
  func without(_ flag: String) -> Invocation {
    Invocation(
      command: command, values: values.filter { $0.key != flag }, operands: operands, context: context, output: output,
      reporter: reporter)
  }

  func path(_ text: String) -> HostPath { (context.workingDirectory / text).lexicallyNormalized }
  func path(flag: String) -> HostPath? { string(flag).map(path) }

  func number(_ flag: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let text = string(flag) else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw Failure(
        "wrong_usage", "--\(flag) \(text): expected a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))",
        hint: "see `packc \(command.name) --help`", exit: .usage)
    }
    return number
  }

  /// A path as it was typed, whatever `--project` says.
  func typedPath(_ text: String) -> HostPath { ((FileSystem.resolve(".") ?? "/") / text).lexicallyNormalized }

  /// The project directory: the operand, or `--project`, or where packc was started.
  func project() -> HostPath { operands.first.map(path) ?? context.workingDirectory }
}

/// Standard output: one JSON document with `--json`, else text for people.
struct ResultOutput {
  let json: Bool

  func write(_ value: JSONValue, text: () -> String) throws {
    try StandardOutput.write(json ? CanonicalJSON.encodePretty(value) : Array(text().utf8))
  }
}
