public import PackCore

/// The host side of the pack protocol: finds packs, asks which one fits a project, and asks that one for its plan.
public struct PackHost: Sendable {
  private let context: HostContext
  private let installation: Installation
  private let cache: HostPath
  private let reporter: Reporter
  private let isolation: Isolation

  /// `isolation`: what packs run in; without it, this host is asked at the first call.
  public init(
    context: HostContext, installation: Installation, cache: HostPath, reporter: Reporter, isolation: Isolation? = nil
  ) {
    self.context = context
    self.installation = installation
    self.cache = cache
    self.reporter = reporter
    self.isolation = isolation ?? Isolation(context: context, reporter: reporter)
  }

  // MARK: Loading

  /// Reads the packs of all places: `extraPlaces` (`--packs`), `$PACKC_PACKS_DIR`, the user's configuration, /etc, and
  /// the installation's own. Packs that cannot be used are left out with a warning.
  public func load(extraPlaces: [HostPath] = []) throws -> PackCatalog {
    let loader = PackLoader(
      store: try PackStore(cache: cache), trust: PackTrust(), helpers: installation.helpers, reporter: reporter)
    return try loader.load(try places(extraPlaces))
  }

  private func places(_ extra: [HostPath]) throws -> [HostPath] {
    var places: [HostPath] = []
    for place in extra {
      let absolute = (context.workingDirectory / place).lexicallyNormalized
      places.append(try Self.checked(absolute, from: "--packs"))
    }
    if let named = context.variable("PACKC_PACKS_DIR") {
      let absolute = (context.workingDirectory / named).lexicallyNormalized
      places.append(try Self.checked(absolute, from: "PACKC_PACKS_DIR"))
    }
    if let config = try? context.configDirectory() { places.append(config / "packs.d") }
    return places + ["/etc/packc/packs.d", installation.packs]
  }

  /// A place that somebody named: one that is taken for another kind of directory is said so.
  private static func checked(_ place: HostPath, from source: String) throws -> HostPath {
    guard FileSystem.isDirectory(place) else { throw PacksFailure.placeMissing(place, from: source) }
    if FileSystem.exists(place / "pack.json") { throw PacksFailure.placeIsAPack(place, from: source) }
    let holdsPack = try DirectoryWalk.names(in: place).contains { PackLoader.parse($0) != nil }
    if !holdsPack, FileSystem.isDirectory(place / "packs.d") {
      throw PacksFailure.placeHoldsPacksBelow(place, from: source)
    }
    return place
  }

  // MARK: Choosing

  /// Asks every pack whose static rules match; `requested` (`--pack`) or `pack:` of unik.yaml asks only that one.
  /// A pack that fails is part of the answer; see `Detection.settle`.
  public func detect(_ project: PackProject, in catalog: PackCatalog, requested: String? = nil) throws -> Detection {
    let wanted = try requestedPack(requested, project, catalog)
    let unasked = try catalog.packs.map { try reasonNotToAsk($0, wanted: wanted?.name, project) }
    let questions = zip(catalog.packs, unasked).map { pack, reason in
      reason.map(Question.answered) ?? ask(pack, project)
    }
    // All are joined before anything is thrown: no call outlives this one.
    let answers = questions.map { $0.answer() }
    let verdicts = try zip(catalog.packs, answers).map { pack, answer in
      PackVerdict(pack: pack, outcome: try answer.get())
    }
    return Detection(verdicts: verdicts, requested: wanted, project: project, rejected: catalog.rejected)
  }

  /// `detect` and `settle` in one.
  public func choose(_ project: PackProject, in catalog: PackCatalog, requested: String? = nil) throws -> Choice {
    try detect(project, in: catalog, requested: requested).settle(reporter: reporter)
  }

  private func requestedPack(_ flag: String?, _ project: PackProject, _ catalog: PackCatalog) throws
    -> (name: String, source: String)?
  {
    let declared = project.config?["pack"]?.string
    guard let name = flag ?? declared else { return nil }
    let source = flag != nil ? "--pack" : "unik.yaml"
    if catalog.pack(named: name) != nil { return (name, source) }
    if let rejected = catalog.rejected.first(where: { $0.name == name }) { throw rejected.failure }
    if let mask = catalog.masks.first(where: { $0.name == name }) { throw PacksFailure.maskedAway(name, mask.source) }
    throw PacksFailure.unknownPack(name, from: source, known: catalog.packs.map(\.name))
  }

  /// A pack that is being asked, or need not be: packs look at a project side by side.
  private enum Question {
    case answered(PackVerdict.Outcome)
    case failed(any Error)
    case asked(HostThread<PackVerdict.Outcome>, events: Locked<[ProgressEvent]>, Reporter)

    /// What the pack told people comes in the order of the catalog, whoever was first.
    func answer() -> Result<PackVerdict.Outcome, any Error> {
      switch self {
      case .answered(let outcome): return .success(outcome)
      case .failed(let error): return .failure(error)
      case .asked(let thread, let events, let reporter):
        let outcome = Result { try thread.join() }
        for event in events.withLock({ $0 }) { reporter.send(event) }
        return outcome
      }
    }
  }

