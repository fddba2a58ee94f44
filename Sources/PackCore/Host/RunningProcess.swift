internal import CHost
internal import Glibc

/// A child that the caller watches itself: for what runs beside packc and is talked to, where `ProcessRunner` waits for
/// the end. Dropped, it is killed and reaped with its whole group; it never outlives its value.
public struct RunningProcess: ~Copyable {
  private let child: Child
  private let group: Bool
  private var end: CommandResult.End?

  public var pid: Int32 { child.pid }
  /// Readable once the child has ended, for poll(2).
  public var endDescriptor: Int32 { child.pidfd.raw }
  /// Our non-blocking ends of standard output and error, -1 where `command` does not capture them. They stay open until
  /// the value is dropped.
  public let output: Int32
  public let error: Int32

  /// Starts `command`; its `timeout`, `keep` and `.bytes` input have no meaning here.
  public static func start(_ command: Command) throws -> RunningProcess {
    var plumbing = SpawnPlumbing()
    defer { plumbing.closeChildEnds() }
    switch command.input {
    case .inherit: plumbing.pass(0, as: 0)
    case .none, .bytes: try plumbing.open("/dev/null", O_RDONLY, as: 0)
    }
    var ends: [Int32] = []
    do {
      ends.append(try plumbing.connect(command.standardOutput, as: 1))
      ends.append(try plumbing.connect(command.standardError, as: 2))
      for pair in command.descriptors { plumbing.pass(pair.ours, as: pair.child) }
      let child = try Strays.adopt { try plumbing.spawn(command) }
      return RunningProcess(child: child, group: command.ownGroup, output: ends[0], error: ends[1])
    } catch {
      for end in ends where end >= 0 { close(end) }
      throw error
    }
  }

  private init(child: consuming Child, group: Bool, output: Int32, error: Int32) {
    self.child = child
    self.group = group
    self.output = output
    self.error = error
  }

  deinit {
    if end == nil {
      kill(group ? -child.pid : child.pid, SIGKILL)
      _ = Strays.reap(child.pid)
    }
    for descriptor in [output, error] where descriptor >= 0 { close(descriptor) }
  }

  /// How it ended; nil while it runs.
  public mutating func reapIfEnded() throws -> CommandResult.End? {
    if end == nil, try child.hasEnded() {
      // What is left of its group, and what left the group.
      if group { kill(-child.pid, SIGKILL) }
      end = Strays.reap(child.pid)
    }
    return end
  }

  /// Signals the child alone; nothing after its end.
  public func signal(_ number: Int32) {
    if end == nil { kill(child.pid, number) }
  }
}
