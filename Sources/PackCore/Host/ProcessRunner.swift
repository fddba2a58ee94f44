internal import CHost
internal import Glibc

/// Starts children by posix_spawn(3): empty signal mask, default signals, own process group, nothing inherited but what
/// the command names. Both pipes are drained until the child's group is gone, so a grandchild that keeps a pipe open
/// cannot hide the end, and nothing outlives `run`.
public struct ProcessRunner: Sendable {
  public init() {}

  /// Runs `command` to its end. `line` is called on this thread for each captured line, without the newline; longer
  /// lines than 64 KiB arrive in pieces. Throws only when the child could not be started or packc was interrupted.
  @discardableResult
  public func run(_ command: Command, line: (OutputStream, String) -> Void = { _, _ in }) throws -> CommandResult {
    try Interruption.check()
    let started = HostContext.monotonicClock()
    var streams = CapturedStreams(command: command)
    let child = try Strays.adopt { try streams.spawn(command) }
    var teardown = Teardown(child: child, command: command, started: started)
    while true {
      streams.poll(
        pidfd: child.pidfd.raw, interrupt: teardown.hasBegun ? -1 : Interruption.wakeDescriptor,
        milliseconds: teardown.nextWake(), line: line)
      teardown.advance()
      if try child.hasEnded() {
        let leftovers = command.reportsLeftovers ? Strays.leftovers() : []
        // What a grandchild of the same group still does, it does no longer. The child is not reaped yet, so the
        // group's number cannot be anybody else's.
        if command.ownGroup { kill(-child.pid, SIGKILL) }
        let end = Strays.reap(child.pid)
        streams.drainWithoutWaiting(line: line)
        try Interruption.check()
        return CommandResult(
          end: end, timedOut: teardown.timedOut, output: streams.output.kept, errorOutput: streams.error.kept,
          seconds: Double(HostContext.monotonicClock() - started) / 1e9, leftovers: leftovers)
      }
    }
  }
}

/// A started child and the descriptor that becomes readable at its end (pidfd_open(2)).
struct Child: ~Copyable {
  let pid: pid_t
  let pidfd: Descriptor

  /// Asks without reaping: until `Strays.reap` the number stays the child's.
  func hasEnded() throws -> Bool {
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) != 0 {
      guard errno == EINTR else { throw Failure.system("wait for a child process", errno: errno) }
    }
    return information.si_signo == SIGCHLD
  }
}

/// SIGTERM after the time limit or an interrupt, SIGKILL after the grace period.
struct Teardown {
  private let pid: pid_t
  private let group: Bool
  private let grace: UInt64
  private let deadline: UInt64?
  private var killAt: UInt64?
  private(set) var timedOut = false
  var hasBegun: Bool { killAt != nil }

  init(child: borrowing Child, command: Command, started: UInt64) {
    pid = child.pid
    group = command.ownGroup
    grace = Self.nanoseconds(command.grace)
    deadline = command.timeout.map { started + Self.nanoseconds($0) }
  }

  /// A person may write any number: what is not one or is negative counts as 0, what is too large as a century.
  private static func nanoseconds(_ seconds: Double) -> UInt64 {
    seconds > 0 ? UInt64(min(seconds, 3.2e9) * 1e9) : 0
  }

  /// Milliseconds until there is something to do; -1 for never. An interrupt ends poll(2) by itself.
  func nextWake() -> Int32 {
    guard let next = killAt ?? deadline else { return -1 }
    let now = HostContext.monotonicClock()
    return next <= now ? 0 : Int32(clamping: (next - now) / 1_000_000 + 1)
  }

  mutating func advance() {
    let now = HostContext.monotonicClock()
    if let killAt {
      if now >= killAt {
        send(SIGKILL)
        // Once more later, for what was started in between; not in a loop that keeps a processor busy.
        self.killAt = now + 50_000_000
      }
      return
    }
    let late = deadline.map { now >= $0 } ?? false
    guard late || Interruption.signal != nil else { return }
    timedOut = late
    send(SIGTERM)
    killAt = now + grace
  }

  private func send(_ signal: Int32) { kill(group ? -pid : pid, signal) }
}
