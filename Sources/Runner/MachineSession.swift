internal import Glibc
internal import Kernel
internal import PackCore

/// One machine from its start to its end: QEMU, the console, the control channel, the signals, all on one poll(2).
struct MachineSession: ~Copyable {
  private var process: RunningProcess
  private var network: PasstNetwork?
  private let console: Descriptor
  private let control: Descriptor
  private let output: Descriptor
  private var relay: any MachineOutput
  private var reports = GuestReportReader()
  private var progress: MachineProgress
  private var stopping: Stopping
  /// Bytes for the guest that its port has not taken yet.
  private var outgoing: [UInt8] = []
  private var errors: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var consoleIsOpen = true
  private var controlIsOpen = true
  private var outputIsOpen = true
  /// Bytes of the output port so far.
  private var outputBytes: UInt64 = 0
  private var owesAcknowledgement = false
  private var errorsAreOpen = true
  private let setting: Setting
  private let signals: SignalSource
  private let started = HostContext.monotonicClock()
  private var core: CoreReceiver?
  private var boot: BootWatch?
  private let attendant: (any MachineAttendant)?

  /// What is decided before the machine is started.
  struct Setting {
    var command: QEMUCommand
    /// For the program's start: its variables, its volumes' disks.
    var greeting: [GuestControl.Message]
    var ports: [PublishedPort]
    var declared: [GuestPort]
    /// The program that makes the network; nil for QEMU's own.
    var passt: HostPath?
    /// What may leave the machine; nil for everything.
    var filter: EgressFilter?
    /// Seconds.
    var bootLimit: Int
    /// Where a core dump goes.
    var core: HostPath?
    /// Held as long as the machine's process lives.
    var locks: [VolumeLock] = []
    /// Of QEMU's and passt's own environment.
    var environment: [String: String] = [:]
  }

