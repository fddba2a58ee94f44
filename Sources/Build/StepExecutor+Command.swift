internal import PackCore

/// The command of a step: what it gets, how it is run, and what it has to leave.
extension StepExecutor {
  /// The secrets lie in a home that exists for this step only.
  func withSecrets(of step: BuildStep, _ sandbox: Sandbox, _ body: () throws -> Void) throws {
    guard step.network, !setting.secrets.all.isEmpty else { return try body() }
    defer { try? FileSystem.removeTree(sandbox.host.home) }
    try setting.secrets.write(below: sandbox.host.home)
    try body()
    for output in step.outputs {
      guard let leak = try setting.secrets.leak(in: sandbox.host.work / output) else { continue }
      throw BuildFailure.secretInOutput(step, leak.secret, leak.file.relative(to: sandbox.host.work) ?? output)
    }
  }

  private func environment(of step: BuildStep, _ sandbox: Sandbox) -> [String: String] {
    var environment = baseEnvironment(of: step)
    environment["HOME"] = sandbox.places.home.description
    environment["TMPDIR"] = sandbox.places.temporary.description
    if setting.libexec != nil { environment["PACKC_LIBEXEC"] = sandbox.places.libexec?.description }
    if step.network {
      for name in setting.passthrough { environment[name] = setting.context.environment[name] }
      environment.merge(setting.secrets.variables) { $1 }
    }
    for (name, value) in step.environment { environment[name] = sandbox.places.expand(value) }
    return environment
  }

  func runCommand(of step: BuildStep, _ sandbox: Sandbox) throws {
    let places = sandbox.places
    let directory = places.source / step.workingDirectory
    var tail: [String] = []
    var command = Command(
      try sandbox.wrap(step.argv.map(places.expand), directory: directory, network: step.network, mounts: step.mounts),
      environment: environment(of: step, sandbox), directory: isolation.bubblewrap == nil ? directory : nil,
      timeout: setting.timeout)
    command.confinement = try sandbox.confinement(network: step.network)
    let result = try ProcessRunner().run(command) { _, line in
      let line = step.network ? setting.secrets.hidden(line) : line
      setting.reporter.send(.stepLine(id: step.id, text: line))
      tail.append(line)
      if tail.count > 200 { tail.removeFirst(100) }
    }
    let lines = tail.suffix(40).map { "    " + $0 }.joined(separator: "\n")
    if result.timedOut { throw BuildFailure.stepTimedOut(step, seconds: setting.timeout, tail: lines) }
    guard result.succeeded else { throw BuildFailure.stepFailed(step, result.end, tail: lines, in: isolation.kind) }
  }

  func checkOutputs(of step: BuildStep, _ workspace: Workspace) throws {
    for output in step.outputs where try FileSystem.status(workspace.work / output) == nil {
      let present = try DirectoryWalk.names(in: workspace.work).map { String(decoding: $0, as: UTF8.self) }
      throw BuildFailure.outputMissing(step, output, present: present)
    }
  }
}
