import CGuest
import CGuestWire

/// The program's life: from the host's word to the report of its end.
struct Supervisor {
  private var control: Control
  private let console: Console
  private var output = Output()
  private let watches = UnsafeMutablePointer<guest_watch>.allocate(capacity: 3)
  private let signals: Int32
  private var listeners = Listeners()
  private var memory = Memory()
  private var network = Network()
  private var stamps = Stamps()
  private var text = Text()
  /// How many processes there may be; nil when the program was told of it already.
  private var limit: ProcessLimit?
  private var processesBefore: UInt64 = 0
  /// What the host adds to the environment lies here, one NUL-terminated string after the other.
  private var additions = UnsafeMutablePointer<CChar>.allocate(capacity: Int(WIRE_ENVIRONMENT_LIMIT))
  private var additionsCount = 0

  private var process: Int32 = 0
  private var isTied = false
  private var outputIsRead = false
  private var tellsOfIPv6 = false
  private var killAt: UInt64?
  /// When the tables of sockets are read whether or not their number has changed.
  private var nextWalk: UInt64 = 0
  private static let graceWithoutHost: UInt32 = 5000
  private static let second: UInt64 = 1_000_000_000

  init(control: Control, console: Console) {
    self.control = control
    self.console = console
    signals = guest_signals()
  }

  // MARK: - Before the start

  /// Takes what the host adds until it says "start". Without a control port, or with one that nobody answers on for ten
  /// seconds, the program starts as it is configured.
  mutating func prepare(_ configuration: inout Configuration) {
    guard control.isOpen else { return }
    control.hello()
    let deadline = guest_clock() + 10 * Supervisor.second
    while guest_clock() < deadline {
      while let message = control.receive() {
        control.hostIsThere = true
        if take(message, into: &configuration) { return }
      }
      guard control.isOpen else { return }
      _ = waitForHost(100)
    }
  }

  /// True when it has hung up.
  private func waitForHost(_ milliseconds: Int32) -> Bool {
    watches[0] = guest_watch(fd: control.descriptor, for_writing: 0, state: 0)
    _ = guest_poll(watches, 1, milliseconds)
    guard watches[0].state & Int32(GUEST_HUNG_UP) != 0 else { return false }
    // A port that nobody holds is ready at once, and for ever.
    guest_sleep(20)
    return true
  }

  /// True for the last message of the preparation.
  private mutating func take(_ message: Control.Message, into configuration: inout Configuration) -> Bool {
    switch message.type {
    case Int(WIRE_HOST_ENVIRONMENT): addVariable(message, to: &configuration)
    case Int(WIRE_HOST_ENTROPY): _ = guest_add_entropy(message.payload, message.count)
    case Int(WIRE_HOST_CLOCK):
      if message.count == 12 { _ = guest_set_clock(wire_get64(message.payload), wire_get32(message.payload + 8)) }
    case Int(WIRE_HOST_DISK):
      if let name = keep(message) { _ = configuration.disks.append(name) }
    case Int(WIRE_HOST_START):
      isTied = message.number & UInt32(WIRE_OPTION_TIED) != 0
      tellsOfIPv6 = message.number & UInt32(WIRE_OPTION_IPV6) != 0
      outputIsRead = message.number & UInt32(WIRE_OPTION_OUTPUT) != 0
      return true
    default: break
    }
    return false
  }

  private mutating func addVariable(_ message: Control.Message, to configuration: inout Configuration) {
    if let variable = keep(message) { _ = configuration.environment.set(variable) }
  }

  /// The payload as a string that stays; nil when there is no room for it.
  private mutating func keep(_ message: Control.Message) -> CString? {
    guard additionsCount + message.count < Int(WIRE_ENVIRONMENT_LIMIT) else { return nil }
    let start = additions + additionsCount
    for index in 0..<message.count { start[index] = CChar(bitPattern: message.payload[index]) }
    start[message.count] = 0
    additionsCount += message.count + 1
    return CString(start)
  }

  // MARK: - The program

