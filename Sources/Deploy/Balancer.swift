internal import Glibc
public import PackCore
internal import Runner

/// The process beside haproxy: starts it, starts it again when it ended, and ends with it. The kernel ends haproxy with this
/// process however that ends (PR_SET_PDEATHSIG, by setpriv(1)), and haproxy's worker ends with its master.
public struct Balancer {
  private let context: HostContext
  private let directory: MachineDirectory
  private let events: EventLog
  private let haproxy: HostPath
  /// Starts in a row of a haproxy that did not last a minute.
  private var row = 0

  /// The entry of `packc supervise NAME --balance`; whoever started it reads one line from the descriptor `answer`.
  public static func run(_ name: String, _ context: HostContext, answer: Int32) -> ExitCode {
    var balancer: Balancer
    let lock: FileLock
    let first: RunningProcess
    do {
      let directory = try StateDirectory(context).machine(name)
      guard let taken = try FileLock.attempt(directory.balancerLock) else { throw DeployFailure.supervised(name) }
      lock = taken
      guard let identity = ProcessIdentity.of(getpid()) else { throw Failure("no_proc", "there is no /proc") }
      try StoredDocument.write(identity.json, to: directory.balancerIdentity)
      balancer = try Balancer(context, directory)
      first = try balancer.start()
    } catch {
      Supervisor.say((error as? Failure ?? Failure("internal", "\(error)")).json, to: answer)
      return .failed
    }
    Supervisor.say([:], to: answer)
    ResidentMemory.release()
    defer { withExtendedLifetime(lock) {} }
    return balancer.stay(first)
  }

  /// Where haproxy is: distributions keep it beside what only root uses.
  static func tool(_ context: HostContext) -> HostPath? {
    context.findTool("haproxy")
      ?? context.searchPath.filter { $0.name == "bin" }.map { $0.parent / "sbin/haproxy" }
      .first(where: FileSystem.isExecutableFile)
  }

  private init(_ context: HostContext, _ directory: MachineDirectory) throws {
    guard let tool = Self.tool(context) else { throw DeployFailure.noBalancer(directory.name) }
    haproxy = tool
    self.context = context
    self.directory = directory
    events = EventLog(directory.events)
  }

  /// Starts haproxy, and returns when it listens.
  private func start() throws -> RunningProcess {
    guard let balance = try Balance.read(directory) else { throw DeployFailure.unknown(directory.name, known: []) }
    let text = HAProxyConfiguration(balance: balance).text
    try FileSystem.writeAtomically(Array(text.utf8), to: directory.balancerConfiguration, mode: 0o600)
    var process = try RunningProcess.start(
      Command(
        [
          "setpriv", "--pdeathsig", "KILL", haproxy.description, "-W", "-db", "-f",
          "\(directory.balancerConfiguration)",
        ],
        environment: [
          DeploymentRecord.mark: balance.id, "PATH": context.variable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin",
        ], directory: "/", standardOutput: .discard))
    for _ in 0..<Self.patience {
      if try process.reapIfEnded() != nil {
        throw DeployFailure.balancerEnded(directory.name, Self.said(process.error).joined(separator: "\n"))
      }
      if isListening(balance.listen) {
        try BalancerReport(haproxy: ProcessIdentity.of(process.pid)).write(directory)
        return process
      }
      usleep(10_000)
    }
    throw DeployFailure.balancerEnded(directory.name, "it does not listen at \(balance.listen) after 5 seconds")
  }

  /// Times ten milliseconds.
  private static let patience = 500

  private func isListening(_ port: PublishedPort) -> Bool {
    let raw = socket(port.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { return false }
    let file = Descriptor(owning: raw)
    return port.connect(file.raw) == 0
  }

  private mutating func stay(_ first: consuming RunningProcess) -> ExitCode {
    var process: RunningProcess? = first
    while true {
      let began = HostContext.monotonicClock()
      if let ended = process.take() { watch(ended) }
      if Interruption.signal != nil { return .done }
      let reason = "haproxy ended, and is started again"
      events.add(["kind": "balancer", "text": .string(reason)])
      try? BalancerReport(reason: reason).write(directory)
      guard pause(delay(afterRun: HostContext.monotonicClock() - began)) else { return .done }
      do { process = try start() } catch {
        try? BalancerReport(reason: (error as? Failure)?.message ?? "\(error)").write(directory)
      }
    }
  }

  /// A moment, then 1, 2, 4, … 32 seconds.
  private mutating func delay(afterRun nanoseconds: UInt64) -> UInt64 {
    if nanoseconds >= 60_000_000_000 { row = 0 }
    defer { row += 1 }
    return row == 0 ? 100_000_000 : 1_000_000_000 << min(UInt64(row) - 1, 5)
  }

  /// Until it has ended, or this process is to end: then it is ended first.
  private func watch(_ process: consuming RunningProcess) {
    var errors = process.error
    while Interruption.signal == nil {
      var watched = [
        pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: Interruption.signalDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&watched, 3, -1)
      if watched[2].revents != 0 {
        let lines = Self.said(errors)
        for line in lines { events.add(["kind": "balancer", "text": .string(line)]) }
        if lines.isEmpty { errors = -1 }
      }
      if let end = try? process.reapIfEnded() {
        _ = end
        return
      }
    }
  }

  /// What stands in the pipe; nothing at its end.
  private static func said(_ descriptor: Int32) -> [String] {
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0
      ? String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init) : []
  }

  /// False when somebody wants this process to end.
  private func pause(_ delay: UInt64) -> Bool {
    let due = HostContext.monotonicClock() + delay
    while Interruption.signal == nil {
      let now = HostContext.monotonicClock()
      guard now < due else { return true }
      var watched = pollfd(fd: Interruption.signalDescriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&watched, 1, Int32(clamping: (due - now) / 1_000_000 + 1))
    }
    return false
  }
}
