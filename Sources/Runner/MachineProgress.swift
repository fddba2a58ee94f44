internal import Kernel
internal import PackCore

/// What is known of a machine from its own reports, and what is said to the person about it.
struct MachineProgress {
  enum Answer { case nothing, greet, acknowledge }

  private let ports: [PublishedPort]
  private let declared: [GuestPort]
  private let memory: Int
  private let reporter: Reporter
  private let tell: (MachineEvent) -> Void
  private var end: RunOutcome.End?
  private var memoryKills = 0
  private var secondsToStart: Double?
  private var secondsToListen: Double?
  private var hasIPv6 = false
  /// What listens on ports that are published on IPv6 addresses, before the machine has one.
  private var early: [GuestListener] = []
  /// What was said of a port once is not said again.
  private var told: Set<GuestPort> = []

  /// What listens at the first published port, or at any when none is published.
  private(set) var ready: String?
  private(set) var hasEnded = false
  /// What has gone through the output port by the program's end.
  private(set) var outputBytes: UInt64 = 0
  /// The init has answered.
  private(set) var isUp = false
  private(set) var programRuns = false
  /// Ends the run at once.
  private(set) var fatal: Failure?
  /// Is thrown when the machine has ended.
  private(set) var failure: Failure?

  init(
    ports: [PublishedPort], declared: [GuestPort], memory: Int, reporter: Reporter,
    tell: @escaping (MachineEvent) -> Void = { _ in }
  ) {
    self.ports = ports
    self.declared = declared
    self.memory = memory
    self.reporter = reporter
    self.tell = tell
  }

  mutating func take(_ report: GuestControl.Report, seconds: Double) -> Answer {
    switch report.event {
    case .hello(let version):
      isUp = true
      guard version == GuestControl.version else {
        fatal = RunFailure.otherInit(version)
        return .nothing
      }
      tell(.up)
      return .greet
    case .started:
      programRuns = true
      secondsToStart = seconds
      tell(.started)
    case .listening(let listener): listening(listener, seconds)
    case .stoppedListening(let listener):
      early.removeAll { $0 == listener }
      tell(.stoppedListening(listener))
    case .hasIPv6:
      hasIPv6 = true
      for listener in early { listening(listener, seconds) }
      early = []
    case .startFailed(let code, let what):
      failure = RunFailure.startFailed(what, code)
      hasEnded = true
      return .acknowledge
    case .wrote(let bytes): outputBytes = bytes
    case .exited(let code, let kills): return ended(.exited(code), kills)
    case .signalled(let signal, let kills): return ended(.signalled(signal), kills)
    case .problem(let text, let ends):
      if ends {
        failure = RunFailure.guestProblem(text)
        hasEnded = true
        return .acknowledge
      }
      reporter.warn("the machine says: \(text)")
    case .core, .stamp, .log, .told: break
    }
    return .nothing
  }

  private mutating func ended(_ end: RunOutcome.End, _ kills: UInt32) -> Answer {
    self.end = end
    hasEnded = true
    tell(.ended(end, memoryKills: Int(kills)))
    memoryKills = Int(kills)
    programRuns = false
    if kills > 0 {
      reporter.warn(
        "memory ran out: the machine has \(memory) MiB, and its kernel ended \(kills) process\(kills == 1 ? "" : "es")",
        hint: "give it more: --memory \(memory * 2)Mi (unik.yaml: run.memory)")
    }
    return .acknowledge
  }

  var outcome: RunOutcome? { end.map(outcome) }

  func outcome(_ end: RunOutcome.End) -> RunOutcome {
    RunOutcome(
      end: end, memoryKills: memoryKills, secondsToStart: secondsToStart, secondsToListen: secondsToListen)
  }

  // MARK: - Core dumps

  func dumped(to path: HostPath) {
    reporter.note("the program's core dump: \(path) (`packc image symbols --core \(path)` reads it)")
  }
  func couldNotDump(to path: HostPath, _ error: any Error) {
    reporter.warn("the program's core dump could not be kept in \(path): \(error)")
  }

  // MARK: - What listens

  private mutating func listening(_ listener: GuestListener, _ seconds: Double) {
    let port = listener.port
    let published = ports.first { $0.reaches(listener) } ?? ports.first { $0.guest == port }
    guard published != nil || declared.contains(port) || port.transport == .tcp else { return }
    if let published, published.isIPv6, !hasIPv6, published.reaches(listener) { return early.append(listener) }
    let isReached = !listener.isLoopback && published?.reaches(listener) ?? true
    if isReached { tell(.listening(listener, published: published)) }
    if !isReached, published != nil || declared.contains(port) { tell(.listeningInside(listener)) }
    guard told.insert(port).inserted else { return }
    if listener.isLoopback {
      guard published != nil || declared.contains(port) else { return }
      reporter.warn(
        "the program listens on \(listener) only, where nobody outside the machine reaches it",
        hint: "make it listen on 0.0.0.0 (all addresses), for example by its HOST or --host setting")
      // It may listen on another address, too.
      told.remove(port)
      return
    }
    if let published, !published.reaches(listener) {
      reporter.warn(
        "the program listens on \(listener) only, and \(published) leads to \(published.isIPv6 ? "IPv6" : "IPv4")",
        hint: published.isIPv6
          ? "make it listen on [::], or publish an IPv4 address" : "make it listen on 0.0.0.0 or [::]")
      // It may listen on another address, too.
      told.remove(port)
      return
    }
    if ready == nil, published != nil || ports.isEmpty { ready = listener.description }
    guard let published else {
      reporter.note(
        "the program listens on \(listener), which is not published (--publish \(port.number):\(port.number))")
      return
    }
    if secondsToListen == nil { secondsToListen = seconds }
    reporter.note(
      port.transport == .tcp
        ? "ready: \(published.url)" : "ready: \(published.place)/udp")
  }
}
