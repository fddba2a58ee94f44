public import PackCore

/// What was decided of a project's plans, beside its ledger.
///
///     DIRECTORY/reviews/NAME.json    {"state": "pending", "baseline": …, "contract": …}     of the last plan under a name
///     DIRECTORY/grants.json          {"schema_version": 1, "grants": […]}
public struct ReviewBook: Sendable {
  private static let limits = JSONParser.Limits(bytes: 4 << 20, depth: 8)
  private static let mostGrants = 10_000

  public let ledger: Ledger
  private let today: CalendarDate

  /// - Parameter today: in UTC; grants that ended before it count no more.
  public init(ledger: Ledger, today: CalendarDate) {
    self.ledger = ledger
    self.today = today
  }

  private var grantsFile: HostPath { ledger.directory / "grants.json" }
  private var reviews: HostPath { ledger.directory / "reviews" }
  private func file(_ name: String) -> HostPath { reviews / "\(name).json" }
  /// What grants are bound to.
  private var project: String { ledger.directory.name }

  // MARK: Cards

  /// The contract of an image that is to be deployed, beside that of what it replaces.
  ///
  /// - Parameters:
  ///   - image: the one that is replaced; nil when it is not known, and then the last deployment of the name is meant.
  ///   - isFirst: nothing is replaced.
  /// - Throws: `bad_ledger`, `bad_review`.
  public func card(
    _ name: String, _ document: ContractDocument, replacing image: Digest?, isFirst: Bool
  ) throws -> ReviewCard {
    let entry = isFirst ? nil : try ledger.deployed(name, image: image)
    return try card(name, document, baseline: entry.map(ledger.document))
  }

  private func card(_ name: String, _ document: ContractDocument, baseline: ContractDocument?) throws -> ReviewCard {
    let decision = try decision(name)
    return ReviewCard(
      name: name, document: document, baseline: baseline, grants: try grants().filter { $0.counts(on: today) },
      decision: decision.flatMap { $0.isOf(baseline?.digest, document.digest) ? $0 : nil })
  }

  /// The plan that somebody has to decide on, or has decided on; nil when there is none under this name.
  public func planned(_ name: String) throws -> ReviewCard? {
    guard let decision = try decision(name) else { return nil }
    return try card(
      name, ledger.document(decision.contract), baseline: decision.baseline.map(ledger.document))
  }

