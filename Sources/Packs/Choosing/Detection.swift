public import PackCore

/// What all packs say of a project; `settle` turns it into a choice.
public struct Detection: Sendable {
  /// In the order of the catalog.
  public let verdicts: [PackVerdict]
  /// `--pack` or `pack:` of unik.yaml, and which of the two.
  let requested: (name: String, source: String)?
  let project: PackProject
  let rejected: [PackCatalog.Rejected]

  /// The packs that match, the best first.
  private var matching: [(pack: Pack, result: DetectResult)] {
    verdicts.compactMap { verdict in verdict.result.map { (verdict.pack, $0) } }
      .sorted { a, b in
        (-a.result.confidence, a.pack.order, a.pack.name) < (-b.result.confidence, b.pack.order, b.pack.name)
      }
  }

  /// For `plan --json`: `pack`, or `candidates [{pack, app, reasons}]`, and what every pack said.
  public var json: JSONValue {
    var object: [String: JSONValue] = ["considered": .array(verdicts.map(\.json))]
    if let choice = try? settle(reporter: .silent) {
      object.merge(choice.json.object ?? [:]) { _, chosen in chosen }
    } else {
      object["candidates"] = .array(candidates)
    }
    return .object(object)
  }

  private var candidates: [JSONValue] {
    let best = matching.first
    return matching.filter { $0.result.confidence == best?.result.confidence && $0.pack.order == best?.pack.order }
      .flatMap { pack, result -> [JSONValue] in
        let reasons = result.reasons.map(\.text)
        if result.candidates.isEmpty {
          return [["pack": .string(pack.name), "app": .null, "reasons": JSONValue(strings: reasons)]]
        }
        return result.candidates.map {
          ["pack": .string(pack.name), "app": .string($0.app), "reasons": JSONValue(strings: $0.reasons)]
        }
      }
  }

  /// `unik.yaml` or `--pack` over confidence over `NN`. Throws with exit 20, 21 or 22 when there is no choice.
  public func settle(reporter: Reporter = .silent) throws -> Choice {
    // A detect error is never "no match": another pack may have won only because this one fell over.
    for verdict in verdicts {
      if case .failed(let failure) = verdict.outcome { throw ChoosingFailure.failed(verdict.pack, failure) }
    }
    let (pack, result, decision) = try best(reporter)
    if let result, result.candidates.count > 1 {
      throw ChoosingFailure.severalPrograms(pack, result.candidates)
    }
    var decisions = [decision]
    if let app = project.app { decisions.append(Decision(what: "app", value: app, source: "--app")) }
    return Choice(pack: pack, reasons: result?.reasons ?? [], decisions: decisions, verdicts: verdicts)
  }

  private func best(_ reporter: Reporter) throws -> (Pack, DetectResult?, Decision) {
    if let requested {
      guard let verdict = verdicts.first(where: { $0.pack.name == requested.name }) else {
        throw ChoosingFailure.nothing(self)
      }
      let decision = Decision(what: "pack", value: requested.name, source: requested.source)
      return (verdict.pack, verdict.result, decision)
    }
    guard let first = matching.first else { throw ChoosingFailure.nothing(self) }
    let equal = matching.filter { $0.result.confidence == first.result.confidence }
    let tied = equal.filter { $0.pack.order == first.pack.order }
    guard tied.count == 1 else { throw ChoosingFailure.tie(tied.map { ($0.pack, $0.result) }) }
    if equal.count > 1 {
      let others = equal.dropFirst().map(\.pack.name).joined(separator: ", ")
      reporter.warn(
        "the packs \(first.pack.name) and \(others) fit equally well; \(first.pack.name) comes first by its number",
        hint: "write `pack: \(equal[1].pack.name)` in unik.yaml if you mean the other, "
          + "or `pack: \(first.pack.name)` to say so")
    }
    let reason = first.result.reasons.first?.path ?? ""
    return (first.pack, first.result, Decision(what: "pack", value: first.pack.name, source: reason))
  }

  /// Files and directories at the project's root, as the error shows them.
  var seen: [String] {
    var names: [String] = []
    for path in project.listing {
      let parts = path.components
      guard let first = parts.first else { continue }
      let name = String(decoding: first, as: UTF8.self) + (parts.count > 1 ? "/" : "")
      if names.last != name { names.append(name) }
    }
    return names
  }

  var listing: [RootPath] { project.listing }
  var config: JSONValue? { project.config }
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