  /// Starts the program, waits for its end, reports it. Returns when the machine may end.
  mutating func run(_ configuration: Configuration, _ network: Network, _ stamps: Stamps) {
    self.network = network
    self.stamps = stamps
    let killsBefore = memory.kills()
    let limit = ProcessLimit(memory: memory.total())
    limit.apply()
    self.limit = limit
    processesBefore = memory.processes()
    if outputIsRead { output.open(user: configuration.user, group: configuration.group) }
    if !output.isOpen { console.give(to: configuration.user, configuration.group) }
    guard start(configuration) else { return finish() }
    self.stamps.mark("the program started")
    control.started(process)
    watch(killsBefore, configuration)
    finish()
  }

  private mutating func start(_ configuration: Configuration) -> Bool {
    var program = guest_program()
    program.arguments = UnsafePointer(configuration.arguments.start)
    program.environment = UnsafePointer(configuration.environment.start)
    program.directory = configuration.directory
    program.user = configuration.user
    program.group = configuration.group
    program.output = output.isOpen ? output.program : console.descriptor
    program.core_limit = configuration.coreLimit
    program.process_limit = limit?.user ?? 0
    if configuration.hasFilter {
      program.filter = UnsafeRawPointer(configuration.filter.start)
      program.filter_length = configuration.filter.count
    }
    var step: CString?
    process = guest_start(&program, &step)
    guard process < 0 else { return true }
    text.clear()
    if let step { text.append(step) }
    text.append(" ")
    let inDirectory = step.map { equal($0, "enter the working directory") } ?? false
    text.append(inDirectory ? configuration.directory : configuration.arguments[0])
    control.startFailed(-process, text)
    text.append(": errno ")
    text.append(Int(-process))
    if !control.hostIsThere { console.say(text) }
    return false
  }

  private mutating func watch(_ killsBefore: UInt32, _ configuration: Configuration) {
    let began = guest_clock()
    var nextLook: UInt64 = 0
    var counts = SocketCounts()
    while true {
      network.renew()
      if control.hostIsThere, guest_clock() >= nextLook {
        nextLook = look(since: began, &counts)
      }
      watches[0] = guest_watch(fd: signals, for_writing: 0, state: 0)
      watches[1] = guest_watch(fd: control.descriptor, for_writing: 0, state: 0)
      watches[2] = output.watch
      _ = guest_poll(watches, 3, wake(nextLook))
      takeSignals()
      takeMessages(watches[1].state)
      output.move()
      if let due = killAt, guest_clock() >= due {
        guest_signal_all(9)
        killAt = guest_clock() + Supervisor.second / 10
      }
      if reap(killsBefore, configuration) { return }
    }
  }

  /// What listens, and whether there are too many processes. Returns when to look again: soon until the program listens,
  /// which people wait for, but later the longer it takes, since each look takes time from the program; seldom afterwards.
  private mutating func look(since began: UInt64, _ counts: inout SocketCounts) -> UInt64 {
    let now = guest_clock()
    if counts.changed() || now >= nextWalk {
      listeners.poll(&control)
      checkLimit()
      nextWalk = now + Supervisor.second / 4
    }
    if tellsOfIPv6, network.hasIPv6() {
      control.hasIPv6()
      tellsOfIPv6 = false
    }
    guard listeners.isEmpty || tellsOfIPv6 else { return now + Supervisor.second }
    return now + min(max((now - began) / 32, Supervisor.second / 50), Supervisor.second / 5)
  }

  private mutating func checkLimit() {
    guard let limit, limit.isReached(memory.processes() &- processesBefore) else { return }
    self.limit = nil
    text.clear()
    text.append("the program has reached the machine's limit of ")
    text.append(Int(truncatingIfNeeded: limit.user))
    text.append(" processes and threads, which more memory raises")
    warn(text)
  }

