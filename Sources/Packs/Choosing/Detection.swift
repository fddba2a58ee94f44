public import PackCore

/// What all packs say of a project; `settle` turns it into a choice.
public struct Detection: Sendable {
  /// In the order of the catalog.
  public let verdicts: [PackVerdict]
  /// `--pack` or `pack:` of unik.yaml, and which of the two.
  let requested: (name: String, source: String)?
  let project: PackProject
  let rejected: [PackCatalog.Rejected]

  typealias Match = (pack: Pack, result: DetectResult)

  /// The packs that match in this role, the best first.
  func matching(_ role: DetectRole) -> [Match] {
    verdicts.compactMap { verdict in verdict.result.map { (verdict.pack, $0) } }
      .filter { $0.1.role == role }
      .sorted { a, b in
        (-a.result.confidence, a.pack.order, a.pack.name) < (-b.result.confidence, b.pack.order, b.pack.name)
      }
  }

  /// For `plan --json`: `pack`, or `candidates [{pack, app, reasons}]`, and what every pack said.
  public var json: JSONValue {
    var object = details
    if let choice = try? settle(reporter: .silent) {
      object.merge(choice.json.object ?? [:]) { _, chosen in chosen }
    }
    return .object(object)
  }

  /// What an error about this detection tells a machine.
  var details: [String: JSONValue] {
    var object: [String: JSONValue] = ["considered": .array(verdicts.map(\.json))]
    if !candidates.isEmpty { object["candidates"] = .array(candidates.map(\.json)) }
    return object
  }

  /// What the project could be, when that is more than one thing.
  var candidates: [PackCandidate] {
    if let requested, let verdict = verdicts.first(where: { $0.pack.name == requested.name }) {
      return verdict.result.map { PackCandidate.all(verdict.pack, $0, below: .root) } ?? []
    }
    let found = tied.flatMap { PackCandidate.all($0.pack, $0.result, below: .root) }
    return found.count > 1 ? found : []
  }

  /// `unik.yaml` or `--pack` over confidence over `NN`. Throws with exit 20, 21 or 22 when there is no choice.
  public func settle(reporter: Reporter = .silent) throws -> Choice {
    do {
      return try settled(reporter)
    } catch var failure as Failure {
      failure.details.merge(details) { own, _ in own }
      throw failure
    }
  }

  private func settled(_ reporter: Reporter) throws -> Choice {
    // A detect error is never "no match": another pack may have won only because this one fell over.
    for verdict in verdicts {
      guard case .failed(let failure) = verdict.outcome else { continue }
      throw ChoosingFailure.failed(verdict.pack, failure, asked: requested == nil ? verdicts.count : 1)
    }
    let (pack, result, decision) = try best(reporter)
    if let result, result.candidates.count > 1 {
      guard let app = project.app ?? project.options["app"]?.string else {
        throw ChoosingFailure.severalPrograms(pack, result.candidates)
      }
      guard result.candidates.contains(where: { $0.app == app }) else {
        throw ChoosingFailure.noSuchProgram(app, pack, result.candidates)
      }
    }
    var decisions = [decision]
    if let app = project.app { decisions.append(Decision(what: "app", value: app, source: "--app")) }
    return Choice(pack: pack, reasons: result?.reasons ?? [], decisions: decisions, verdicts: verdicts)
  }

  /// The matches that nothing but their number tells apart: programs, or, in a project without one, libraries.
  private var tied: [Match] {
    let programs = matching(.program)
    let matching = programs.isEmpty ? self.matching(.library) : programs
    guard let first = matching.first else { return [] }
    return matching.filter { $0.result.confidence == first.result.confidence && !isBefore(first.pack, $0.pack) }
  }

  /// The number orders packs that do the same work. A program of another language is another program, and which of the
  /// two is meant no number can say.
  private func isBefore(_ a: Pack, _ b: Pack) -> Bool {
    guard a.order != b.order else { return false }
    let (one, other) = (Set(a.manifest.languages), Set(b.manifest.languages))
    return one.isEmpty || other.isEmpty || !one.isDisjoint(with: other)
  }

  private func best(_ reporter: Reporter) throws -> (Pack, DetectResult?, Decision) {
    if let requested {
      guard let verdict = verdicts.first(where: { $0.pack.name == requested.name }) else {
        throw ChoosingFailure.nothing(self)
      }
      let decision = Decision(what: "pack", value: requested.name, source: requested.source)
      return (verdict.pack, verdict.result, decision)
    }
    let tied = tied
    guard let first = tied.first else { throw ChoosingFailure.nothing(self) }
    guard tied.count == 1 else { throw ChoosingFailure.tie(tied) }
    let others = matching(first.result.role).filter {
      $0.pack.name != first.pack.name && $0.result.confidence == first.result.confidence
    }
    if let other = others.first {
      reporter.warn(
        "the packs \(first.pack.name) and \(others.map(\.pack.name).joined(separator: ", ")) fit equally well; "
          + "\(first.pack.name) comes first by its number",
        hint: "write `pack: \(other.pack.name)` in unik.yaml if you mean the other, "
          + "or `pack: \(first.pack.name)` to say so")
    }
    let reason = first.result.reasons.first?.path ?? ""
    return (first.pack, first.result, Decision(what: "pack", value: first.pack.name, source: reason))
  }

  /// Files and directories at the project's root, as the error shows them.
  var seen: [String] { root.map { $0.text + ($0.isDirectory ? "/" : "") } }
  var root: [ProjectTree.Name] { (try? project.tree.names()) ?? [] }
  var tree: ProjectTree { project.tree }
  var config: JSONValue? { project.config }
}

/// One of several things that a project could be: what `--pack` and `--app` take, and why.
public struct PackCandidate: Sendable {
  public var pack: String
  /// nil when naming the pack settles it.
  public var app: String?
  public var reasons: [String]

  public var json: JSONValue {
    ["pack": .string(pack), "app": app.map(JSONValue.string) ?? .null, "reasons": JSONValue(strings: reasons)]
  }

  /// One line of an error's list.
  var text: String { ([app ?? pack] + (app == nil ? [] : ["(\(pack))"])).joined(separator: " ") + ": " + reason }
  private var reason: String { reasons.joined(separator: "; ") }

  /// The programs that a match stands for, in the project's directory `below`.
  static func all(_ pack: Pack, _ result: DetectResult, below directory: RootPath) -> [PackCandidate] {
    let reasons = result.reasons.map(\.text)
    guard directory.isRoot else {
      return [PackCandidate(pack: pack.name, app: directory.description, reasons: reasons)]
    }
    if result.candidates.isEmpty { return [PackCandidate(pack: pack.name, app: nil, reasons: reasons)] }
    return result.candidates.map { PackCandidate(pack: pack.name, app: $0.app, reasons: $0.reasons) }
  }
}

/// The pack of a build.
public struct Choice: Sendable {
  public let pack: Pack
  public let reasons: [DetectReason]
  public let decisions: [Decision]
  /// What every pack said, for `--explain`.
  public let verdicts: [PackVerdict]

  public var json: JSONValue {
    [
      "pack": pack.json, "reasons": .array(reasons.map(\.json)), "decisions": .array(decisions.map(\.json)),
      "considered": .array(verdicts.map(\.json)),
    ]
  }
}