  /// The names under which plans are kept, sorted.
  public func plannedNames() throws -> [String] {
    guard FileSystem.isDirectory(reviews) else { return [] }
    return try DirectoryWalk.names(in: reviews).map { String(decoding: $0, as: UTF8.self) }
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Deciding

  /// Lets a plan pass, or keeps it for a review.
  ///
  /// - Parameters:
  ///   - confirms: what breaks is meant. A plan that was rejected stays so.
  ///   - keeps: false where nothing is to be written.
  /// - Throws: `contract_broken`, `contract_rejected`, exit code `drift`.
  public func judge(_ card: ReviewCard, confirms: Bool, keeps: Bool) throws {
    if card.state == .rejected { throw ReviewFailure.rejected(card) }
    guard card.state == .pending, !confirms else { return }
    if keeps { try keep(.pending, card, by: nil, reason: nil) }
    throw ReviewFailure.broken(card)
  }

  /// Writes a decision down, for this plan alone.
  public func decide(_ card: ReviewCard, approves: Bool, by: String, reason: String?) throws {
    try keep(approves ? .approved : .rejected, card, by: by, reason: reason)
  }

  private func keep(_ word: ReviewDecision.Word, _ card: ReviewCard, by: String?, reason: String?) throws {
    try ledger.exclusively {
      for document in [card.baseline, card.document].compactMap({ $0 }) { try ledger.keep(document) }
      try FileSystem.createDirectory(reviews)
      let decision = ReviewDecision(
        word, name: card.name, baseline: card.baseline?.digest, contract: card.document.digest, by: by, reason: reason)
      try FileSystem.writeAtomically(CanonicalJSON.encodePretty(decision.json), to: file(card.name), mode: 0o600)
    }
  }

  private func decision(_ name: String) throws -> ReviewDecision? {
    try read(file(name)) { try ReviewDecision($0) }
  }

  /// Writes a deployment into the ledger. Its plan is carried out, and nothing waits for a review any more.
  ///
  /// - Parameter time: seconds since 1970.
  public func deployed(_ card: ReviewCard, image: Digest?, time: Int64) throws {
    _ = try ledger.append(
      .deployment, name: card.name, image: image, card.document, verdict: card.comparison.verdict, time: time)
    try ledger.exclusively { try FileSystem.removeFile(file(card.name)) }
  }

  /// Writes down that an earlier deployment's image was deployed again; nothing where the ledger does not know it.
  public func rolledBack(_ name: String, image: Digest, time: Int64) throws {
    guard let entry = try ledger.deployed(name, image: image), entry.image == image else { return }
    let document = try ledger.document(of: entry)
    _ = try ledger.append(.deployment, name: name, image: image, document, time: time)
  }

  // MARK: Grants

  /// All, also those that have ended, in the order of facts and values.
  public func grants() throws -> [Grant] {
    try read(grantsFile) { reader in
      let version = try reader.required("schema_version")
      guard try version.integer() == 1 else { throw version.failure("this packc reads version 1") }
      return try reader.required("grants").array().map { entry in
        let grant = try Grant(entry)
        guard grant.project == project else { throw entry.failure("it was given to another project") }
        return grant
      }
    } ?? []
  }

  /// Grants what in the plan breaks or wants a look.
  ///
  /// - Returns: what was granted.
  /// - Throws: `nothing_to_grant`.
  public func grant(_ card: ReviewCard, by: String, reason: String?, until: CalendarDate) throws -> [Grant] {
    let new = card.comparison.changes.filter { $0.verdict >= .reviewRequired }.flatMap {
      Grant.all(for: $0, project: project, approver: by, reason: reason, until: until)
    }
    guard !new.isEmpty else { throw ReviewFailure.nothingToGrant(card.name) }
    guard until >= today else { throw ReviewFailure.past(until) }
    try ledger.exclusively {
      func key(_ grant: Grant) -> [String] { [grant.fact, grant.what, grant.value ?? ""] }
      // The newer one holds.
      let kept = try grants().filter { old in !new.contains { key($0) == key(old) } }
      guard kept.count + new.count <= Self.mostGrants else { throw ReviewFailure.tooMany(Self.mostGrants) }
      try write((kept + new).sorted { key($0).lexicographicallyPrecedes(key($1)) })
    }
    return new
  }

  /// - Parameter id: or its first digits.
  /// - Throws: `no_grant`.
  public func revoke(_ id: String) throws -> Grant {
    try ledger.exclusively {
      let all = try grants()
      let found = all.filter { id.utf8.count >= 4 && $0.id.hasPrefix(id) }
      guard found.count == 1, let one = found.first else { throw ReviewFailure.noGrant(id, count: found.count) }
      try write(all.filter { $0 != one })
      return one
    }
  }

  public func counts(_ grant: Grant) -> Bool { grant.counts(on: today) }

  private func write(_ grants: [Grant]) throws {
    try FileSystem.writeAtomically(
      CanonicalJSON.encodePretty(["schema_version": 1, "grants": .array(grants.map(\.stored))]), to: grantsFile,
      mode: 0o600)
  }

  private func read<T>(_ path: HostPath, _ body: (JSONReader) throws -> T) throws -> T? {
    guard let bytes = try FileSystem.readIfPresent(path, limit: Self.limits.bytes) else { return nil }
    do {
      return try body(JSONReader(try JSONParser.parse(bytes, name: path.description, limits: Self.limits)))
    } catch let failure as Failure where !failure.isInterruption { throw ReviewFailure.damaged(path, failure) }
  }
}
