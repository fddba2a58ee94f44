internal import Images
internal import PackCore

/// Which of many conditions makes a build another one: halves of them are built until one is left, then the next one is
/// looked for.
struct VariationSearch {
  let runs: TrialRuns
  /// The build that all others are compared with.
  let first: TrialRuns.Outcome
  let reporter: Reporter

  /// How a build differs from the first one.
  struct Comparison {
    var differences: [BuildDifference] = []
    var failure: Failure?
    var isSame: Bool { differences.isEmpty && failure == nil }
  }

  struct Found {
    /// Nil for what differs without any.
    var variation: Variation?
    var differences: [BuildDifference]
    var failure: Failure?
  }

  func compare(_ varied: Set<Variation>, title: String) throws -> Comparison {
    let outcome = try runs.build(varied, title: title)
    defer { try? runs.forget(outcome) }
    if let failure = outcome.failure { return Comparison(failure: failure) }
    let comparison = BuildComparison(first.output, outcome.output, temporary: runs.temporary)
    return Comparison(differences: try comparison.differences())
  }

  /// - Parameter together: what differs when all of `wanted` is varied.
  func causes(of wanted: Set<Variation>, _ together: Comparison) throws -> [Found] {
    reporter.note("the builds differ; looking for the condition that makes the difference")
    // Under the same conditions: what differs even so has another cause, and is left out of the rest.
    let plain = try compare([], title: "the same again")
    var found: [Found] = []
    if !plain.isSame { found.append(Found(differences: plain.differences, failure: plain.failure)) }
    guard plain.failure == nil else { return found }
    let known = Set(plain.differences.map(\.key))
    var rest = Variation.allCases.filter { wanted.contains($0) }
    var current = without(known, together)
    while !current.isSame, !rest.isEmpty {
      let (variation, alone) = try single(of: rest, current, known)
      guard let variation else {
        // Only several together make it: the first of them stands for all.
        found.append(Found(variation: rest[0], differences: current.differences, failure: current.failure))
        break
      }
      found.append(Found(variation: variation, differences: alone.differences, failure: alone.failure))
      rest.removeAll { $0 == variation }
      if rest.isEmpty { break }
      current = try without(known, compare(Set(rest), title: "without \(named(found))"))
    }
    return found
  }

  /// One condition that makes a difference by itself, by halves.
  private func single(
    of candidates: [Variation], _ whole: Comparison, _ known: Set<String>
  ) throws -> (Variation?, Comparison) {
    let ordered = guessFirst(candidates, whole)
    // A guess is tried by itself.
    var isGuess = ordered != candidates
    var (candidates, current) = (ordered, whole)
    while candidates.count > 1 {
      let half = Array(candidates.prefix(isGuess ? 1 : candidates.count / 2))
      isGuess = false
      let tried = try without(known, compare(Set(half), title: "only \(list(half))"))
      if !tried.isSame {
        (candidates, current) = (half, tried)
      } else {
        candidates = Array(candidates.dropFirst(half.count))
        guard candidates.count == 1 else { continue }
        current = try without(known, compare(Set(candidates), title: "only \(list(candidates))"))
        if current.isSame { return (nil, whole) }
      }
    }
    return (candidates.first, current)
  }

  /// What the second build's values look like in the bytes is tried first: then one build is enough.
  private func guessFirst(_ candidates: [Variation], _ whole: Comparison) -> [Variation] {
    let text = whole.differences.prefix(50).compactMap(\.shownAfter).joined(separator: "\n")
    let marks: [(Variation, [String])] = [
      (.hostname, [HostVariations.hostname]), (.home, [HostVariations.places.home.description]),
      (.path, ["/packc/second"]), (.user, [HostVariations.user, String(HostVariations.number)]),
    ]
    // A build-id is a digest of all that was linked, debug information with the compiler's directory in it.
    if whole.differences.first?.bytes?.part == ".note.gnu.build-id", candidates.contains(.path) {
      return [.path] + candidates.filter { $0 != .path }
    }
    guard let guess = marks.first(where: { mark in mark.1.contains { text.contains($0) } })?.0,
      candidates.contains(guess)
    else { return candidates }
    return [guess] + candidates.filter { $0 != guess }
  }

  private func without(_ known: Set<String>, _ comparison: Comparison) -> Comparison {
    var comparison = comparison
    comparison.differences.removeAll { known.contains($0.key) }
    return comparison
  }

  private func list(_ variations: [Variation]) -> String { variations.map(\.rawValue).joined(separator: ",") }
  private func named(_ found: [Found]) -> String { list(found.compactMap(\.variation)) }
}
