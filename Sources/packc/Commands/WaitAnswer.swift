internal import Deploy
internal import PackCore

/// What `--wait` says at its end, and with which exit code.
struct WaitAnswer {
  let outcome: DeployWait.Outcome
  let found: Deployment
  let release: Int
  let seconds: Double

  func give(_ invocation: Invocation, json: JSONValue, text: () -> String) throws -> ExitCode {
    if case .ready = outcome {
      try invocation.output.write(json) { text() + checks + "ready" + (found.address.map { ": \($0)" } ?? "") + "\n" }
      return .done
    }
    var failure = failure
    failure.details["deployment"] = json["deployment"] ?? .null
    failure.message += "\n" + checks.dropLast()
    throw failure
  }

  private var failure: Failure {
    let name = found.name
    switch outcome {
    case .ready, .timedOut:
      return Failure(
        "not_ready", "\(name) is not ready after \(Int(seconds)) seconds; it goes on", hint: found.nextStep,
        exit: .timedOut)
    case .fellBack(let number):
      return Failure(
        "fell_back",
        "release \(release) of \(name) did not become ready"
          + (found.fallBack?.reason.map { " (\($0))" } ?? "") + "; release \(number) is started again",
        hint: found.fallBack?.next)
    case .failed:
      let isNotStarted = found.state.end == .notStarted
      let reason = found.state.readiness.all.first { $0.check.result == .fail }?.check.detail
      return Failure(
        isNotStarted ? "not_started" : "not_ready",
        "\(name) did not become ready: \(found.state.reason ?? reason ?? found.state.phase.rawValue)",
        hint: found.nextStep, exit: isNotStarted ? .notStarted : .failed)
    }
  }

  private var checks: String { Self.checks(found) }

  /// A line for each dimension; `isShort`: without what the error says already.
  static func checks(_ found: Deployment, isShort: Bool = false) -> String {
    found.checks.map { name, check in
      "  \(name): \(check.result.rawValue)" + (isShort ? "" : check.detail.map { " (\($0))" } ?? "") + "\n"
    }.joined()
  }
}
