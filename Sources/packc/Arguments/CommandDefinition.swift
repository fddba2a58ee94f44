internal import PackCore

/// A flag as it is written, parsed, and shown by `--help`: one definition for all three.
struct Flag: Sendable {
  let name: String
  let short: Character?
  /// What stands for the value in help (`SECONDS`); nil for a switch.
  let value: String?
  let help: String
  let repeats: Bool
  /// The value is written with `=`, or left out: `--wait`, `--wait=60`.
  let mayLackValue: Bool

  init(
    _ name: String, short: Character? = nil, value: String? = nil, repeats: Bool = false, mayLackValue: Bool = false,
    help: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
    self.repeats = repeats
    self.mayLackValue = mayLackValue
  }

  /// As help shows it: `--wait[=SECONDS]`.
  var head: String { "--\(name)" + (value.map { mayLackValue ? "[=\($0)]" : " \($0)" } ?? "") }
}

/// One command: what help shows and what runs.
struct CommandDefinition: Sendable {
  /// `build`, `kernel import`
  let name: String
  let summary: String
  /// `[DIR]`
  let operands: String
  let minimumOperands: Int
  let maximumOperands: Int
  let flags: [Flag]
  /// Further paragraphs of `--help`.
  let details: String
  /// What a shell offers for the operands, where help's own words (FILE, DIR) do not say it: names that are there.
  let completes: (@Sendable (HostContext) -> [String])?
  /// For packc's own use: not in the lists of help.
  let isHidden: Bool
  let run: @Sendable (Invocation) throws -> ExitCode

  init(
    _ name: String, summary: String, operands: String = "", count: ClosedRange<Int> = 0...0, flags: [Flag] = [],
    details: String = "", isHidden: Bool = false, completes: (@Sendable (HostContext) -> [String])? = nil,
    run: @escaping @Sendable (Invocation) throws -> ExitCode
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    minimumOperands = count.lowerBound
    maximumOperands = count.upperBound
    self.flags = flags
    self.details = details
    self.completes = completes
    self.isHidden = isHidden
    self.run = run
  }
}

/// Flags that every command takes, before or after its name.
enum GlobalFlags {
  static let all = [
    Flag("json", help: "print the result as one JSON document on standard output"),
    Flag("output-format", short: "o", value: "json|text", help: "the same as --json when it is json"),
    Flag("progress", value: "auto|tree|plain|json|quiet", help: "how progress is shown on standard error"),
    Flag("quiet", short: "q", help: "no progress, only errors"),
    Flag("verbose", short: "v", help: "everything that the steps print"),
    Flag("color", value: "auto|always|never", help: "colour on standard error (NO_COLOR is honoured)"),
    Flag("project", value: "DIR", help: "work as if started in DIR"),
    Flag("help", short: "h", help: "show this help"),
  ]

  /// As a command with these flags has them: a letter that the command gives to a flag of its own is that flag's.
  static func beside(_ own: [Flag]) -> [Flag] {
    let letters = Set(own.compactMap(\.short))
    return all.map { flag in
      guard let short = flag.short, letters.contains(short) else { return flag }
      return Flag(flag.name, value: flag.value, repeats: flag.repeats, help: flag.help)
    }
  }
}
