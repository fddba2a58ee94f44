internal import Glibc
internal import PackCore

/// What a pack plans, and that nothing but the project decides it.
extension ConformanceRun {
  /// A sample with its plan.
  struct SamplePlan {
    let sample: ProjectSample
    let project: PackProject
    let json: JSONValue
    let plan: BuildPlan
  }

  static let noSample = "no sample"
  private static let howToAddOne =
    "the pack brings no sample: put a small project into its directory test/NAME, or give --project DIR"
  static let noPlan = "no sample gave a plan"

  func checkPlans(_ projects: [PackProject], _ results: inout ConformanceResults) throws -> [SamplePlan] {
    var wrong: [String] = []
    var missing: [String] = []
    var plans: [SamplePlan] = []
    for (sample, project) in zip(samples, projects) where sample.isPlanned {
      let seen = try ask(.plan, project, "plan of \(sample.name)")
      if let expected = sample.expectation.error {
        let code = seen.response?.problem?.code
        if code != expected {
          wrong.append("\(sample.name): the error \(expected) was expected: \(code ?? seen.story)")
        }
      } else if let plan = try read(seen, sample, project, &wrong, &missing) {
        plans.append(plan)
      }
    }
    if samples.isEmpty {
      results.notRun(.samples, Self.howToAddOne)
      results.notRun(.planSamples, Self.noSample)
    } else {
      results.settle(.planSamples, wrong)
      if wrong.isEmpty, let first = missing.first { results.notRun(.planSamples, first) }
      if plans.isEmpty { results.notRun(.samples, Self.noPlan) } else { results.pass(.samples) }
    }
    try checkClaims(plans, &results)
    try compare(plans, &results)
    return plans
  }

  private func read(
    _ seen: ConformanceBench.Observation, _ sample: ProjectSample, _ project: PackProject, _ wrong: inout [String],
    _ missing: inout [String]
  ) throws -> SamplePlan? {
    if seen.exit == .toolchainMissing {
      missing.append("\(sample.name): \(seen.response?.problem?.message ?? "a toolchain is missing here")")
      return nil
    }
    guard seen.exit == .ok, let response = seen.response, let json = seen.resultJSON else {
      wrong.append("\(sample.name): \(seen.response?.problem.map { "\($0.code): \($0.message)" } ?? seen.story)")
      return nil
    }
    do {
      let plan = try PlanReader(privatePaths: CallPaths.names).read(response.document.required("result"))
      let expected = sample.expectation
      if let entrypoint = expected.entrypoint, entrypoint != plan.entrypoint {
        wrong.append("\(sample.name): entrypoint is \(plan.entrypoint), and \(entrypoint) was expected")
      }
      if let ports = expected.ports, ports != plan.ports {
        wrong.append("\(sample.name): ports are \(plan.ports), and \(ports) were expected")
      }
      return SamplePlan(sample: sample, project: project, json: json, plan: plan)
    } catch let failure as Failure where !failure.isInterruption {
      wrong.append("\(sample.name): \(failure.message)")
      return nil
    }
  }

  // MARK: The same, wherever and whoever

  private func compare(_ plans: [SamplePlan], _ results: inout ConformanceResults) throws {
    let checks: [ConformanceCheck] = [.planPaths, .planDirectories, .planOddPath, .planEnvironment]
    guard !plans.isEmpty else {
      for check in checks { results.notRun(check, Self.noPlan) }
      return
    }
    var differences: [ConformanceCheck: [String]] = [:]
    let root = Array(bench.root.description.utf8)
    for plan in plans {
      let texts = JSONDifference.strings(plan.json).filter { $0.text.utf8.contains(root) }
      differences[.planPaths, default: []] += texts.map { "\(plan.sample.name): \($0.path): \($0.text)" }
      let elsewhere = try project(of: plan.sample, named: "elsewhere", reversed: true, time: 1_000_000_000)
      differences[.planDirectories, default: []] += try difference(plan, elsewhere)
      let odd = try project(of: plan.sample, named: "a dir\nwith 'ünusual' \"names\"")
      differences[.planOddPath, default: []] += try difference(plan, odd)
      if plan.sample.name == plans.first?.sample.name { Self.waitForAnotherSecond() }
      differences[.planEnvironment, default: []] += try difference(plan, plan.project) { setup in
        let home = HostPath(setup.environment["TMPDIR"] ?? "/tmp") / "somebody else"
        try FileSystem.createDirectory(home)
        setup.environment.merge([
          "HOME": home.description, "TZ": "Asia/Tokyo", "USER": "somebody", "LOGNAME": "somebody", "SHELL": "/bin/zsh",
          "TERM": "xterm", "EDITOR": "vi", "CI": "true", "HOSTNAME": "elsewhere", "LINES": "7", "COLUMNS": "33",
        ]) { _, other in other }
        setup.umask = 0o077
      }
    }
    for check in checks { results.settle(check, differences[check] ?? []) }
  }

  /// A plan that holds the time is another one then.
  private static func waitForAnotherSecond() {
    let start = time(nil)
    while time(nil) == start { usleep(20_000) }
  }

  private func difference(
    _ plan: SamplePlan, _ project: PackProject,
    change: (inout ConformanceBench.Setup) throws -> Void = { _ in }
  ) throws -> [String] {
    let seen = try ask(.plan, project, "plan of \(plan.sample.name) in \(project.directory.name)", change: change)
    guard let json = seen.resultJSON else { return ["\(plan.sample.name): no plan: \(seen.story)"] }
    return JSONDifference.between(plan.json, json).map { "\(plan.sample.name): \($0)" }
  }
}

/// Where two documents differ, for people.
enum JSONDifference {
  static func between(_ a: JSONValue, _ b: JSONValue, path: String = "") -> [String] {
    switch (a, b) {
    case (.object(let one), .object(let other)):
      return Set(one.keys).union(other.keys).sorted().flatMap { key in
        between(one[key] ?? .null, other[key] ?? .null, path: path.isEmpty ? key : "\(path).\(key)")
      }
    case (.array(let one), .array(let other)) where one.count == other.count:
      return zip(one, other).enumerated().flatMap { between($1.0, $1.1, path: "\(path)[\($0)]") }
    default:
      return a == b ? [] : ["\(path): \(short(a)), and then \(short(b))"]
    }
  }

  static func strings(_ value: JSONValue, path: String = "") -> [(path: String, text: String)] {
    switch value {
    case .string(let text): [(path, text)]
    case .array(let elements): elements.enumerated().flatMap { strings($1, path: "\(path)[\($0)]") }
    case .object(let fields):
      fields.sorted { $0.key < $1.key }.flatMap { key, value in
        [("\(path).\(key)", key)] + strings(value, path: path.isEmpty ? key : "\(path).\(key)")
      }
    case .null, .bool, .integer, .number: []
    }
  }

  private static func short(_ value: JSONValue) -> String {
    let text = CanonicalJSON.string(value)
    return text.count > 120 ? text.prefix(120) + "…" : text
  }
}
