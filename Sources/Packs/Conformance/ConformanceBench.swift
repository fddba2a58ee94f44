internal import Glibc
internal import PackCore

/// The place where a pack is tried, outside of the sandbox: what it does there, nobody prevents.
///
///     <root>/projects/<n>/<name>   copies of projects, each alone in its directory
///           /calls/<n>/…           the private directories of each call
///           /cache                 the pack's copy in a store, its scratch directory
final class ConformanceBench {
  /// A call before it is made; a check changes what it is about.
  struct Setup {
    var argument: String
    var document: [String: JSONValue]
    /// In the place of the document.
    var input: [UInt8]?
    var environment: [String: String]
    var umask: UInt32?
    var closesEvents = false
    /// Standard input stays open, so that the pack waits.
    var holdsInput = false
    var timeLimit: Double
    var grace: Double
  }

  /// What one call left.
  struct Observation {
    /// `detect of hello`, for messages.
    var what: String
    var result: CommandResult
    var verdict: Result<ResponseJudge.Verdict, ResponseJudge.Violation>
    /// Response, both streams and events, for finding what must not be in any.
    var outputs: [(name: String, bytes: [UInt8])]
    var logBytes: Int
    var eventLines: [[UInt8]]

    var exit: PackExit? { if case .success(let verdict) = verdict { verdict.exit } else { nil } }
    var response: PackResponse? { if case .success(let verdict) = verdict { verdict.response } else { nil } }
    /// How it ended, and its last words.
    var story: String {
      let end = result.timedOut ? "no end in time" : "\(result.end)"
      let log = PackCall.tail(result).split(separator: "\n").suffix(3).map { $0.drop { $0 == " " } }
      return log.isEmpty ? end : "\(end): \(log.joined(separator: " | "))"
    }
  }

  let pack: Pack
  let context: HostContext
  let root: HostPath
  private let timeLimits: [PackPhase: Double]
  private let grace: Double
  private var count = 0
  private(set) var observations: [Observation] = []

  init(_ pack: Pack, context: HostContext, root: HostPath, timeLimits: [PackPhase: Double], grace: Double) {
    self.pack = pack
    self.context = context
    self.root = root
    self.timeLimits = timeLimits
    self.grace = grace
  }

  func timeLimit(_ phase: PackPhase) -> Double { timeLimits[phase] ?? phase.timeLimit }

  private func number() -> String {
    count += 1
    return String(count)
  }

  // MARK: Projects

  /// A directory for a project of that name, alone in its own; it does not exist yet.
  func newPlace(named name: String = "project") throws -> HostPath {
    let parent = root / "projects" / number()
    try FileSystem.createDirectory(parent)
    return parent / name
  }

  func project(_ files: [String: String]) throws -> PackProject {
    let place = try newPlace()
    try FileSystem.createDirectory(place)
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      try FileSystem.createDirectory((place / path).parent)
      try FileSystem.writeAtomically(Array(text.utf8), to: place / path, durable: false)
    }
    return PackProject(tree: ProjectTree(place))
  }

  // MARK: Calls

  /// Asks the pack. `isKept`: for the checks that look at all calls.
  func call(
    _ phase: PackPhase, _ project: PackProject, _ what: String, isKept: Bool = true,
    change: (inout Setup) throws -> Void = { _ in }
  ) throws -> Observation {
    let directories = try CallDirectories(
      root: root / "calls" / number(), scratch: root / "cache/packs/scratch" / pack.name)
    let paths = CallPaths(pack, project: project.directory, directories)
    let request = CallRequest(pack: pack, phase: phase, project: project, timeLimit: timeLimit(phase))
    let id = CallRequest.newID()
    var setup = Setup(
      argument: phase.rawValue, document: try request.document(id: id, paths),
      environment: request.environment(context, paths), timeLimit: timeLimit(phase), grace: grace)
    if phase != .detect { setup.document["lock"] = .null }
    try change(&setup)
    let (result, logBytes, events) = try run(setup, in: project.directory, paths)
    let verdict = Result { () throws(ResponseJudge.Violation) in
      try ResponseJudge(phase: phase, requestID: id).judge(result.end, directories.response)
    }
    var outputs = [("standard output", result.output), ("standard error", result.errorOutput)]
    outputs.append(("an event", events.flatMap { $0 + [0x0a] }))
    if let status = try FileSystem.status(directories.response), status.kind == .file, status.size < 1 << 26 {
      outputs.append(("the response", (try? FileSystem.read(directories.response)) ?? []))
    }
    let observation = Observation(
      what: what, result: result, verdict: verdict, outputs: outputs, logBytes: logBytes, eventLines: events)
    if isKept { observations.append(observation) }
    return observation
  }

  private func run(_ setup: Setup, in directory: HostPath, _ paths: CallPaths) throws
    -> (CommandResult, logBytes: Int, events: [[UInt8]])
  {
    let lines = Locked<[[UInt8]]>([])
    let events = try EventPipe { line in lines.withLock { if $0.count < 10_000 { $0.append(line) } } }
    var ends: [Int32] = [-1, -1]
    if setup.holdsInput {
      guard pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    defer { for end in ends where end >= 0 { close(end) } }
    var argv = [paths.executable.description, setup.argument]
    if let umask = setup.umask {
      argv = ["/bin/sh", "-c", "umask \(String(umask, radix: 8)); exec \"$@\"", "sh"] + argv
    }
    let input = setup.input ?? (CanonicalJSON.encode(.object(setup.document)) + [0x0a])
    var descriptors = setup.closesEvents ? [] : [(ours: events.childEnd, child: PackProtocol.eventsDescriptor)]
    if setup.holdsInput { descriptors.append((ours: ends[0], child: 0)) }
    var command = Command(
      argv, environment: setup.environment, directory: directory, input: setup.holdsInput ? .none : .bytes(input),
      keep: 1 << 20, keepHead: true, descriptors: descriptors, timeout: setup.timeLimit, grace: setup.grace)
    command.reportsLeftovers = true
    var logBytes = 0
    let result = try ProcessRunner().run(command) { _, line in logBytes += line.utf8.count + 1 }
    events.finish()
    return (result, logBytes, lines.withLock { $0 })
  }
}
