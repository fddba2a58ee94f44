internal import Config
internal import PackCore
internal import Runner

/// `packc render`: what another program needs to run a machine, as a text.
enum RenderCommand {
  static let definition = CommandDefinition(
    "render", summary: "print what systemd needs to run a built machine", operands: "[DIR]", count: 0...1,
    flags: [
      Flag("for", value: "systemd", help: "who runs it"),
      Flag("name", value: "NAME", help: "of the unit (default: the directory's)"),
    ] + RunCommand.machineFlags,
    details: """
      Prints a unit that runs `packc run DIR` in the foreground with the flags that are given here. Paths become absolute.
      A secret is named in it, never its value.

      packc render --for systemd --publish 8080:8080 > ~/.config/systemd/user/shop.service
      """
  ) { invocation in
    guard invocation.string("for") == "systemd" else {
      throw Failure(
        "wrong_usage", "`packc render` needs to know for whom", hint: "write --for systemd", exit: .usage)
    }
    let output = try RunCommand.built(invocation)
    // What `run` would refuse is refused now.
    _ = try RunCommand.machineRequest(invocation, output)
    let unit = SystemdUnit(name: try name(invocation), command: command(invocation))
    try invocation.output.write(["for": "systemd", "name": .string(unit.name), "text": .string(unit.text)]) {
      unit.text
    }
    return .done
  }

  private static func name(_ invocation: Invocation) throws -> String {
    guard let text = invocation.string("name") else {
      return ProjectName(slugifying: invocation.project().name)?.description ?? "machine"
    }
    guard let name = ProjectName(text) else {
      throw Failure(
        "wrong_usage", "--name \(text): expected lower-case letters, digits and dashes",
        hint: ProjectName(slugifying: text).map { "did you mean \($0)?" }, exit: .usage)
    }
    return name.description
  }

  /// The call of `packc run`, independent of where it is made.
  private static func command(_ invocation: Invocation) -> [String] {
    var words = [invocation.context.executable.description, "run", invocation.project().description]
    for flag in RunCommand.machineFlags {
      for value in invocation.strings(flag.name) {
        guard flag.value != nil else {
          words.append("--\(flag.name)")
          continue
        }
        words += ["--\(flag.name)", absolute(value, of: flag.name, invocation)]
      }
    }
    return words
  }

  private static func absolute(_ value: String, of flag: String, _ invocation: Invocation) -> String {
    switch flag {
    case "env-file", "output": return invocation.path(value).description
    case "volume":
      guard let cut = value.firstIndex(of: "="), !value.contains(":/") else { return value }
      return value[...cut] + invocation.typedPath(String(value[value.index(after: cut)...])).description
    default: return value
    }
  }
}
