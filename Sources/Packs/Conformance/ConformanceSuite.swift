public import PackCore

/// Tries a pack against docs/pack-protocol.md: its manifest, its words, and what it does when the world is not as it
/// likes it. The pack runs outside of the sandbox (but for one check), so that what the sandbox would hide is seen.
public struct ConformanceSuite: Sendable {
  let context: HostContext
  let installation: Installation
  /// `unik.yaml` of a project as JSON; nil when it has none.
  let configuration: @Sendable (HostPath) throws -> JSONValue?
  /// In the place of the protocol's own, for packs that are known to hang.
  var timeLimits: [PackPhase: Double] = [:]
  var grace: Double = 5
  /// Seconds that a pack gets to be started, before it is told to end.
  var startingTime = 0.5
  var foreignProjects = ForeignProject.all

  public init(
    context: HostContext, installation: Installation,
    configuration: @escaping @Sendable (HostPath) throws -> JSONValue?
  ) {
    self.context = context
    self.installation = installation
    self.configuration = configuration
  }

  /// `directory`: a pack, named `NN-name` or otherwise. `project`: a sample beside the pack's own. Throws only for what
  /// is no fault of the pack: no such directory, an interruption.
  public func run(_ directory: HostPath, project: HostPath? = nil) throws -> ConformanceReport {
    guard let real = FileSystem.resolve(directory), FileSystem.isDirectory(real) else {
      throw Failure(
        "no_pack", "\(directory) is not a directory", hint: "give the directory that holds the pack's pack.json",
        exit: .badInput)
    }
    let root = try FileSystem.createTemporaryDirectory(
      in: FileSystem.resolve("/tmp") ?? "/tmp", prefix: "packc-conformance")
    defer { try? FileSystem.removeTree(root) }
    var results = ConformanceResults()
    var samples: [ProjectSample] = []
    var pack: Pack?
    do {
      pack = try load(real, root, &results)
      samples = try ProjectSample.all(of: real)
      if let project { samples.append(try ProjectSample(name: "--project", directory: project)) }
    } catch let failure as Failure where !failure.isInterruption {
      results.fail(failure.code == "untrusted_pack" ? .trusted : .manifest, failure.description)
    }
    var standIns: [String] = []
    if let pack {
      let tools = StandIns(of: real)
      standIns = tools.needed(by: pack, in: context)
      let context = tools.added(standIns, to: context)
      let bench = ConformanceBench(pack, context: context, root: root, timeLimits: timeLimits, grace: grace)
      try ConformanceRun(suite: self, bench: bench, samples: samples).all(&results)
    }
    return ConformanceReport(
      pack: pack, path: directory, samples: samples.map(\.name), standIns: standIns, outcomes: results.all)
  }

  private func load(_ directory: HostPath, _ root: HostPath, _ results: inout ConformanceResults) throws -> Pack {
    let warnings = Locked<[String]>([])
    let reporter = Reporter { event in
      if case .warning(let text, _) = event { warnings.withLock { $0.append(text) } }
    }
    let loader = PackLoader(
      store: try PackStore(cache: root / "cache"), trust: PackTrust(), helpers: installation.helpers, reporter: reporter
    )
    let pack = try loader.load(directory: directory)
    results.pass(.trusted)
    // What packc only warns about (an unknown field) is a mistake in a pack that somebody is writing.
    results.settle(.manifest, warnings.withLock { $0 })
    return pack
  }
}

/// The outcomes as they come.
struct ConformanceResults {
  private var outcomes: [ConformanceCheck: ConformanceReport.Outcome] = [:]

  mutating func pass(_ check: ConformanceCheck) { outcomes[check] = .passed }
  mutating func fail(_ check: ConformanceCheck, _ lines: String...) { outcomes[check] = .failed(Self.bounded(lines)) }
  /// Failed when there is something to say, else passed.
  mutating func settle(_ check: ConformanceCheck, _ lines: [String]) {
    outcomes[check] = lines.isEmpty ? .passed : .failed(Self.bounded(lines))
  }
  mutating func notRun(_ check: ConformanceCheck, _ reason: String) { outcomes[check] = .notRun(reason) }
  mutating func notApplicable(_ check: ConformanceCheck, _ reason: String) { outcomes[check] = .notApplicable(reason) }

  /// Few lines, each one line: names and messages may hold anything.
  private static func bounded(_ lines: [String]) -> [String] {
    let shown = lines.prefix(10).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    }
    return lines.count <= 10 ? shown : shown + ["… and \(lines.count - 10) more"]
  }

  var all: [(check: ConformanceCheck, outcome: ConformanceReport.Outcome)] {
    ConformanceCheck.allCases.map { ($0, outcomes[$0] ?? .notRun("an earlier check failed")) }
  }
}
