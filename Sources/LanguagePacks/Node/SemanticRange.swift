/// A range of versions as npm reads it (node-semver): `^18.2`, `>=18 <21`, `18.x || 20.x`, `1.2 - 2`, `~1.2.3`, `*`.
struct SemanticRange {
  private struct Bound {
    enum Operator { case less, lessOrEqual, greater, greaterOrEqual, equal }
    var kind: Operator
    var version: SemanticVersion

    func allows(_ other: SemanticVersion) -> Bool {
      switch kind {
      case .less: other < version
      case .lessOrEqual: other <= version
      case .greater: other > version
      case .greaterOrEqual: other >= version
      case .equal: other == version
      }
    }
  }
  /// Any of these, each of them whole.
  private let alternatives: [[Bound]]

  /// nil when it is no range: `lts/iron`, `latest`.
  init?(_ text: String) {
    guard text.utf8.count <= 512 else { return nil }
    var alternatives: [[Bound]] = []
    for part in Self.splitAlternatives(text) {
      guard let bounds = Self.bounds(part) else { return nil }
      alternatives.append(bounds)
    }
    // npm takes a union with `*` for `*` alone, so that the pre-releases that others name are not allowed.
    self.alternatives = alternatives.contains(where: \.isEmpty) ? [[]] : alternatives
  }

  /// A pre-release is allowed only where the range names one of the same version.
  func allows(_ version: SemanticVersion) -> Bool {
    alternatives.contains { bounds in
      guard bounds.allSatisfy({ $0.allows(version) }) else { return false }
      return version.pre.isEmpty
        || bounds.contains {
          !$0.version.pre.isEmpty
            && ($0.version.major, $0.version.minor, $0.version.patch) == (version.major, version.minor, version.patch)
        }
    }
  }

  private static func splitAlternatives(_ text: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = Substring(text)
    while let cut = rest.firstRange(of: "||") {
      parts.append(rest[..<cut.lowerBound])
      rest = rest[cut.upperBound...]
    }
    return parts + [rest]
  }

  private static func bounds(_ text: Substring) -> [Bound]? {
    let words = glued(text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," }))
    if words.count == 3, words[1] == "-" {
      guard let low = PartialVersion(words[0]), let high = PartialVersion(words[2]) else { return nil }
      return [Bound(kind: .greaterOrEqual, version: low.floor)] + upTo(high)
    }
    var bounds: [Bound] = []
    for word in words {
      guard let more = simple(word) else { return nil }
      bounds += more
    }
    return bounds
  }

  /// `>= 18` is written with a space as often as without.
  private static func glued(_ words: [Substring]) -> [String] {
    var out: [String] = []
    for word in words {
      if let last = out.last, ["<", "<=", ">", ">=", "=", "^", "~", "~>"].contains(last) {
        out[out.count - 1] = last + word
      } else {
        out.append(String(word))
      }
    }
    return out
  }

  private static func simple(_ word: String) -> [Bound]? {
    let sign = String(word.prefix { "<>=^~".contains($0) })
    guard let partial = PartialVersion(word.dropFirst(sign.count)) else { return nil }
    let floor = Bound(kind: .greaterOrEqual, version: partial.floor)
    switch sign {
    case "", "=":
      if partial.patch != nil { return [Bound(kind: .equal, version: partial.floor)] }
      return partial.major == nil ? [] : [floor] + upTo(partial)
    case ">=": return partial.major == nil ? [] : [floor]
    case ">":
      if partial.patch != nil { return [Bound(kind: .greater, version: partial.floor)] }
      // Nothing is newer than every version.
      return [partial.next.map { Bound(kind: .greaterOrEqual, version: $0) } ?? never]
    case "<": return [partial.major == nil ? never : Bound(kind: .less, version: lowest(partial.floor))]
    case "<=":
      if partial.patch != nil { return [Bound(kind: .lessOrEqual, version: partial.floor)] }
      return upTo(partial)
    case "~", "~>":
      guard let major = partial.major else { return [] }
      let end = partial.minor.map { SemanticVersion(major, $0 + 1) } ?? SemanticVersion(major + 1)
      return [floor, Bound(kind: .less, version: lowest(end))]
    case "^":
      guard let major = partial.major else { return [] }
      let end =
        if major > 0 || partial.minor == nil {
          SemanticVersion(major + 1)
        } else if let minor = partial.minor, minor > 0 || partial.patch == nil {
          SemanticVersion(0, minor + 1)
        } else {
          SemanticVersion(0, 0, (partial.patch ?? 0) + 1)
        }
      return [floor, Bound(kind: .less, version: lowest(end))]
    default: return nil
    }
  }

  private static var never: Bound { Bound(kind: .less, version: SemanticVersion(0, 0, 0, pre: ["0"])) }
  /// Below a version means below its pre-releases too, unless it is one.
  private static func lowest(_ version: SemanticVersion) -> SemanticVersion {
    version.pre.isEmpty ? SemanticVersion(version.major, version.minor, version.patch, pre: ["0"]) : version
  }
  private static func upTo(_ partial: PartialVersion) -> [Bound] {
    if partial.patch != nil { return [Bound(kind: .lessOrEqual, version: partial.floor)] }
    return partial.next.map { [Bound(kind: .less, version: lowest($0))] } ?? []
  }
}
