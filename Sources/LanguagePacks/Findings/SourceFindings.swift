internal import PackCore

/// What an analyser found in a project's source, the same form for every language: places with a value, places whose
/// value nobody can read off, and what was not looked at. A list is whole only when there is neither of the latter two.
struct SourceFindings {
  /// A call or declaration that says a value.
  struct Site {
    var kind: SourceKind
    var value: String
    var place: SourceFact.Place
  }
  /// A call whose value is no literal: the list goes on, nobody knows how.
  struct Gap: Hashable {
    var kinds: [SourceKind]
    var place: SourceFact.Place
    /// What is there, in a few words of the analyser's own; never text of the source.
    var what: String
  }
  /// Something that the analyser did not look at: nobody knows whether the list goes on.
  struct Doubt: Hashable {
    var kinds: [SourceKind]
    /// Names the file or package.
    var what: String
  }

  /// How it was found, in a few words.
  var method: String
  var sites: [Site] = []
  var gaps: [Gap] = []
  var doubts: [Doubt] = []

  /// So many sites and gaps of one program are read; what is more opens every list.
  private static let limit = 50_000
  /// So many places and caveats are named.
  private static let named = (places: 500, caveats: 20)

  init(method: String) { self.method = method }

  /// Reads what an analyser that is a program of its own prints:
  ///
  ///     {"sites":  [{"kind": "routes", "value": "GET /", "path": "app.py", "line": 3}],
  ///      "gaps":   [{"kinds": ["env"], "path": "app.py", "line": 9, "what": "the name is no literal"}],
  ///      "doubts": [{"kinds": ["*"], "what": "old.py is no Python 3"}]}
  ///
  /// - Throws: `bad_json`.
  init(method: String, _ reader: JSONReader) throws {
    self.init(method: method)
    let sites = try reader.required("sites").array()
    let gaps = try reader.required("gaps").array()
    for site in sites.prefix(Self.limit) {
      let kind = try site.required("kind")
      guard let known = SourceKind(rawValue: try kind.string()) else { throw kind.failure("no kind of a source fact") }
      add(known, try site.required("value").string(), at: try Self.place(site))
    }
    for gap in gaps.prefix(Self.limit) {
      addGap(try Self.kinds(gap), try gap.required("what").string(), at: try Self.place(gap))
    }
    for doubt in try reader.required("doubts").array().prefix(Self.limit) {
      addDoubt(try Self.kinds(doubt), try doubt.required("what").string())
    }
    if sites.count > Self.limit || gaps.count > Self.limit {
      addDoubt(SourceKind.allCases, "more than \(Self.limit) places were found, the rest is left out")
    }
  }

  private static func kinds(_ reader: JSONReader) throws -> [SourceKind] {
    try reader.required("kinds").strings().flatMap(SourceKind.named)
  }

  private static func place(_ reader: JSONReader) throws -> SourceFact.Place {
    SourceFact.Place(
      path: try reader.required("path").rootPath(),
      line: try reader.optional("line").map { Int(try $0.integer(in: 1...1_000_000_000)) })
  }

  // MARK: Adding

  /// A value in whatever spelling the source has; one that has no normal form is a gap.
  mutating func add(_ kind: SourceKind, _ value: String, at place: SourceFact.Place) {
    guard let normal = SourceValue.normal(kind, value) else {
      return addGap([kind], "a value of another form than \(kind.rawValue) have", at: place)
    }
    guard !SecretShape.isLikely(normal) else {
      return addGap([kind], "a value that looks like a secret is left out", at: place)
    }
    // A device keeps nothing.
    if kind == .writes, normal == "/dev" || normal.hasPrefix("/dev/") { return }
    sites.append(Site(kind: kind, value: normal, place: place))
  }

  mutating func addGap(_ kinds: [SourceKind], _ what: String, at place: SourceFact.Place) {
    gaps.append(Gap(kinds: kinds, place: place, what: what))
  }

  mutating func addDoubt(_ kinds: [SourceKind], _ what: String) { doubts.append(Doubt(kinds: kinds, what: what)) }

  // MARK: Facts

  /// One fact for each kind, also for those of which nothing was found.
  var facts: [SourceFact] { SourceKind.allCases.map(fact) }

  private func fact(_ kind: SourceKind) -> SourceFact {
    let required = Set(sites.lazy.filter { $0.kind == .envRequired }.map(\.value))
    // A variable that some place cannot do without is required, whatever other places do.
    let sites = sites.filter { $0.kind == kind && !(kind == .envOptional && required.contains($0.value)) }
    let gaps = Set(gaps.filter { $0.kinds.contains(kind) }).sorted { Self.order($0.place, $1.place, $0.what, $1.what) }
    let doubts = Set(doubts.filter { $0.kinds.contains(kind) }.map(\.what)).sorted(by: Self.precedes)
    let notes = gaps.map { "\(Self.text($0.place)): \($0.what)" } + doubts
    var caveats = Array(notes.prefix(Self.named.caveats))
    if notes.count > caveats.count { caveats.append("and \(notes.count - caveats.count) more of such places") }
    return SourceFact(
      kind: kind.rawValue, values: Set(sites.map(\.value)).sorted(by: Self.precedes),
      closed: !gaps.isEmpty ? .open : doubts.isEmpty ? .closed : .unknown, method: method,
      evidence: evidence(sites, gaps), caveats: caveats)
  }

  /// The first place of each value, and the places where the list is open.
  private func evidence(_ sites: [Site], _ gaps: [Gap]) -> [SourceFact.Place] {
    var first: [String: SourceFact.Place] = [:]
    for site in sites {
      guard let known = first[site.value] else {
        first[site.value] = site.place
        continue
      }
      if Self.order(site.place, known, "", "") { first[site.value] = site.place }
    }
    let places = Set(first.values).union(gaps.map(\.place)).sorted { Self.order($0, $1, "", "") }
    return Array(places.prefix(Self.named.places))
  }

  private static func text(_ place: SourceFact.Place) -> String {
    place.line.map { "\(place.path):\($0)" } ?? "\(place.path)"
  }

  private static func order(_ a: SourceFact.Place, _ b: SourceFact.Place, _ x: String, _ y: String) -> Bool {
    if a.path != b.path { return a.path < b.path }
    return a.line != b.line ? (a.line ?? 0) < (b.line ?? 0) : precedes(x, y)
  }

  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
