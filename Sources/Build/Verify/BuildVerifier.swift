internal import Glibc
public import Images
public import PackCore

/// `packc verify`: builds a project twice, the second time under other conditions, and compares all that was made. When it
/// differs, further builds tell which condition it is.
public struct BuildVerifier {
  public struct Options: Sendable {
    /// Those that are varied, where the host can.
    public var variations = Set(Variation.allCases)
    /// What the sandbox holds is an error, too: hosts without it have to agree.
    public var strict = false
    /// Only what may differ between two hosts whose steps run in packc's sandbox.
    public var sandboxed = false
    /// Compilers start with empty caches.
    public var cold = false
    public init() {}
  }

  let context: HostContext
  let request: BuildRequest
  let options: Options
  let reporter: Reporter
  let isolation: Isolation

  public init(context: HostContext, request: BuildRequest, options: Options, reporter: Reporter) {
    self.context = context
    self.request = request
    self.options = options
    self.reporter = reporter
    isolation = Isolation(context: context, reporter: reporter)
  }

  /// Seconds; what clocks of another zone show is off by no more.
  private static let widestZone: Int64 = 86_400

  public func verify() throws -> ReproducibilityReport {
    let planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    let scan = try planning.scan()
    let cache = planning.cache
    let place = try WorkDirectory(in: cache / "work", prefix: "verify")
    let hasSandbox = isolation.bubblewrap != nil
    let bytes = scan.entries.reduce(0) { $0 + ($1.status.kind == .file ? $1.status.size : 0) }
    let variations = HostVariations(context, sandboxed: hasSandbox, bytes: bytes, work: place.path)
    let runs = try TrialRuns(
      context, request, reporter, isolation: isolation, variations: variations, place: place, isCold: options.cold)
    var wanted = options.variations.intersection(variations.possible.keys)
    if options.sandboxed, hasSandbox { wanted = wanted.filter { !$0.isHeldBySandbox } }

    let started = Clock.now() / 1_000_000_000
    let first = try runs.build([], title: "first")
    if let failure = first.failure { throw failure }
    let search = VariationSearch(runs: runs, first: first, reporter: reporter)
    let together = try search.compare(wanted, title: "second")
    let found = together.isSame ? [] : try search.causes(of: wanted, together)
    try checkUntouched(scan)
    let ended = Clock.now() / 1_000_000_000
    let evidence = CauseEvidence(
      times: (started - Self.widestZone)...(ended + HostVariations.farthest + Self.widestZone))
    return ReproducibilityReport(
      name: first.result?["name"]?.string ?? "", digest: first.result?["image"]?["digest"]?.digest,
      conditions: conditions(variations, wanted),
      findings: findings(found, evidence, pack: first.result?["pack"]?["name"]?.string ?? "", hasSandbox),
      builds: runs.count, isStrict: options.strict)
  }

  /// Two builds of two states of the project prove nothing.
  private func checkUntouched(_ scan: ProjectScan) throws {
    guard try ProjectScan(root: scan.root).fingerprint() != scan.fingerprint() else { return }
    throw Failure(
      "file_changed", "the project changed while it was verified", hint: "run it again when nothing writes into it",
      exit: .tryAgain)
  }

  private func conditions(
    _ host: HostVariations, _ wanted: Set<Variation>
  ) -> [ReproducibilityReport.Condition] {
    Variation.allCases.filter { options.variations.contains($0) }.map { variation in
      if let values = host.possible[variation], wanted.contains(variation) {
        return .init(
          variation.cause, isVaried: true, first: values.first, second: values.second, note: values.note)
      }
      let reason = host.impossible[variation] ?? "packc's sandbox gives every step the same"
      return .init(variation.cause, isVaried: false, first: host.possible[variation]?.first ?? "", note: reason)
    }
  }

  private func findings(
    _ found: [VariationSearch.Found], _ evidence: CauseEvidence, pack: String, _ hasSandbox: Bool
  ) -> [ReproducibilityReport.Finding] {
    found.flatMap { found -> [ReproducibilityReport.Finding] in
      guard found.variation == nil else { return [finding(found, pack, hasSandbox)] }
      // Without a condition to blame, the bytes say what they can.
      if let failure = found.failure {
        return [
          .init(
            .random, isProven: false, isHeldBySandbox: false, differences: [], failure: failure.message,
            fix: ReproducibilityFix.text(.random, pack: pack))
        ]
      }
      let byCause = Dictionary(grouping: found.differences) { evidence.cause(of: $0) }
      return byCause.sorted { $0.key.rawValue < $1.key.rawValue }.map { cause, differences in
        .init(
          cause, isProven: false, isHeldBySandbox: false, differences: differences,
          fix: ReproducibilityFix.text(cause, pack: pack, part: differences.first?.bytes?.part))
      }
    }
  }

  private func finding(
    _ found: VariationSearch.Found, _ pack: String, _ hasSandbox: Bool
  ) -> ReproducibilityReport.Finding {
    let cause = found.variation?.cause ?? .random
    return .init(
      cause, isProven: true, isHeldBySandbox: hasSandbox && found.variation?.isHeldBySandbox == true,
      differences: found.differences, failure: found.failure?.message,
      fix: ReproducibilityFix.text(cause, pack: pack))
  }
}
