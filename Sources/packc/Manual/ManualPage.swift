internal import PackCore

/// The manual: packc(1) and a page for each command, of the same definitions as `--help`.
struct ManualPage {
  /// `packc-image-list.1`
  let name: String
  let text: String

  static func all(_ commands: [CommandDefinition]) -> [ManualPage] {
    let shown = commands.filter { !$0.isHidden }
    return [overview(shown)] + shown.map { page($0) }
  }

  static func page(_ command: CommandDefinition) -> ManualPage {
    let title = Self.title(command.name)
    var page = Roff(title: title, version: PackcVersion.current)
    page.section("NAME")
    page.prose("\(title) - \(command.summary)")
    page.section("SYNOPSIS")
    page.prose("`packc \(command.name)` [FLAGS]" + (command.operands.isEmpty ? "" : " \(command.operands)"))
    if !command.details.isEmpty {
      page.section("DESCRIPTION")
      page.prose(command.details)
    }
    if !command.flags.isEmpty {
      page.section("OPTIONS")
      for flag in command.flags { page.item(term(flag), flag.help) }
    }
    page.section("OPTIONS OF EVERY COMMAND")
    for flag in GlobalFlags.beside(command.flags) { page.item(term(flag), flag.help) }
    if let schema = AnswerSchema.of(command.name) {
      page.section("OUTPUT")
      page.prose("With `--json` as \(schema.text) of packc's documents says.")
    }
    page.section("SEE ALSO")
    page.prose("`packc`(1), which lists every command and exit code")
    return ManualPage(name: "\(title).1", text: page.text)
  }

  static func overview(_ commands: [CommandDefinition]) -> ManualPage {
    var page = Roff(title: "packc", version: PackcVersion.current)
    page.section("NAME")
    page.prose("packc - source code to an OCI image and a bootable unikernel image")
    page.section("SYNOPSIS")
    page.prose("`packc` COMMAND [FLAGS] [ARGUMENTS]")
    page.section("COMMANDS")
    for command in commands { page.item(Roff.bold(title(command.name)) + "(1)", command.summary) }
    page.section("OPTIONS OF EVERY COMMAND")
    page.prose("They may stand before a command and after it.")
    for flag in GlobalFlags.all { page.item(term(flag), flag.help) }
    page.section("EXIT STATUS")
    for (code, meaning) in ExitCode.meanings { page.item(Roff.bold(String(code.rawValue)), meaning) }
    page.section("FILES")
    page.item(Roff.bold("unik.yaml"), "the project's file, optional")
    page.item(Roff.bold("packc.lock"), "what a project's builds stand on")
    page.item(Roff.italic("~/.config/packc"), "packs and credentials (XDG_CONFIG_HOME)")
    page.item(Roff.italic("~/.cache/packc"), "images, kernels, steps that need not run again (XDG_CACHE_HOME)")
    page.item(Roff.italic("~/.local/state/packc"), "deployments, volumes, secrets (XDG_STATE_HOME)")
    return ManualPage(name: "packc.1", text: page.text)
  }

  private static func title(_ command: String) -> String {
    "packc-" + command.split(separator: " ").joined(separator: "-")
  }

  private static func term(_ flag: Flag) -> String {
    let names = (flag.short.map { [Roff.bold("-\($0)")] } ?? []) + [Roff.bold("--\(flag.name)")]
    return names.joined(separator: ", ")
      + (flag.value.map { flag.mayLackValue ? "[=\(Roff.italic($0))]" : " " + Roff.italic($0) } ?? "")
  }
}
