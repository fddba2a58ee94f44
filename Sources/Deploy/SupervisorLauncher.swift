internal import Glibc
internal import PackCore
internal import Runner

/// Starts the supervisor of a deployment, or its builder, and hears whether it can work.
struct SupervisorLauncher {
  let context: HostContext
  let state: StateDirectory

  /// What of the caller's environment a supervisor needs.
  private static let passed = [
    "PATH", "HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR", SecretStore.keyVariable,
  ]

  private var environment: [String: String] {
    context.environment.filter { Self.passed.contains($0.key) && !$0.value.isEmpty }
  }

  /// Returns when the supervisor has its lock and its ports. To be called under the deployment's lock.
  func start(_ record: DeploymentRecord) throws {
    try start(
      ["supervise", record.name], mark: record.id, environment: environment,
      log: state.machine(record.name).supervisorLog)
  }

  /// Returns when the builder has its lock. It sees what the caller sees, as a build in the foreground would.
  func start(_ build: PendingBuild, of name: String) throws {
    try start(
      ["supervise", name, "--build"], mark: build.id, environment: context.environment,
      log: state.machine(name).buildLog)
  }

  /// Returns when the balancer takes connections. To be called under the deployment's lock.
  func start(_ balance: Balance, of name: String) throws {
    try start(
      ["supervise", name, "--balance"], mark: balance.id, environment: environment,
      log: state.machine(name).balancerLog)
  }

  private func start(_ arguments: [String], mark: String, environment: [String: String], log: HostPath) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let ours = Descriptor(owning: ends[0])
    let theirs = Descriptor(owning: ends[1])
    var environment = environment
    environment[DeploymentRecord.mark] = mark
    try FileSystem.removeFile(log)
    let identity = try DetachedProcess.start(
      Command(
        [context.executable.description] + arguments, environment: environment, directory: "/",
        descriptors: [(theirs.raw, 3)]), errors: log)
    try theirs.close()
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try ours.read(into: $0) }
      if count == 0 { break }
      answer += buffer[..<count]
    }
    guard let json = try? JSONParser.parse(answer) else {
      _ = identity?.waitForEnd(seconds: 1)
      let said = (try? FileSystem.head(log, count: 4096)) ?? nil
      throw DeployFailure.supervisorDied(String(decoding: said ?? [], as: UTF8.self))
    }
    if let failure = Failure(written: json) { throw failure }
  }
}
