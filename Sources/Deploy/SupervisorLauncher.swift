internal import Glibc
internal import PackCore
internal import Runner

/// Starts the supervisor of a deployment and hears whether it can work.
struct SupervisorLauncher {
  let context: HostContext
  let state: StateDirectory

  /// What of the caller's environment a supervisor needs.
  private static let passed = [
    "PATH", "HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR", SecretStore.keyVariable,
  ]

  /// Returns when the supervisor has its lock and its ports. To be called under the deployment's lock.
  func start(_ record: DeploymentRecord) throws {
    let directory = state.machine(record.name)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let ours = Descriptor(owning: ends[0])
    let theirs = Descriptor(owning: ends[1])
    var environment = [DeploymentRecord.mark: record.id]
    for name in Self.passed { environment[name] = context.variable(name) }
    try FileSystem.removeFile(directory.supervisorLog)
    let identity = try DetachedProcess.start(
      Command(
        [context.executable.description, "supervise", record.name], environment: environment, directory: "/",
        descriptors: [(theirs.raw, 3)]), errors: directory.supervisorLog)
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
      let log = (try? FileSystem.head(directory.supervisorLog, count: 4096)) ?? nil
      throw DeployFailure.supervisorDied(String(decoding: log ?? [], as: UTF8.self))
    }
    guard let code = json["code"]?.string else { return }
    throw Failure(
      code, json["message"]?.string ?? "the supervisor could not start", hint: json["hint"]?.string,
      exit: ExitCode(rawValue: Int32(clamping: json["exit"]?.integer ?? 1)), cause: json["cause"]?.string)
  }
}
