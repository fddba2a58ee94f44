public import PackCore

/// What came of each check.
public struct ConformanceReport: Sendable {
  public enum Outcome: Sendable {
    case passed
    /// What was seen, a line each.
    case failed([String])
    /// It could not be checked, and that is no pass.
    case notRun(String)
    /// This pack has nothing that it could be checked on.
    case notApplicable(String)

    var word: String {
      switch self {
      case .passed: "ok"
      case .failed: "failed"
      case .notRun: "not_run"
      case .notApplicable: "not_applicable"
      }
    }
    var lines: [String] {
      switch self {
      case .passed: []
      case .failed(let lines): lines
      case .notRun(let reason), .notApplicable(let reason): [reason]
      }
    }
  }

  /// nil when the pack could not even be loaded.
  public let pack: Pack?
  public let path: HostPath
  public let samples: [String]
  /// Toolchains that are not on this machine, for which the pack's own stand-ins answered.
  public let standIns: [String]
  /// One for each check, in their order.
  public let outcomes: [(check: ConformanceCheck, outcome: Outcome)]

  public var passed: Bool {
    outcomes.allSatisfy { entry in
      switch entry.outcome {
      case .passed, .notApplicable: true
      case .failed, .notRun: false
      }
    }
  }

  /// Names of the checks that failed or were not run.
  public var problems: [ConformanceCheck] {
    outcomes.compactMap { entry in
      switch entry.outcome {
      case .passed, .notApplicable: nil
      case .failed, .notRun: entry.check
      }
    }
  }

  public subscript(check: ConformanceCheck) -> Outcome? { outcomes.first { $0.check == check }?.outcome }

  public var json: JSONValue {
    JSONValue(compact: [
      "path": JSONValue(path), "pack": pack?.json, "samples": JSONValue(strings: samples),
      "stand_ins": JSONValue(strings: standIns), "passed": .bool(passed),
      "checks": .array(
        outcomes.map { check, outcome in
          [
            "name": .string(check.rawValue), "status": .string(outcome.word),
            "details": JSONValue(strings: outcome.lines),
          ]
        }),
    ])
  }

  public var text: String {
    var out = pack.map { "\($0.name) \($0.version) (\(path))\n" } ?? "\(path)\n"
    out += samples.isEmpty ? "no samples\n" : "samples: \(samples.joined(separator: ", "))\n"
    for name in standIns { out += "\(name) is not in PATH: test/\(StandIns.directoryName)/\(name) answers for it\n" }
    for (index, entry) in outcomes.enumerated() {
      let number = String(index + 1)
      let place = String(repeating: " ", count: max(0, 2 - number.count)) + number
      out += "\(Self.mark(entry.outcome)) \(place) \(entry.check.rawValue)"
      switch entry.outcome {
      case .passed: out += "\n"
      case .failed(let lines): out += "\n" + lines.map { "          \($0)\n" }.joined()
      case .notRun(let reason), .notApplicable(let reason): out += "  (\(reason))\n"
      }
    }
    let bad = problems.count
    return out + (bad == 0 ? "passes\n" : "\(bad) of \(outcomes.count) checks failed or could not be run\n")
  }

  private static func mark(_ outcome: Outcome) -> String {
    switch outcome {
    case .passed: "ok     "
    case .failed: "not ok "
    case .notRun: "not run"
    case .notApplicable: "ok   - "
    }
  }
}
