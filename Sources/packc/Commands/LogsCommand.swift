internal import Deploy
internal import PackCore
internal import Runner

/// `packc logs`: what a program said, byte for byte.
enum LogsCommand {
  static let definition = CommandDefinition(
    "logs", summary: "show what a deployed program said", operands: "[APP]", count: 0...1,
    flags: [
      Flag("tail", short: "n", value: "LINES", help: "only the last so many lines"),
      Flag(
        "since", value: "TIME", help: "only what was said in the last 30s, 10m, 2h or 3d, or since 2026-12-01T00:00:00Z"
      ),
      Flag("build", help: "what the last build for it said, in the program's place"),
      Flag("follow", short: "f", help: "go on with what comes, until it ends"),
    ],
    details: """
      Without APP: the only deployment, or that of the project in this directory. Which one was chosen, and why, is said on
      standard error. While its first release is being built, or when that failed, the log is the build's, and -f goes on with the program's. The output is the program's own, so --json changes nothing in it.
      """
  ) { invocation in
    let deployments = try Deployments(invocation.context)
    let (name, why) = try choose(deployments, invocation)
    if let why { invocation.reporter.note("logs of \(name): \(why)") }
    let tail = try invocation.number("tail", in: 0...1_000_000_000).map { Int($0) }
    let since = try invocation.string("since").map(TimeText.parse)
    let found = try deployments.find(name)
    if invocation.has("build") || found.showsBuild {
      try build(found, deployments, tail: tail, hasSince: since != nil, invocation)
      // Who follows wants to see the program, too.
      guard invocation.has("follow"), !invocation.has("build"), Interruption.signal == nil,
        try !deployments.find(name).showsBuild
      else { return ended }
      invocation.reporter.note("logs of \(name): of the program")
    }
    var choice = LogReader.Choice()
    choice.tail = tail
    choice.since = since
    choice.follows = invocation.has("follow")
    try LogReader(deployments, name).read(choice) { try StandardOutput.write($0) }
    return ended
  }

  /// Whoever follows ends it by a signal.
  private static var ended: ExitCode { Interruption.signal.map(ExitCode.signal) ?? .done }

  private static func build(
    _ found: Deployment, _ deployments: Deployments, tail: Int?, hasSince: Bool, _ invocation: Invocation
  ) throws {
    let file = deployments.state.machine(found.name).buildLog
    guard FileSystem.exists(file) else {
      throw Failure(
        "no_build_log", "nothing was built for \(found.name) by a deployment", hint: "`packc logs \(found.name)`")
    }
    let state = found.build.map { $0.failure == nil ? "goes on" : "failed" } ?? "is done"
    invocation.reporter.note("logs of \(found.name): of its build, which \(state)")
    if hasSince { invocation.reporter.warn("--since is for a program's output; a build's is shown whole") }
    var log = BuildLog(file)
    try log.copy(
      tail: tail, follows: invocation.has("follow"),
      goesOn: { try deployments.all().first { $0.name == found.name }?.build.map { $0.failure == nil } ?? false },
      write: { try StandardOutput.write($0) })
  }

  private static func choose(
    _ deployments: Deployments, _ invocation: Invocation
  ) throws -> (name: String, why: String?) {
    if let name = invocation.operands.first { return (try deployments.find(name).name, nil) }
    let all = try deployments.all()
    let ofProject = all.of(project: invocation.context.workingDirectory)
    if ofProject.count == 1 { return (ofProject[0].name, "it is this project's only deployment") }
    if all.count == 1 { return (all[0].name, "it is the only deployment") }
    let names = (ofProject.isEmpty ? all : ofProject).map(\.name)
    throw Failure(
      "which_deployment", all.isEmpty ? "there are no deployments" : "there are several deployments",
      hint: all.isEmpty ? "`packc deploy` makes one" : "name one: \(names.joined(separator: ", "))", exit: .usage)
  }
}
