public import Kernel
public import PackCore

/// What `packc run` asks for.
public struct RunRequest: Sendable {
  /// `.packc/unikernel`
  public var image: HostPath
  /// Nil: the image's ports, each at the same number on 127.0.0.1.
  public var publish: [PublishedPort]?
  /// Replace the image's variables of the same name.
  public var environment: [String: String]
  /// Further variables, whose values go to the machine's init and nowhere else: no core dump of the machine or the program
  /// is kept, since it would hold them.
  public var secrets: [String: String] = [:]
  /// MiB; nil for the image's own.
  public var memory: Int?
  public var cpus: Int?
  /// Nil: the first that the image names.
  public var machine: QEMUMachine?
  /// Nil: KVM where it is known to work, else TCG.
  public var accelerator: Accelerator?
  /// Files that are the disks of declared volumes; one without lies in memory.
  public var volumes: [AttachedVolume] = []
  /// Of kept volumes among them; QEMU holds these, too.
  public var locks: [VolumeLock] = []
  /// Where the core dump of an image in debug mode goes; nil: nowhere.
  public var core: HostPath?
  /// The kernel says on the console what it does.
  public var debug: Bool
  /// Seconds that the machine may take until its init answers.
  public var bootLimit: Int

  public init(
    image: HostPath, publish: [PublishedPort]? = nil, environment: [String: String] = [:], memory: Int? = nil,
    cpus: Int? = nil, machine: QEMUMachine? = nil, accelerator: Accelerator? = nil, debug: Bool = false,
    bootLimit: Int = 120
  ) {
    self.image = image
    self.publish = publish
    self.environment = environment
    self.memory = memory
    self.cpus = cpus
    self.machine = machine
    self.accelerator = accelerator
    self.debug = debug
    self.bootLimit = bootLimit
  }

  /// `KEY=VALUE` as --env takes it.
  public static func variable(parsing text: String) throws -> (key: String, value: String) {
    guard let cut = text.firstIndex(of: "=") else { throw RunFailure.badVariable(text, "it has no =") }
    guard cut != text.startIndex else { throw RunFailure.badVariable(text, "it has no name") }
    guard !text.utf8.contains(0) else { throw RunFailure.badVariable(text, "it holds a NUL") }
    return (String(text[..<cut]), String(text[text.index(after: cut)...]))
  }
}

/// How a program that was started ended.
public struct RunOutcome: Hashable, Sendable {
  public enum End: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// packc was told to stop by that signal, and the program ended within its grace or was killed.
    case interrupted(Int32)
  }
  public let end: End
  /// How many processes the guest's kernel killed because memory ran out.
  public let memoryKills: Int
  /// Seconds from QEMU's start to the program's, by packc's clock; nil when that was not seen.
  public let secondsToStart: Double?
  /// Seconds to the first published port that listens.
  public let secondsToListen: Double?

  public init(end: End, memoryKills: Int = 0, secondsToStart: Double? = nil, secondsToListen: Double? = nil) {
    self.end = end
    self.memoryKills = memoryKills
    self.secondsToStart = secondsToStart
    self.secondsToListen = secondsToListen
  }

  /// True when the program was killed because memory ran out.
  public var ranOutOfMemory: Bool { memoryKills > 0 && end != .exited(0) }

  /// The program's own code; 128 and the signal's number for a program that a signal ended.
  public var exitCode: ExitCode {
    switch end {
    case .exited(let code): ExitCode(rawValue: code)
    case .signalled(let signal), .interrupted(let signal): .signal(signal)
    }
  }
}

/// Where a runner hears that it should stop.
public struct SignalSource: Sendable {
  /// Readable when `take` has something to tell; -1 for never.
  public let descriptor: @Sendable () -> Int32
  /// How many signals came since the last call.
  public let take: @Sendable () -> Int
  /// The last one's number.
  public let number: @Sendable () -> Int32

  public init(
    descriptor: @escaping @Sendable () -> Int32, take: @escaping @Sendable () -> Int,
    number: @escaping @Sendable () -> Int32
  ) {
    self.descriptor = descriptor
    self.take = take
    self.number = number
  }

  /// packc's own SIGINT, SIGTERM and SIGHUP.
  public static let process = SignalSource(
    descriptor: { Interruption.signalDescriptor }, take: { Interruption.takeSignals() },
    number: { Interruption.signal ?? 2 })
}
