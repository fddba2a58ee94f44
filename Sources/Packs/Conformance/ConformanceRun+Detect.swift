internal import PackCore

/// What a pack takes for its own, and what not.
extension ConformanceRun {
  func checkDetect(_ projects: [PackProject], _ empty: PackProject, _ results: inout ConformanceResults) throws {
    try checkSamples(projects, &results)
    let nothing = try ask(.detect, empty, "detect of an empty project")
    results.settle(.detectEmpty, nothing.exit == .notApplicable ? [] : [nothing.story])
    var claimed: [String] = []
    let own = Set((pack.manifest.languages + [pack.name]).map { $0.lowercased() })
    for foreign in suite.foreignProjects where foreign.languages.isDisjoint(with: own) {
      let names = foreign.files.keys.sorted().joined(separator: ", ")
      let project = try watch(bench.project(foreign.files), "a project of \(names)")
      let seen = try ask(.detect, project, "detect of \(names)")
      guard seen.exit != .notApplicable, !isSupporting(seen) else { continue }
      claimed.append("\(names): \(seen.exit == .ok ? "it takes this for its own" : seen.story)")
    }
    results.settle(.detectForeign, claimed)
  }

  private func isSupporting(_ seen: ConformanceBench.Observation) -> Bool { result(of: seen)?.role == .supporting }

  /// The result of detect; one that cannot be read counts among the responses' fields.
  private func result(of seen: ConformanceBench.Observation) -> DetectResult? {
    guard seen.exit == .ok, let response = seen.response else { return nil }
    do {
      return try DetectResult(response.document.required("result"))
    } catch {
      note(fields: "\(seen.what): \(error)")
      return nil
    }
  }

  private func checkSamples(_ projects: [PackProject], _ results: inout ConformanceResults) throws {
    guard !samples.isEmpty else {
      for check in [ConformanceCheck.rules, .detectSamples] { results.notRun(check, Self.noSample) }
      return
    }
    var unmatched: [String] = []
    var wrong: [String] = []
    for (sample, project) in zip(samples, projects) {
      let isOwn = sample.expectation.status != .notApplicable
      let isMatched = try pack.manifest.rules.match(project.tree, config: project.config) != nil
      if isOwn, !isMatched {
        unmatched.append("\(sample.name): \"detect\" of pack.json finds nothing, so packc would not start the pack")
      }
      // `app` of a sample settles its plan; what there is to settle, detect has to say without it.
      var unsettled = project
      unsettled.app = nil
      let seen = try ask(.detect, unsettled, "detect of \(sample.name)")
      let found = result(of: seen)
      wrong += differences(sample, seen, found).map { "\(sample.name): \($0)" }
    }
    results.settle(.rules, unmatched)
    results.settle(.detectSamples, wrong)
  }

  private func differences(
    _ sample: ProjectSample, _ seen: ConformanceBench.Observation, _ found: DetectResult?
  ) -> [String] {
    let expected = sample.expectation
    let status = expected.status ?? .ok
    guard seen.exit?.status == status else { return ["expected \(status.rawValue): \(seen.story)"] }
    guard status == .ok else { return [] }
    guard let found else { return ["its result cannot be read"] }
    var wrong: [String] = []
    func compare<T: Equatable>(_ what: String, _ expected: T?, _ found: T) {
      if let expected, expected != found { wrong.append("\(what) is \(found), and \(expected) was expected") }
    }
    if found.confidence == 0 { wrong.append("confidence is 0, which is not applicable") }
    compare("confidence", expected.confidence, found.confidence)
    compare("role", expected.role?.rawValue, found.role.rawValue)
    compare("candidates", expected.candidates, found.candidates.map(\.app))
    return wrong
  }
}