  /// With `measuring` (when packc began) the run is a measurement, which ends when it is known where the time went. With
  /// `supervision` nobody is at the terminal, and `output` is not used.
  init(
    _ setting: Setting, measuring began: UInt64? = nil, supervision: Supervision? = nil, reporter: Reporter,
    output: Int32, signals: SignalSource
  ) throws {
    let console = try SocketPair()
    let control = try SocketPair()
    let port = try SocketPair()
    let monitor = try SocketPair()
    var command = setting.command
    var descriptors = [
      (console.theirs.raw, command.consoleDescriptor), (control.theirs.raw, command.controlDescriptor),
      (port.theirs.raw, command.outputDescriptor),
    ]
    if began != nil {
      let last = command.outputDescriptor + 1
      command.monitorDescriptor = last
      descriptors.append((monitor.theirs.raw, last))
    }
    let link = try SocketPair()
    if let tool = setting.passt {
      let last = command.outputDescriptor + 2
      command.networkDescriptor = last
      descriptors.append((link.theirs.raw, last))
      network = try PasstNetwork(
        tool, command.network, setting.ports, socket: link.ours.raw, environment: setting.environment,
        filter: setting.filter, reporter: reporter)
    }
    for (index, lock) in setting.locks.enumerated() {
      descriptors.append((lock.descriptor.raw, command.outputDescriptor + 3 + Int32(index)))
    }
    // In a group of its own: the terminal's Ctrl-C is packc's to answer.
    process = try RunningProcess.start(
      Command(
        command.arguments, environment: setting.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 },
        standardOutput: .discard, standardError: .capture, descriptors: descriptors))
    self.console = console.takeOurs()
    self.control = control.takeOurs()
    self.output = port.takeOurs()
    relay = supervision?.output ?? ConsoleRelay(output: output)
    let attendant = supervision?.attendant
    self.attendant = attendant
    progress = MachineProgress(
      ports: setting.ports, declared: setting.declared, memory: command.memory, reporter: reporter,
      tell: { attendant?.take($0) })
    stopping = Stopping(signals: signals, grace: supervision?.grace)
    self.setting = setting
    self.signals = signals
    attendant?.take(.spawned(pid: process.pid))
    if let began { boot = BootWatch(BootTimeline(began: began, spawned: started), monitor: monitor.takeOurs()) }
  }

  /// What the run was a measurement of.
  var timeline: BootTimeline? { boot?.timeline }

  mutating func run() throws -> RunOutcome {
    while true {
      poll()
      try advance()
      if let end = try process.reapIfEnded() {
        drain()
        return try outcome(end)
      }
    }
  }

  // MARK: - Events

  private mutating func poll() {
    var watched = [
      pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: consoleIsOpen && relay.wantsToRead ? console.raw : -1, events: Int16(POLLIN), revents: 0),
      pollfd(
        fd: controlIsOpen ? control.raw : -1, events: Int16(outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0),
      pollfd(fd: errorsAreOpen ? process.error : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor(), events: Int16(POLLIN), revents: 0),
      pollfd(fd: relay.wantsToWrite ? relay.output : -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: boot?.monitorDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: network?.endDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: outputIsOpen && relay.wantsToRead ? output.raw : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: attendant?.descriptor ?? -1, events: attendant?.awaited ?? 0, revents: 0),
    ]
    guard Glibc.poll(&watched, nfds_t(watched.count), wake()) > 0 else { return }
    if watched[1].revents != 0 { readConsole() }
    if watched[8].revents != 0 { readOutput() }
    if watched[2].revents & Int16(POLLOUT) != 0 { writeControl() }
    if watched[2].revents & ~Int16(POLLOUT) != 0 { readControl() }
    if watched[3].revents != 0 { readErrors() }
    if watched[5].revents != 0 { relay.write() }
    if watched[6].revents != 0 { boot?.readMonitor() }
  }

  /// Milliseconds until something is due.
  private func wake() -> Int32 {
    guard let due = [stopping.killAt, bootDeadline, boot?.wake, attendant?.wake].compactMap({ $0 }).min() else {
      return -1
    }
    let now = HostContext.monotonicClock()
    return due <= now ? 0 : Int32(clamping: (due - now) / 1_000_000 + 1)
  }

  private var bootDeadline: UInt64? {
    progress.isUp ? nil : started + UInt64(setting.bootLimit) * 1_000_000_000
  }

  private mutating func advance() throws {
    boot?.lookAtProcessor(isUp: progress.isUp)
    if boot?.takesNoLonger() ?? false { send(.tellBoot) }
    acknowledgeIfDue()
    // It ends with the machine, and not before.
    if !stopping.hasBegun, !progress.hasEnded, let failure = try network?.failure() { throw failure }
    if relay.isBroken { stopping.begin(signal: SIGPIPE) }
    attendant?.advance()
    if attendant?.wantsEnd ?? false { stopping.begin(signal: SIGTERM) }
    stopping.takeSignals()
    switch stopping.nextStep(programRuns: progress.programRuns) {
    case .askGuest(let grace): send(.stop(grace: grace))
    case .kill: process.signal(SIGKILL)
    case .nothing: break
    }
    if let bootDeadline, HostContext.monotonicClock() >= bootDeadline {
      throw RunFailure.neverStarted(seconds: setting.bootLimit, lines: relay.lastLines)
    }
    if let problem = progress.fatal { throw problem }
  }

  // MARK: - Channels

  private mutating func readConsole() {
    let count = read(console.raw, &buffer, buffer.count)
    if count > 0 {
      relay.take(buffer[..<count])
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      consoleIsOpen = false
    }
  }

  private mutating func readOutput() {
    let count = read(output.raw, &buffer, buffer.count)
    if count > 0 {
      outputBytes += UInt64(count)
      relay.take(buffer[..<count])
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      outputIsOpen = false
    }
  }

  private mutating func readControl() {
    let count = read(control.raw, &buffer, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { controlIsOpen = false }
      return
    }
    let now = HostContext.monotonicClock()
    for report in reports.read(buffer[..<count]) {
      if case .core(let offset, let bytes) = report.event {
        takeCore(offset, bytes)
        continue
      }
      let answer = progress.take(report, seconds: Double(now - started) / 1e9)
      if boot?.take(report, progress.ready, at: now) ?? false { send(.tellBoot) }
      switch answer {
      case .greet: greet()
      case .acknowledge where boot == nil: owesAcknowledgement = true
      case .acknowledge, .nothing: break
      }
      if let boot, boot.timeline.isTold {
        // The program has ended, or has shown all that was asked.
        if progress.hasEnded { owesAcknowledgement = true } else { stopping.begin(signal: SIGTERM) }
      }
    }
  }

  /// Once everything that the program has written is here.
  private mutating func acknowledgeIfDue() {
    guard owesAcknowledgement, outputBytes >= progress.outputBytes || !outputIsOpen else { return }
    owesAcknowledgement = false
    send(.acknowledge)
    // The machine is about to end by itself.
    stopping.allow(seconds: 5)
  }

  private mutating func takeCore(_ offset: UInt64, _ bytes: [UInt8]) {
    guard let path = setting.core else { return }
    do {
      if core == nil { core = try CoreReceiver(path: path) }
      guard try core?.take(offset: offset, bytes: bytes) ?? false else { return }
      core = nil
      progress.dumped(to: path)
    } catch {
      progress.couldNotDump(to: path, error)
    }
  }

  /// Everything that the program's start needs.
  private mutating func greet() {
    // From getrandom(2).
    var source = SystemRandomNumberGenerator()
    send(.entropy((0..<64).map { _ in UInt8.random(in: 0 ... .max, using: &source) }))
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    send(.clock(seconds: UInt64(now.tv_sec), nanoseconds: UInt32(now.tv_nsec)))
    for message in setting.greeting { send(message) }
    send(.start(tied: true, ipv6: network != nil))
  }

  private mutating func send(_ message: GuestControl.Message) {
    guard controlIsOpen else { return }
    outgoing += message.bytes
    writeControl()
  }

  private mutating func writeControl() {
    let count = outgoing.withUnsafeBytes { Glibc.send(control.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if count > 0 { outgoing.removeFirst(count) }
  }

  private mutating func readErrors() {
    let count = read(process.error, &buffer, buffer.count)
    if count > 0 {
      if errors.count < 1 << 14 { errors += buffer[..<count] }
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      errorsAreOpen = false
    }
  }

  /// After QEMU's end: what still lies in the channels, and our own output until it is taken or packc is told to stop.
  private mutating func drain() {
    readRestOfControl()
    readErrors()
    while consoleIsOpen || outputIsOpen || relay.wantsToWrite {
      if relay.wantsToRead, outputIsOpen || consoleIsOpen {
        if outputIsOpen { readOutput() } else { readConsole() }
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

  private mutating func readRestOfControl() {
    while controlIsOpen {
      var watched = pollfd(fd: control.raw, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&watched, 1, 0) > 0 else { return }
      readControl()
    }
  }

  // MARK: - The end

  private func outcome(_ end: CommandResult.End) throws -> RunOutcome {
    if let signal = stopping.signal {
      return progress.outcome(.interrupted(signal))
    }
    if let outcome = progress.outcome { return outcome }
    if let failure = progress.fatal ?? progress.failure { throw failure }
    let text = String(decoding: errors, as: UTF8.self)
    if !progress.isUp, end != .exited(0) { throw RunFailure.hypervisor(end, errors: text) }
    throw RunFailure.noReport(end, lines: relay.lastLines, errors: text)
  }
}

/// Two connected stream sockets, both close-on-exec; ours does not block.
struct SocketPair: ~Copyable {
  fileprivate let ours: Descriptor
  let theirs: Descriptor

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Failure.system("open a pair of sockets", errno: errno)
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    ours = Descriptor(owning: ends[0])
    theirs = Descriptor(owning: ends[1])
  }

  consuming func takeOurs() -> Descriptor { ours }
  /// The caller closes both.
  consuming func release() -> (ours: Int32, theirs: Int32) { (ours.release(), theirs.release()) }
}
