/// A child process to be, as a value.
public struct Command: Sendable {
  public enum Input: Sendable {
    /// /dev/null.
    case none
    case bytes([UInt8])
    /// packc's own standard input.
    case inherit
  }
  public enum Output: Sendable {
    /// Read by packc: lines go to the handler, the last bytes are kept.
    case capture
    /// packc's own.
    case inherit
    case discard
  }

  /// argv[0] is the program's path or a name looked up in `searchPath`.
  public var argv: [String]
  /// The whole environment of the child; nothing is inherited.
  public var environment: [String: String]
  public var directory: HostPath?
  public var input: Input
  public var standardOutput: Output
  public var standardError: Output
  /// How many bytes of each captured stream are kept for the caller: the first ones of `keepHead`, else the last.
  public var keep: Int
  public var keepHead: Bool
  /// Descriptors handed over: (ours, the child's number). Everything else above 2 is closed in the child.
  public var descriptors: [(ours: Int32, child: Int32)]
  /// After so many seconds: SIGTERM to the group, `grace` seconds, SIGKILL.
  public var timeout: Double?
  public var grace: Double
  /// The child leads a process group of its own, so that teardown reaches its children. False: it stays in packc's
  /// group and gets the terminal's signals itself.
  public var ownGroup: Bool
  /// What the child and its children may reach; nil: what packc may.
  public var confinement: Landlock.Rules?
  /// The child leads a session of its own (setsid(2)), out of reach of the terminal.
  var ownSession = false
  /// Says in the result which processes were still there at the child's end, before they are ended.
  public var reportsLeftovers = false

  public init(
    _ argv: [String], environment: [String: String] = [:], directory: HostPath? = nil, input: Input = .none,
    standardOutput: Output = .capture, standardError: Output = .capture, keep: Int = 64 << 10, keepHead: Bool = false,
    descriptors: [(ours: Int32, child: Int32)] = [], timeout: Double? = nil, grace: Double = 5, ownGroup: Bool = true
  ) {
    self.argv = argv
    self.environment = environment
    self.directory = directory
    self.input = input
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.keep = keep
    self.keepHead = keepHead
    self.descriptors = descriptors
    self.timeout = timeout
    self.grace = grace
    self.ownGroup = ownGroup
  }
}

/// How a child ended. A code that is not zero is a result, not an error.
public struct CommandResult: Sendable {
  public enum End: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    public var description: String {
      switch self {
      case .exited(let code): "exit code \(code)"
      case .signalled(let number): "signal \(number)"
      }
    }
  }
  public var end: End
  public var timedOut: Bool
  /// What was captured and kept, see `Command.keep`.
  public var output: [UInt8]
  public var errorOutput: [UInt8]
  public var seconds: Double
  /// Names of what outlived the child, if the command asked for them: `sleep`.
  public var leftovers: [String] = []

  public var succeeded: Bool { end == .exited(0) && !timedOut }
  public var outputText: String { String(decoding: output, as: UTF8.self) }
  public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
}

/// Which stream a line came from.
public enum OutputStream: Sendable { case output, error }
