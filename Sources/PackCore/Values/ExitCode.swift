/// Every exit code of packc, in one place: a band for each phase (documented in `docs/exit-codes.md`).
public struct ExitCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let done = ExitCode(rawValue: 0)
  /// Failed: the message says what, where and the next step.
  public static let failed = ExitCode(rawValue: 1)
  /// Drift or a breaking contract: repeat with `--confirm`.
  public static let drift = ExitCode(rawValue: 2)
  public static let timedOut = ExitCode(rawValue: 3)
  /// The program failed to start.
  public static let notStarted = ExitCode(rawValue: 4)

  // Detection.
  public static let nothingDetected = ExitCode(rawValue: 20)
  public static let severalCandidates = ExitCode(rawValue: 21)
  public static let packFailed = ExitCode(rawValue: 22)

  // What the build stands on.
  public static let toolchain = ExitCode(rawValue: 30)
  public static let lock = ExitCode(rawValue: 31)

  /// A build step failed; its own code is in the output.
  public static let stepFailed = ExitCode(rawValue: 40)

  // Judgements.
  public static let notReproducible = ExitCode(rawValue: 50)
  public static let gateFailed = ExitCode(rawValue: 51)

  // sysexits(3).
  public static let usage = ExitCode(rawValue: 64)
  public static let badInput = ExitCode(rawValue: 65)
  public static let unavailable = ExitCode(rawValue: 69)
  public static let tryAgain = ExitCode(rawValue: 75)
  public static let notPermitted = ExitCode(rawValue: 77)

  /// `packc run` itself failed; any other code of `run` is the program's own.
  public static let runFailed = ExitCode(rawValue: 125)

  /// Ended by a signal: 128 + its number, as a shell reports it.
  public static func signal(_ number: Int32) -> ExitCode { ExitCode(rawValue: 128 + number) }
}
