import CGuest
import CGuestWire

/// The program's life: from the host's word to the report of its end.
struct Supervisor {
  private var control: Control
  private let console: Console
  private let signals: Int32
  private var listeners = Listeners()
  private var memory = FileBuffer(capacity: 8192)
  private var text = Text()
  /// What the host adds to the environment lies here, one NUL-terminated string after the other.
  private var additions = UnsafeMutablePointer<CChar>.allocate(capacity: Int(WIRE_ENVIRONMENT_LIMIT))
  private var additionsCount = 0

  private var process: Int32 = 0
  private var isTied = false
  private var killAt: UInt64?
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
      var portState: Int32 = 0
      var none: Int32 = 0
      _ = guest_poll(control.descriptor, -1, 100, &portState, &none)
      // A port that nobody holds is ready at once, and for ever.
      if portState & Int32(GUEST_HUNG_UP) != 0 { guest_sleep(20) }
    }
  }

  /// True for the last message of the preparation.
  private mutating func take(_ message: Control.Message, into configuration: inout Configuration) -> Bool {
    switch message.type {
    case Int(WIRE_HOST_ENVIRONMENT): addVariable(message, to: &configuration)
    case Int(WIRE_HOST_ENTROPY): _ = guest_add_entropy(message.payload, message.count)
    case Int(WIRE_HOST_CLOCK):
      if message.count == 12 { _ = guest_set_clock(wire_get64(message.payload), wire_get32(message.payload + 8)) }
    case Int(WIRE_HOST_START):
      isTied = message.number & UInt32(WIRE_OPTION_TIED) != 0
      return true
    default: break
    }
    return false
  }

  private mutating func addVariable(_ message: Control.Message, to configuration: inout Configuration) {
    guard additionsCount + message.count < Int(WIRE_ENVIRONMENT_LIMIT) else { return }
    let start = additions + additionsCount
    for index in 0..<message.count { start[index] = CChar(bitPattern: message.payload[index]) }
    start[message.count] = 0
    additionsCount += message.count + 1
    _ = configuration.environment.set(start)
  }

  // MARK: - The program

  /// Starts the program, waits for its end, reports it. Returns when the machine may end.
  mutating func run(_ configuration: Configuration) {
    let killsBefore = memoryKills()
    guard start(configuration) else { return finish() }
    control.started(process)
    watch(killsBefore)
    finish()
  }

  private mutating func start(_ configuration: Configuration) -> Bool {
    var program = guest_program()
    program.arguments = UnsafePointer(configuration.arguments.start)
    program.environment = UnsafePointer(configuration.environment.start)
    program.directory = configuration.directory
    program.user = configuration.user
    program.group = configuration.group
    program.output = console.descriptor
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

  private mutating func watch(_ killsBefore: UInt32) {
    var nextLook: UInt64 = 0
    while true {
      if control.hostIsThere, guest_clock() >= nextLook {
        listeners.poll(&control)
        // Often until the program listens, which people wait for; seldom afterwards.
        nextLook = guest_clock() + (listeners.isEmpty ? Supervisor.second / 20 : Supervisor.second)
      }
      var signalState: Int32 = 0
      var portState: Int32 = 0
      _ = guest_poll(signals, control.descriptor, wake(nextLook), &signalState, &portState)
      takeSignals()
      takeMessages(portState)
      if let due = killAt, guest_clock() >= due {
        guest_signal_all(9)
        killAt = guest_clock() + Supervisor.second / 10
      }
      if reap(killsBefore) { return }
    }
  }

  /// Milliseconds until there is something to look at; -1 for never.
  private func wake(_ nextLook: UInt64) -> Int32 {
    var next = control.hostIsThere ? nextLook : UInt64.max
    if let killAt { next = min(next, killAt) }
    guard next != UInt64.max else { return -1 }
    let now = guest_clock()
    return next <= now ? 0 : Int32(truncatingIfNeeded: (next - now) / 1_000_000 + 1)
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
    }
    guard portState & Int32(GUEST_HUNG_UP) != 0 else { return }
    if isTied { stop(grace: 1000) }
    // Nobody is there to report to any more.
    control.close()
  }

  /// SIGTERM now, SIGKILL after the grace; once.
  private mutating func stop(grace milliseconds: UInt32) {
    guard killAt == nil else { return }
    _ = guest_signal(process, 15)
    killAt = guest_clock() + UInt64(milliseconds) * 1_000_000
  }

  /// Reaps whatever ended, orphans too. True after the program itself.
  private mutating func reap(_ killsBefore: UInt32) -> Bool {
    while true {
      var code: Int32 = 0
      var signalled: Int32 = 0
      let ended = guest_reap(&code, &signalled)
      if ended == 0 { return false }
      guard ended == process else { continue }
      guest_signal_all(9)
      console.drain()
      report(code, signalled != 0, memoryKills() &- killsBefore)
      return true
    }
  }

  private mutating func report(_ code: Int32, _ signalled: Bool, _ kills: UInt32) {
    if control.hostIsThere {
      control.exited(code: code, signalled: signalled, memoryKills: kills)
      return
    }
    text.clear()
    text.append(signalled ? "the program was ended by signal " : "the program ended with exit code ")
    text.append(Int(code))
    if kills > 0 { text.append(", memory ran out") }
    console.say(text)
  }

  /// How many processes the kernel has ended for want of memory (`oom_kill` in /proc/vmstat).
  private mutating func memoryKills() -> UInt32 {
    guard memory.read(StaticString("/proc/vmstat").cString) else { return 0 }
    var line = memory.cString
    while line[0] != 0 {
      if starts(line, with: "oom_kill ") {
        line += 9
        var value: UInt32 = 0
        while line[0] >= 0x30 && line[0] <= 0x39 {
          value = value &* 10 &+ UInt32(line[0] - 0x30)
          line += 1
        }
        return value
      }
      while line[0] != 0x0a && line[0] != 0 { line += 1 }
      if line[0] == 0x0a { line += 1 }
    }
    return 0
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

  /// Gives the host two seconds to say that it has read the report, and everything its way out.
  private mutating func finish() {
    console.drain()
    let deadline = guest_clock() + 2 * Supervisor.second
    while control.hostIsThere, control.isOpen, guest_clock() < deadline {
      while let message = control.receive() {
        if message.type == Int(WIRE_HOST_ACKNOWLEDGE) { control.close() }
      }
      var portState: Int32 = 0
      var none: Int32 = 0
      _ = guest_poll(control.descriptor, -1, 20, &portState, &none)
      if portState & Int32(GUEST_HUNG_UP) != 0 { control.close() }
    }
    guest_sync()
  }
}
