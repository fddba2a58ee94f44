internal import PackCore

/// What a pack makes of requests that are not in order, or hold more than it knows.
extension ConformanceRun {
  /// `plain`: what the same question gives without anything special.
  func checkRequests(
    _ subject: PackProject, plain: ConformanceBench.Observation, _ results: inout ConformanceResults
  ) throws {
    let rows: [(ConformanceCheck, PackExit, (inout ConformanceBench.Setup) -> Void)] = [
      (.emptyRequest, .badRequest, { $0.input = [] }),
      (.truncatedRequest, .badRequest, { $0.input = Self.cutOff($0.document) }),
      (.foreignRequest, .badRequest, { $0.input = Array("hello\n".utf8) }),
      (.unknownProtocol, .protocolUnsupported, { $0.document["protocol"] = "9.9" }),
      (.unknownRequires, .protocolUnsupported, { $0.document["requires"] = ["telepathy"] }),
    ]
    for (check, expected, change) in rows {
      let seen = try bench.call(.detect, subject, check.rawValue, change: change)
      results.settle(check, Self.differs(seen, from: expected))
    }
    let more = try ask(.detect, subject, "detect with a field that it does not know") {
      $0.document["x_later"] = ["since": "1.7", "list": [1, 2]]
    }
    let isSame = plain.result.end == more.result.end && plain.resultJSON == more.resultJSON
    results.settle(
      .unknownField, isSame ? [] : ["without it: \(plain.story)", "with \"x_later\" in the request: \(more.story)"])
  }

  /// Half of a request: no JSON, and not closed.
  private static func cutOff(_ document: [String: JSONValue]) -> [UInt8] {
    let bytes = CanonicalJSON.encode(.object(document))
    return Array(bytes.prefix(bytes.count / 2).reversed().drop { $0 == UInt8(ascii: "}") }.reversed())
  }

  private static func differs(_ seen: ConformanceBench.Observation, from expected: PackExit) -> [String] {
    seen.result.end == .exited(expected.rawValue) && !seen.result.timedOut
      ? [] : ["exit code \(expected.rawValue) was expected: \(seen.story)"]
  }

  // MARK: Phases

  func checkPhases(_ subject: PackProject, _ results: inout ConformanceResults) throws {
    let unknown = try bench.call(.detect, subject, "a phase that there is not") {
      $0.argument = "sing"
      $0.document["phase"] = "sing"
    }
    results.settle(.unknownPhase, Self.differs(unknown, from: .badRequest))
    let undeclared = PackPhase.allCases.filter { !pack.manifest.phases.contains($0) }
    if undeclared.isEmpty { results.notApplicable(.undeclaredPhases, "the manifest declares every phase") }
    var wrong: [String] = []
    for phase in undeclared {
      let seen = try bench.call(phase, subject, "\(phase.rawValue), which is not declared")
      wrong += Self.differs(seen, from: .badRequest).map { "\(phase.rawValue): \($0)" }
    }
    if !undeclared.isEmpty { results.settle(.undeclaredPhases, wrong) }
  }

  /// The phases beyond detect and plan, on a project that has a plan.
  func checkClaims(_ plans: [SamplePlan], _ results: inout ConformanceResults) throws {
    let more = PackPhase.allCases.filter { $0 != .detect && $0 != .plan && pack.manifest.phases.contains($0) }
    guard !more.isEmpty else { return results.notApplicable(.declaredPhases, "detect and plan are looked at below") }
    guard let subject = plans.first else { return results.notRun(.declaredPhases, Self.noPlan) }
    var wrong: [String] = []
    for phase in more {
      let seen = try ask(phase, subject.project, "\(phase.rawValue) of \(subject.sample.name)")
      guard seen.exit == .ok, let response = seen.response else {
        wrong.append("\(phase.rawValue): \(seen.story)")
        continue
      }
      do {
        let reader = ClaimsReader(holds: subject.project.tree.holds)
        let result = try response.document.required("result")
        _ = phase == .facts ? try reader.facts(result).count : try reader.components(result).count
      } catch {
        wrong.append("\(phase.rawValue): \(error)")
      }
    }
    results.settle(.declaredPhases, wrong)
  }

  // MARK: Events and the end

  func checkEvents(
    _ subject: PackProject, plain: ConformanceBench.Observation, _ results: inout ConformanceResults
  ) throws {
    let closed = try ask(.detect, subject, "detect without descriptor 3") { $0.closesEvents = true }
    let isSame = plain.result.end == closed.result.end && plain.resultJSON == closed.resultJSON
    results.settle(.eventsClosed, isSame ? [] : ["open: \(plain.story)", "closed: \(closed.story)"])
  }

  /// While it waits for its request, SIGTERM ends it and everything that it has started.
  func checkTermination(_ subject: PackProject, _ results: inout ConformanceResults) throws {
    let seen = try bench.call(.detect, subject, "detect that is told to end", isKept: false) {
      $0.holdsInput = true
      $0.timeLimit = suite.startingTime
    }
    var wrong: [String] = []
    if seen.result.end == .signalled(9) { wrong.append("it goes on after SIGTERM and had to be killed") }
    if !seen.result.leftovers.isEmpty {
      wrong.append("still running after it: \(seen.result.leftovers.joined(separator: ", "))")
    }
    results.settle(.termination, wrong)
  }
}

extension ConformanceBench.Observation {
  /// What the phase gave, nil when it gave nothing.
  var resultJSON: JSONValue? { response?.document.value["result"] }
}
