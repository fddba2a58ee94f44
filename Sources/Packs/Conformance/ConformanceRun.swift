internal import PackCore

/// One pass over all checks. Each part looks at one side of the pack; what every call shows (responses, time, processes)
/// is judged at the end, over all of them.
final class ConformanceRun {
  let suite: ConformanceSuite
  let bench: ConformanceBench
  let samples: [ProjectSample]
  /// Broken rules of answers to requests that were in order.
  private var violations: [(kind: ResponseJudge.Violation.Kind, text: String)] = []
  /// Copies of projects that no call may change, and how they were.
  private var watched: [(name: String, directory: HostPath, before: TreeSnapshot)] = []
  var pack: Pack { bench.pack }

  init(suite: ConformanceSuite, bench: ConformanceBench, samples: [ProjectSample]) {
    self.suite = suite
    self.bench = bench
    self.samples = samples
  }

  func all(_ results: inout ConformanceResults) throws {
    let empty = try watch(bench.project([:]), "an empty project")
    let projects = try samples.map { try self.project(of: $0) }
    let subject = projects.first ?? empty
    let first = try ask(.detect, subject, "detect of \(samples.first?.name ?? "an empty project")")
    // A pack that hangs would hang in everything that follows.
    if !first.result.timedOut {
      try checkRequests(subject, plain: first, &results)
      try checkPhases(subject, &results)
      try checkEvents(subject, plain: first, &results)
      try checkDetect(projects, empty, &results)
      let plans = try checkPlans(projects, &results)
      try checkSecrets(plans, &results)
      try checkSandbox(plans, &results)
      try checkToolchain(projects, &results)
    }
    try checkTermination(subject, &results)
    try checkEverything(&results)
  }

  // MARK: Asking

  /// A request that is in order: what comes back has to be, too.
  func ask(
    _ phase: PackPhase, _ project: PackProject, _ what: String,
    change: (inout ConformanceBench.Setup) throws -> Void = { _ in }
  ) throws -> ConformanceBench.Observation {
    let observation = try bench.call(phase, project, what, change: change)
    if case .failure(let violation) = observation.verdict, !observation.result.timedOut {
      violations.append((violation.kind, "\(what): \(violation.text)"))
    }
    return observation
  }

  /// A result that is not what its phase gives.
  func note(fields text: String) { violations.append((.fields, text)) }

  // MARK: Projects

  /// A watched copy of a sample.
  func project(
    of sample: ProjectSample, named name: String = "project", reversed: Bool = false, time: Int? = nil,
    adding files: [String: String] = [:]
  ) throws -> PackProject {
    let place = try bench.newPlace(named: name)
    try sample.copy(to: place, reversed: reversed)
    if let time {
      for entry in try DirectoryWalk.sortedByPath(place).reversed() {
        try FileSystem.setTime(place / entry.path, seconds: time)
      }
    }
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      try FileSystem.writeAtomically(Array(text.utf8), to: place / path, durable: false)
    }
    let project = PackProject(
      tree: ProjectTree(place), config: try suite.configuration(place), app: sample.expectation.app)
    return try watch(project, "a copy of \(sample.name)")
  }

  func watch(_ project: PackProject, _ name: String) throws -> PackProject {
    watched.append((name, project.directory, try TreeSnapshot(project.directory)))
    return project
  }

  // MARK: What all calls show

  private func checkEverything(_ results: inout ConformanceResults) throws {
    for (kind, check) in Self.checks {
      results.settle(check, violations.filter { $0.kind == kind }.map(\.text))
    }
    let all = bench.observations
    results.settle(
      .time, all.filter(\.result.timedOut).map { "\($0.what): no end in time" })
    results.settle(
      .log, all.filter { $0.logBytes > 1 << 20 }.map { "\($0.what): \($0.logBytes) bytes of log" })
    results.settle(
      .leftovers,
      all.filter { !$0.result.timedOut && !$0.result.leftovers.isEmpty }
        .map { "\($0.what): still running: \($0.result.leftovers.joined(separator: ", "))" })
    results.settle(.eventLines, all.flatMap(Self.wrongEvents))
    results.settle(
      .unchanged,
      try watched.flatMap { name, directory, before in
        try TreeSnapshot(directory).differences(from: before).map { "\(name): \($0)" }
      })
    results.settle(.beside, try besideProjects())
  }

  private static let checks: [(ResponseJudge.Violation.Kind, ConformanceCheck)] = [
    (.end, .exitCode), (.missing, .written), (.notRegular, .regularFile), (.tooLarge, .size), (.document, .document),
    (.fields, .fields), (.requestID, .requestID), (.disagreement, .agreement),
  ]

  private static func wrongEvents(_ observation: ConformanceBench.Observation) -> [String] {
    observation.eventLines.compactMap { line in
      guard let event = try? JSONParser.parse(line, name: "event", limits: .init(bytes: 1 << 14, depth: 8)) else {
        return "\(observation.what): \(String(decoding: line.prefix(80), as: UTF8.self)) is not JSON"
      }
      guard let kind = event["event"]?.string else { return "\(observation.what): an event without \"event\"" }
      let isTold = kind == "note" || kind == "warning"
      return isTold && event["message"]?.string == nil ? "\(observation.what): a \(kind) without a message" : nil
    }
  }

  /// The pack's own copy, the directories around the projects, and those of the calls.
  private func besideProjects() throws -> [String] {
    var found: [String] = []
    func strangers(_ directory: HostPath, _ known: Set<String>) throws {
      for name in try DirectoryWalk.names(in: directory).map({ String(decoding: $0, as: UTF8.self) })
      where !known.contains(name) {
        found.append("\(directory.name)/\(name)")
      }
    }
    for place in watched { try strangers(place.directory.parent, [place.directory.name]) }
    try strangers(bench.root, ["projects", "calls", "cache", "bin"])
    for name in try DirectoryWalk.names(in: bench.root / "calls") {
      let call = bench.root / "calls" / HostPath(bytes: name)
      try strangers(call, ["home", "tmp", "work", "answer"])
      try strangers(call / "answer", [CallPaths.responseName])
    }
    let own = try PackStore.digest(of: pack.directory)
    if own.hex != pack.directory.name { found.append("its own directory has changed") }
    return found
  }
}
