public import Kernel
internal import PackCore

/// What becomes known of a machine while it runs.
public enum MachineEvent: Hashable, Sendable {
  /// QEMU runs, as that process.
  case spawned(pid: Int32)
  /// The init has answered.
  case up
  /// The program has begun.
  case started
  /// `published` is the port of the host that leads there, when one does.
  case listening(GuestListener, published: PublishedPort?)
  /// At an address that nobody outside the machine reaches, or not by the port that is published.
  case listeningInside(GuestListener)
  case stoppedListening(GuestListener)
  case ended(RunOutcome.End, memoryKills: Int)
}

/// Somebody who is told what happens to a machine, works on the machine's own poll(2) beside it, and may end it.
public protocol MachineAttendant: AnyObject {
  func take(_ event: MachineEvent)
  /// What it waits for: -1 for nothing.
  var descriptor: Int32 { get }
  /// The events of poll(2) for it.
  var awaited: Int16 { get }
  /// When it wants to be called though nothing came (`HostContext.monotonicClock`); nil for never.
  var wake: UInt64? { get }
  /// Called after each poll(2).
  func advance()
  /// True when the machine should be stopped as if by a signal.
  var wantsEnd: Bool { get }
}

/// Where a program's output goes.
public protocol MachineOutput {
  /// The descriptor that a write waits for; -1 for none.
  var output: Int32 { get }
  var wantsToWrite: Bool { get }
  var wantsToRead: Bool { get }
  /// Nobody takes the output any more.
  var isBroken: Bool { get }
  mutating func take(_ bytes: ArraySlice<UInt8>)
  /// To be called when poll(2) says that a write does not block.
  mutating func write()
  /// The last lines, without their line ends.
  var lastLines: [String] { get }
}

/// How a machine is run by somebody who is not at a terminal.
public struct Supervision {
  public var output: any MachineOutput
  public var attendant: any MachineAttendant
  /// Further variables of QEMU's and passt's own environment, by which their processes are found.
  public var environment: [String: String]
  /// Seconds from SIGTERM to SIGKILL in the guest.
  public var grace: Int

  public init(
    output: any MachineOutput, attendant: any MachineAttendant, environment: [String: String], grace: Int
  ) {
    self.output = output
    self.attendant = attendant
    self.environment = environment
    self.grace = grace
  }
}
