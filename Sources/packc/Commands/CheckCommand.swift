internal import Build
internal import PackCore

/// `packc check`: which tools are there, their versions, what is missing and the command that installs it.
enum CheckCommand {
  static let definition = CommandDefinition(
    "check", summary: "show which tools are there, which are missing, and how to install them",
    flags: [Flag("packs", value: "DIR", repeats: true, help: "a directory of packs that is searched first")],
    details: """
      Exit code 0 when everything that packc itself needs is there, 30 when something of it is missing.
      Tools of languages are needed only by projects in that language.
      """
  ) { invocation in
    let places = invocation.strings("packs").map(invocation.path)
    let tools = try ToolCheck.all(invocation.context, packPlaces: places, reporter: invocation.reporter)
    let found = tools.map { $0.run(invocation.context) }
    let missing = found.contains { $0.path == nil && $0.tool.need == .required }
    try invocation.output.write(["tools": .array(found.map(\.json)), "complete": .bool(!missing)]) {
      text(found)
    }
    return missing ? .toolchain : .done
  }

  private static func text(_ found: [ToolCheck.Result]) -> String {
    let width = found.map { $0.tool.name.utf8.count }.max() ?? 0
    return found.map { result in
      let name = result.tool.name + String(repeating: " ", count: width - result.tool.name.utf8.count)
      guard let path = result.path else {
        let mark = result.tool.need == .required ? "missing" : "absent "
        return "\(mark)  \(name)  \(result.tool.purpose); install: \(result.tool.install)\n"
      }
      return "found    \(name)  \(result.version ?? "version unknown")  \(path)  (\(result.tool.purpose))\n"
    }.joined()
  }
}
