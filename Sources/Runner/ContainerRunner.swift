internal import Glibc
public import PackCore

/// Runs an unpacked image in the foreground under runc, as root or as an ordinary user.
public struct ContainerRunner: Sendable {
  private let context: HostContext
  private let signals: SignalSource

  public init(_ context: HostContext, signals: SignalSource = .process) {
    self.context = context
    self.signals = signals
  }

  /// Returns when the program has ended and nothing of the container is left. Its streams are packc's own, its standard
  /// input is empty. Throws what packc or runc did wrong (125) and a program that could not be started (4).
  public func run(_ request: ContainerRequest) throws -> RunOutcome {
    guard let runc = context.findTool("runc") else { throw RunFailure.noTool("runc", package: "runc") }
    let work = try FileSystem.createTemporaryDirectory(in: runtimeDirectory(), prefix: "packc")
    defer { try? FileSystem.removeTree(work) }
    let container = Container(runc: runc, work: work, environment: childEnvironment)
    try container.writeBundle(
      ContainerConfig(request: request, rootless: geteuid() == 0 ? nil : (geteuid(), getegid()), hostFiles: hostFiles))
    defer { container.delete() }
    let (end, stopped) = try watch(try container.start(), container)
    if let stopped { return RunOutcome(end: .interrupted(stopped)) }
    try container.throwOwnFailure(end, program: request.arguments.first ?? "")
    switch end {
    // runc reports a signal as a shell does.
    case .exited(let code) where code > 128 && code < 128 + 65: return RunOutcome(end: .signalled(code - 128))
    case .exited(let code): return RunOutcome(end: .exited(code))
    case .signalled(let signal): return RunOutcome(end: .signalled(signal))
    }
  }

  /// SIGTERM to the program at the first signal, SIGKILL after the grace or at the second one.
  private func watch(
    _ process: consuming RunningProcess, _ container: Container
  ) throws -> (end: CommandResult.End, stopped: Int32?) {
    var stopping = Stopping(signals: signals)
    while true {
      var watched = [
        pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.descriptor(), events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&watched, 2, stopping.milliseconds)
      if let end = try process.reapIfEnded() { return (end, stopping.signal) }
      stopping.takeSignals()
      switch stopping.nextStep(programRuns: container.hasStarted) {
      // runc hands it on.
      case .askGuest: process.signal(SIGTERM)
      case .kill:
        container.kill()
        if !container.hasStarted { process.signal(SIGKILL) }
      case .nothing: break
      }
    }
  }

  private var hostFiles: [HostPath] {
    ["/etc/resolv.conf", "/etc/hosts"].filter { FileSystem.exists($0) }
  }
  private var childEnvironment: [String: String] {
    var environment = ["PATH": context.searchPath.map(\.description).joined(separator: ":")]
    environment["XDG_RUNTIME_DIR"] = context.variable("XDG_RUNTIME_DIR")
    return environment
  }
  private func runtimeDirectory() -> HostPath {
    guard let path = context.variable("XDG_RUNTIME_DIR").map({ HostPath($0) }), path.isAbsolute,
      path.withCString({ access($0, W_OK) }) == 0
    else { return "/tmp" }
    return path
  }
}

/// One container of runc, its bundle and its state in a private directory.
private struct Container {
  let runc: HostPath
  let work: HostPath
  let environment: [String: String]
  private let name = "packc-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  private var bundle: HostPath { work / "bundle" }
  private var pidFile: HostPath { work / "pid" }
  private var log: HostPath { work / "log" }
  private var common: [String] {
    [runc.description, "--root", "\(work / "state")", "--log", log.description, "--log-format", "json"]
  }

  init(runc: HostPath, work: HostPath, environment: [String: String]) {
    self.runc = runc
    self.work = work
    self.environment = environment
  }

  func writeBundle(_ config: ContainerConfig) throws {
    try FileSystem.createDirectory(bundle)
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(config.json), to: bundle / "config.json", durable: false)
  }

  func start() throws -> RunningProcess {
    try RunningProcess.start(
      Command(
        common + ["run", "--bundle", bundle.description, "--pid-file", pidFile.description, name],
        environment: environment, standardOutput: .inherit, standardError: .inherit))
  }

  /// runc writes the process id once the program has been started.
  var hasStarted: Bool { FileSystem.exists(pidFile) }
  /// The first process of the container takes all others with it.
  func kill() {
    guard let text = try? FileSystem.read(pidFile, limit: 32), let pid = Int32(String(decoding: text, as: UTF8.self)),
      pid > 1
    else { return }
    Glibc.kill(pid, SIGKILL)
  }

  /// Also after an interrupt, when no other command is started any more.
  func delete() {
    let command = Command(
      common + ["delete", "--force", name], environment: environment, standardOutput: .discard,
      standardError: .discard)
    guard var process = try? RunningProcess.start(command) else { return }
    let deadline = HostContext.monotonicClock() + 5_000_000_000
    while HostContext.monotonicClock() < deadline, (try? process.reapIfEnded()) == .some(nil) {
      var watched = pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&watched, 1, 1000)
    }
  }

  /// What runc wrote into its log is runc's: a program that cannot be executed, or a container that cannot be made.
  func throwOwnFailure(_ end: CommandResult.End, program: String) throws {
    guard end != .exited(0), let text = lastError else { return }
    let errors: [(String, Int32)] = [
      ("executable file not found", ENOENT), ("no such file or directory", ENOENT), ("permission denied", EACCES),
      ("exec format error", ENOEXEC),
    ]
    if text.contains("exec"), let (_, code) = errors.first(where: { text.contains($0.0) }) {
      throw RunFailure.startFailed("execute \(program)", code)
    }
    if !hasStarted { throw RunFailure.containerFailed("runc cannot make the container", cause: text) }
  }

  /// The last line of the log that is an error.
  private var lastError: String? {
    guard let bytes = try? FileSystem.read(log, limit: 1 << 20) else { return nil }
    let lines = bytes.split(separator: 0x0a).compactMap { try? JSONParser.parse(Array($0), name: "runc's log") }
    return lines.last { $0["level"]?.string == "error" }?["msg"]?.string
  }
}
