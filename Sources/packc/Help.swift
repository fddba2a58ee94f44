internal import PackCore

/// `packc help` and `--help`, made from the command definitions.
enum Help {
  static func print(_ command: CommandDefinition?) throws {
    try StandardOutput.write(Array((command.map(text) ?? overview()).utf8))
  }

  static func overview() -> String {
    var out = "packc \(PackcVersion.current): source code to an OCI image and a bootable unikernel image\n\n"
    out += "usage: packc COMMAND [FLAGS] [ARGUMENTS]\n\n"
    let commands = Commands.all.filter { !$0.isHidden }
    let width = commands.map { $0.name.utf8.count }.max() ?? 0
    for command in commands { out += "  \(pad(command.name, width))  \(command.summary)\n" }
    out += "\nFlags of every command:\n" + table(GlobalFlags.all)
    out += "\n`packc COMMAND --help` shows a command's own flags.\n"
    return out
  }

  /// The commands of a noun: `packc image`, `packc image --help`.
  static func group(_ noun: String) -> String {
    let commands = Commands.all.filter { $0.name.hasPrefix(noun + " ") }
    let width = commands.map { $0.name.utf8.count }.max() ?? 0
    return "usage: packc \(noun) COMMAND [FLAGS] [ARGUMENTS]\n\n"
      + commands.map { "  \(pad($0.name, width))  \($0.summary)\n" }.joined()
      + "\n`packc \(noun) COMMAND --help` shows a command's flags.\n"
  }

  static func text(_ command: CommandDefinition) -> String {
    var out = "packc \(command.name): \(command.summary)\n\n"
    out += "usage: packc \(command.name) [FLAGS]\(command.operands.isEmpty ? "" : " " + command.operands)\n"
    if !command.details.isEmpty { out += "\n" + command.details + "\n" }
    if !command.flags.isEmpty { out += "\nFlags:\n" + table(command.flags) }
    return out + "\nFlags of every command:\n" + table(GlobalFlags.beside(command.flags))
  }

  private static func table(_ flags: [Flag]) -> String {
    let heads = flags.map { flag in
      (flag.short.map { "-\($0), " } ?? "    ") + flag.head
    }
    let width = min(heads.map(\.utf8.count).max() ?? 0, 36)
    return zip(heads, flags).map { "  \(pad($0, width))  \($1.help)\n" }.joined()
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
}
