internal import Glibc
internal import Kernel
internal import PackCore

/// One container from its start to its end: runc, the reports of its init, the signals.
struct ContainerSession: ~Copyable {
  private var process: RunningProcess
  private let container: Container
  private let reportsEnd: Descriptor
  private var reports = GuestReportReader()
  private var stopping: Stopping
  private let signals: SignalSource
  private var programRuns = false
  private var reportIsOpen = true
  private var outcome: RunOutcome?
  private var failure: Failure?

  init(_ container: Container, signals: SignalSource) throws {
    let pair = try SocketPair()
    process = try container.start(report: pair.theirs.raw)
    reportsEnd = pair.takeOurs()
    self.container = container
    self.signals = signals
    stopping = Stopping(signals: signals)
  }

  mutating func run() throws -> RunOutcome {
    while true {
      poll()
      stopping.takeSignals()
      switch stopping.nextStep(programRuns: programRuns) {
      // runc hands it to the init, and the init to the program.
      case .askGuest: process.signal(SIGTERM)
      case .kill: kill()
      case .nothing: break
      }
      if let end = try process.reapIfEnded() {
        readReports()
        return try result(end)
      }
    }
  }

  private mutating func poll() {
    var watched = [
      pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor(), events: Int16(POLLIN), revents: 0),
      pollfd(fd: reportIsOpen ? reportsEnd.raw : -1, events: Int16(POLLIN), revents: 0),
    ]
    _ = Glibc.poll(&watched, nfds_t(watched.count), stopping.milliseconds)
    if watched[2].revents != 0 { readReports() }
  }

  private mutating func readReports() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while reportIsOpen {
      let count = read(reportsEnd.raw, &buffer, buffer.count)
      guard count > 0 else {
        if count == 0 || (errno != EAGAIN && errno != EINTR) { reportIsOpen = false }
        return
      }
      for report in reports.read(buffer[..<count]) { take(report.event) }
    }
  }

  private mutating func take(_ event: GuestControl.Event) {
    switch event {
    case .started: programRuns = true
    case .startFailed(let code, let what): failure = RunFailure.startFailed(what, code)
    case .exited(let code, _): outcome = RunOutcome(end: .exited(code))
    case .signalled(let signal, _): outcome = RunOutcome(end: .signalled(signal))
    default: break
    }
  }

  /// The init takes everything in the container with it; before there is one, runc itself goes.
  private func kill() {
    if !container.killInit() { process.signal(SIGKILL) }
  }

  private func result(_ end: CommandResult.End) throws -> RunOutcome {
    if let signal = stopping.signal { return RunOutcome(end: .interrupted(signal)) }
    if let outcome { return outcome }
    if let failure { throw failure }
    if programRuns, end == .exited(128 + SIGKILL) || end == .signalled(SIGKILL) {
      return RunOutcome(end: .signalled(SIGKILL))
    }
    throw RunFailure.containerFailed("runc cannot make the container (\(end))", cause: container.lastError ?? "")
  }
}

/// The files and commands of one container, in a private directory.
struct Container {
  private let runc: HostPath
  private let work: HostPath
  private let environment: [String: String]
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

  /// `report` becomes the init's descriptor 3.
  func start(report: Int32) throws -> RunningProcess {
    try RunningProcess.start(
      Command(
        common + [
          "run", "--preserve-fds", "1", "--bundle", bundle.description, "--pid-file", pidFile.description, name,
        ],
        environment: environment, standardOutput: .inherit, standardError: .inherit, descriptors: [(report, 3)]))
  }

  /// False when there is no init (any more).
  func killInit() -> Bool {
    guard let text = try? FileSystem.read(pidFile, limit: 32), let pid = Int32(String(decoding: text, as: UTF8.self)),
      pid > 1
    else { return false }
    return Glibc.kill(pid, SIGKILL) == 0
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

  /// The last error in runc's log.
  var lastError: String? {
    guard let bytes = try? FileSystem.read(log, limit: 1 << 20) else { return nil }
    let lines = bytes.split(separator: 0x0a).compactMap { try? JSONParser.parse(Array($0), name: "runc's log") }
    return lines.last { $0["level"]?.string == "error" }?["msg"]?.string
  }
}