  private func reasonNotToAsk(_ pack: Pack, wanted: String?, _ project: PackProject) throws -> PackVerdict.Outcome? {
    if let wanted, wanted != pack.name { return .notAsked }
    return try pack.manifest.rules.areMet(in: project.tree, config: project.config) ? nil : .notStarted
  }

  private func ask(_ pack: Pack, _ project: PackProject) -> Question {
    let events = Locked<[ProgressEvent]>([])
    let kept = Reporter { event in events.withLock { $0.append(event) } }
    do {
      return .asked(try HostThread { try outcome(of: pack, project, kept) }, events: events, reporter)
    } catch {
      return .failed(error)
    }
  }

  private func outcome(of pack: Pack, _ project: PackProject, _ reporter: Reporter) throws -> PackVerdict.Outcome {
    do {
      let response = try call(pack, .detect, project, reporter: reporter).run()
      guard response.status == .ok else { return .notApplicable }
      let result = try read(response, of: pack, .detect) { try DetectResult($0) }
      return result.confidence > 0 ? .matches(result) : .notApplicable
    } catch let failure as Failure where !failure.isInterruption {
      return .failed(failure)
    }
  }

  // MARK: Planning

  /// The plan of the chosen pack. `lock`: what packc.lock holds of packages that this pack had resolved, by ecosystem.
  public func plan(_ pack: Pack, for project: PackProject, lock: [String: JSONValue] = [:]) throws -> BuildPlan {
    try pack.manifest.options.validate(project.options)
    let response = try call(pack, .plan, project, extra: Self.extra(lock)).run()
    let calls = (cache / "packs/calls").description
    return try read(response, of: pack, .plan) { try PlanReader(privatePaths: CallPaths.names + [calls]).read($0) }
  }

  /// The plan with what its steps left at `completion`.
  public func complete(_ plan: BuildPlan, of pack: Pack, with document: [UInt8]) throws -> BuildPlan {
    do {
      let json = try JSONParser.parse(document, name: plan.completion?.description ?? "completion")
      return try PlanReader(privatePaths: []).complete(plan, with: JSONReader(json))
    } catch let failure as Failure where failure.code == "bad_json" {
      throw PacksFailure.violation(pack, .plan, "the document that completes its plan is wrong: \(failure.message)")
    }
  }

  private static func extra(_ lock: [String: JSONValue]) -> [String: JSONValue] {
    ["lock": lock.isEmpty ? .null : .object(lock)]
  }

  // MARK: Claims

  /// What the pack says of the source; empty when it has no phase `facts`. `outputs`: what the plan's steps left, for a
  /// language whose facts stand in what its compiler wrote.
  public func facts(
    _ pack: Pack, of project: PackProject, lock: [String: JSONValue] = [:], outputs: [PackOutput] = []
  ) throws -> [SourceFact] {
    try claims(pack, .facts, project, lock, outputs) { try $0.facts($1) }
  }

  /// What the program is made of, as the pack knows it; empty when it has no phase `sbom`.
  public func components(_ pack: Pack, of project: PackProject, lock: [String: JSONValue] = [:]) throws
    -> [SoftwareComponent]
  {
    try claims(pack, .sbom, project, lock) { try $0.components($1) }
  }

  private func claims<T>(
    _ pack: Pack, _ phase: PackPhase, _ project: PackProject, _ lock: [String: JSONValue],
    _ outputs: [PackOutput] = [], _ body: (ClaimsReader, JSONReader) throws -> [T]
  ) throws -> [T] {
    guard pack.manifest.phases.contains(phase) else { return [] }
    let response = try call(pack, phase, project, extra: Self.extra(lock), outputs: outputs).run()
    // What the pack was told of packc.lock is evidence also in the build that writes it.
    let told: Set<RootPath> = lock.isEmpty ? [] : [RootPath(literal: "packc.lock")]
    let reader = ClaimsReader { told.contains($0) || project.tree.holds($0) }
    return try read(response, of: pack, phase) { try body(reader, $0) }
  }

  private func call(
    _ pack: Pack, _ phase: PackPhase, _ project: PackProject, reporter: Reporter? = nil,
    extra: [String: JSONValue] = [:], outputs: [PackOutput] = []
  ) -> PackCall {
    PackCall(
      pack, phase, project, context: context, cache: cache, reporter: reporter ?? self.reporter, isolation: isolation,
      extra: extra, outputs: outputs)
  }

  private func read<T>(_ response: PackResponse, of pack: Pack, _ phase: PackPhase, _ body: (JSONReader) throws -> T)
    throws -> T
  {
    do {
      return try body(try response.document.required("result"))
    } catch let failure as Failure where failure.code == "bad_json" {
      throw PacksFailure.violation(pack, phase, "its response is wrong: \(failure.message)")
    }
  }
}
