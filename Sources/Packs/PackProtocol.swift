public import PackCore

/// The words that packc and packs share (`docs/pack-protocol.md`). Both sides use these; neither repeats them.
public enum PackProtocol {
  /// `MAJOR.MINOR`; minor versions only add.
  public static let version = "1.0"
  /// Names of additions that both sides must understand (`requires`): an older packc refuses a plan that needs one.
  public static let features: Set<String> = ["mounts", "completion"]

  /// The limit of one response.
  public static let responseLimit = 16 << 20
  /// The descriptor for events.
  public static let eventsDescriptor: Int32 = 3

  /// Whether a peer that speaks `version` can be talked to.
  public static func speaks(_ version: String) -> Bool {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0] == "1" && UInt16(parts[1]) != nil
  }
}

extension BuildPlan {
  /// What packc must know to carry this plan out as it is meant: for `requires` of the response.
  public var neededFeatures: [String] {
    (completion == nil ? [] : ["completion"]) + (steps.contains { !$0.mounts.isEmpty } ? ["mounts"] : [])
  }
}

/// What a pack can be asked. A new phase takes its case, its time limit and its result type; nothing else counts them.
public enum PackPhase: String, Sendable, CaseIterable {
  case detect, plan, facts, sbom

  /// Seconds until SIGTERM.
  public var timeLimit: Double {
    switch self {
    case .detect: 5
    case .plan: 30
    case .facts, .sbom: 120
    }
  }
}

public enum PackStatus: String, Sendable {
  case ok
  case notApplicable = "not_applicable"
  case error
}

/// Exit codes of a pack: those of sysexits(3) where there is one.
public enum PackExit: Int32, Sendable, CaseIterable {
  case ok = 0
  case badRequest = 65
  case toolchainMissing = 69
  case internalError = 70
  case tryAgain = 75
  case protocolUnsupported = 76
  case projectError = 78
  /// Detect only.
  case notApplicable = 100

  /// The status that a response with this exit code must have.
  public var status: PackStatus {
    switch self {
    case .ok: .ok
    case .notApplicable: .notApplicable
    default: .error
    }
  }
}

/// Values of `error.code` to which packc gives an exit code of its own; every other code is a project error.
public enum PackErrorCode {
  /// Several programs in one project; `error.candidates` lists them.
  public static let severalPrograms = "several_programs"
  /// The pack knows the project and finds nothing in it that could be started.
  public static let noProgram = "no_program"
  /// `--app` names none of the project's programs.
  public static let noSuchProgram = "no_such_program"
  /// Codes that begin so: a lock file of the language is missing or out of date.
  public static let lockPrefix = "lock_"
}
