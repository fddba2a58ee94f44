internal import Glibc
internal import Kernel
internal import PackCore

/// A machine with Unikraft's ELF loader from its start to its end. There is no init of packc's in it and so no report: what
/// listens is seen from outside, how the program ends is not known, and the machine is ended by whoever started it.
struct UnikraftSession: ~Copyable {
  private var process: RunningProcess
  private let console: Descriptor
  private var relay: ConsoleRelay
  private var readiness: ForwardProbe
  private var stopping: Stopping
  private var errors: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var consoleIsOpen = true
  private var errorsAreOpen = true
  private let signals: SignalSource
  private let reporter: Reporter
  private let port: PublishedPort?
  private let started = HostContext.monotonicClock()
  private var secondsToListen: Double?

  init(
    _ command: QEMUCommand, ports: [PublishedPort], reporter: Reporter, output: Int32, signals: SignalSource
  ) throws {
    let console = try SocketPair()
    let monitor = try SocketPair()
    var command = command
    command.hasControl = false
    command.monitorDescriptor = command.controlDescriptor
    process = try RunningProcess.start(
      Command(
        command.arguments, environment: ["PATH": "/usr/bin:/bin"], standardOutput: .discard, standardError: .capture,
        descriptors: [
          (console.theirs.raw, command.consoleDescriptor), (monitor.theirs.raw, command.controlDescriptor),
        ]))
    self.console = console.takeOurs()
    port = ports.first { $0.guest.transport == .tcp }
    readiness = ForwardProbe(port, monitor: monitor.takeOurs())
    relay = ConsoleRelay(output: output)
    stopping = Stopping(signals: signals)
    self.signals = signals
    self.reporter = reporter
  }

  mutating func run() throws -> RunOutcome {
    reporter.note("Unikraft reports neither the program's end nor its exit code: the machine runs until it is stopped")
    while true {
      poll()
      advance()
      if let end = try process.reapIfEnded() {
        drain()
        guard let signal = stopping.signal else { throw RunFailure.unikraftEnded(end, relay.lastLines, errors) }
        return RunOutcome(end: .interrupted(signal), secondsToListen: secondsToListen)
      }
    }
  }

  private mutating func poll() {
    var watched = [
      pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: consoleIsOpen && relay.wantsToRead ? console.raw : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: readiness.monitorDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorsAreOpen ? process.error : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor(), events: Int16(POLLIN), revents: 0),
      pollfd(fd: relay.wantsToWrite ? relay.output : -1, events: Int16(POLLOUT), revents: 0),
    ]
    guard Glibc.poll(&watched, nfds_t(watched.count), wake()) > 0 else { return }
    if watched[1].revents != 0 { readConsole() }
    if watched[2].revents != 0 { readiness.readMonitor() }
    if watched[3].revents != 0 { readErrors() }
    if watched[5].revents != 0 { relay.write() }
  }

  private func wake() -> Int32 {
    guard let due = [stopping.killAt, readiness.wake].compactMap({ $0 }).min() else { return -1 }
    let now = HostContext.monotonicClock()
    return due <= now ? 0 : Int32(clamping: (due - now) / 1_000_000 + 1)
  }

  private mutating func advance() {
    readiness.advance()
    if readiness.isReady, secondsToListen == nil, let port {
      secondsToListen = Double(HostContext.monotonicClock() - started) / 1e9
      reporter.note("ready: \(port.url)")
    }
    if relay.isBroken { stopping.begin(signal: SIGPIPE) }
    stopping.takeSignals()
    // There is nobody in the machine to ask.
    if case .kill = stopping.nextStep(programRuns: false) { process.signal(SIGKILL) }
  }

  private mutating func readConsole() {
    let count = read(console.raw, &buffer, buffer.count)
    if count > 0 {
      relay.take(buffer[..<count])
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      consoleIsOpen = false
    }
  }

  private mutating func readErrors() {
    let count = read(process.error, &buffer, buffer.count)
    if count > 0 {
      if errors.count < 1 << 14 { errors += buffer[..<count] }
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      errorsAreOpen = false
    }
  }

  /// After QEMU's end: what still lies in the console, until our output does not take it or packc is told to stop.
  private mutating func drain() {
    readErrors()
    while consoleIsOpen || relay.wantsToWrite {
      if consoleIsOpen, relay.wantsToRead {
        readConsole()
        continue
      }
      var watched = [
        pollfd(fd: relay.output, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: signals.descriptor(), events: Int16(POLLIN), revents: 0),
      ]
      _ = Glibc.poll(&watched, 2, stopping.hasBegun ? 200 : -1)
      if watched[0].revents == 0 { return }
      relay.write()
    }
  }
}