  /// Milliseconds until there is something to look at; -1 for never.
  private func wake(_ nextLook: UInt64) -> Int32 {
    var next = control.hostIsThere ? nextLook : UInt64.max
    if let killAt { next = min(next, killAt) }
    if let renewal = network.nextRenewal { next = min(next, renewal) }
    guard next != UInt64.max else { return -1 }
    let now = guest_clock()
    return next <= now ? 0 : Int32(truncatingIfNeeded: min((next - now) / 1_000_000 + 1, 3_600_000))
  }

  /// SIGTERM, SIGINT (Control-Alt-Delete) and SIGPWR end the machine; children are reaped by `reap`.
  private mutating func takeSignals() {
    while true {
      let signal = guest_next_signal(signals)
      if signal == 0 { return }
      if signal == 15 || signal == 2 || signal == 30 { stop(grace: Supervisor.graceWithoutHost) }
    }
  }

  private mutating func takeMessages(_ portState: Int32) {
    while let message = control.receive() {
      if message.type == Int(WIRE_HOST_STOP) { stop(grace: message.number) }
      if message.type == Int(WIRE_HOST_TELL_BOOT) { tellBoot() }
    }
    guard portState & Int32(GUEST_HUNG_UP) != 0 else { return }
    if isTied { stop(grace: 1000) }
    // Nobody is there to report to any more.
    control.close()
    output.abandon()
  }

  private mutating func tellBoot() {
    for index in 0..<stamps.count { control.stamp(stamps.name(index), at: stamps.time(index)) }
    KernelLog().send(&control)
    control.told()
  }

  /// SIGTERM now, SIGKILL after the grace; once.
  private mutating func stop(grace milliseconds: UInt32) {
    guard killAt == nil else { return }
    _ = guest_signal(process, 15)
    killAt = guest_clock() + UInt64(milliseconds) * 1_000_000
  }

  /// Reaps whatever ended, orphans too. True after the program itself.
  private mutating func reap(_ killsBefore: UInt32, _ configuration: Configuration) -> Bool {
    while true {
      var code: Int32 = 0
      var how: Int32 = 0
      let ended = guest_reap(&code, &how)
      if ended == 0 { return false }
      guard ended == process else { continue }
      guest_signal_all(9)
      // The program may have left the terminal in any state.
      console.restore()
      console.drain()
      output.finish()
      if control.hostIsThere {
        if how & Int32(GUEST_DUMPED) != 0, configuration.coreLimit > 0 {
          var core = CoreDump()
          core.send(of: process, &control)
        }
        if code != 0, WritablePlaces().findFull(configuration, into: &text) { warn(text) }
      }
      report(code, how != 0, memory.kills() &- killsBefore)
      return true
    }
  }

  private mutating func report(_ code: Int32, _ signalled: Bool, _ kills: UInt32) {
    if control.hostIsThere {
      control.wrote(output.sent)
      control.exited(code: code, signalled: signalled, memoryKills: kills)
      return
    }
    text.clear()
    // A literal in a choice would be a String, which brings half of the standard library along.
    let how: StaticString = signalled ? "the program was ended by signal " : "the program ended with exit code "
    text.append(how)
    text.append(Int(code))
    if kills > 0 { text.append(", memory ran out") }
    console.say(text)
  }

  // MARK: - The end

  /// Says what keeps the program from starting, on both lines.
  mutating func fail(_ text: Text) {
    control.problem(text, ends: true)
    console.say(text)
    finish()
  }

  mutating func warn(_ text: Text) {
    control.problem(text, ends: false)
    if !control.isOpen { console.say(text) }
  }

  /// Gives the host two seconds to say that it has read the report, and everything its way out. A host that still has
  /// output to read, which it does at its reader's pace, is waited for as long as it is there.
  private mutating func finish() {
    console.drain()
    let deadline = output.isOpen ? UInt64.max : guest_clock() + 2 * Supervisor.second
    while control.hostIsThere, control.isOpen, guest_clock() < deadline {
      while let message = control.receive() {
        if message.type == Int(WIRE_HOST_TELL_BOOT) { tellBoot() }
        if message.type == Int(WIRE_HOST_ACKNOWLEDGE) { control.close() }
      }
      if waitForHost(20) { control.close() }
    }
    guest_sync()
  }
}
