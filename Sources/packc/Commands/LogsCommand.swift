internal import Deploy
internal import PackCore

/// `packc logs`: what a program said, byte for byte.
enum LogsCommand {
  static let definition = CommandDefinition(
    "logs", summary: "show what a deployed program said", operands: "[APP]", count: 0...1,
    flags: [
      Flag("tail", short: "n", value: "LINES", help: "only the last so many lines"),
      Flag(
        "since", value: "TIME", help: "only what was said in the last 30s, 10m, 2h or 3d, or since 2026-12-01T00:00:00Z"
      ),
      Flag("follow", short: "f", help: "go on with what comes, until it ends"),
    ],
    details: """
      Without APP: the only deployment, or that of the project in this directory. Which one was chosen, and why, is said on
      standard error. The output is the program's own, so --json changes nothing in it.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let (name, why) = try choose(deployments, invocation)
    if let why { invocation.reporter.note("logs of \(name): \(why)") }
    var choice = LogReader.Choice()
    choice.tail = try invocation.number("tail", in: 0...1_000_000_000).map { Int($0) }
    choice.since = try invocation.string("since").map(TimeText.parse)
    choice.follows = invocation.has("follow")
    try LogReader(deployments, name).read(choice) { try StandardOutput.write($0) }
    return .done
  }

  private static func choose(
    _ deployments: Deployments, _ invocation: Invocation
  ) throws -> (name: String, why: String?) {
    if let name = invocation.operands.first { return (try deployments.find(name).name, nil) }
    let all = try deployments.all()
    let here = (FileSystem.resolve(invocation.context.workingDirectory) ?? invocation.context.workingDirectory)
      .description
    let ofProject = all.filter { $0.spec?.source == here }
    if ofProject.count == 1 { return (ofProject[0].name, "it is this project's only deployment") }
    if all.count == 1 { return (all[0].name, "it is the only deployment") }
    let names = (ofProject.isEmpty ? all : ofProject).map(\.name)
    throw Failure(
      "which_deployment", all.isEmpty ? "there are no deployments" : "there are several deployments",
      hint: all.isEmpty ? "`packc deploy` makes one" : "name one: \(names.joined(separator: ", "))", exit: .usage)
  }
}
