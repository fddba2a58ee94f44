/// A version of a package or of Rust: `1.2.3-rc.1+build`, also `1.75` (https://semver.org).
struct CargoVersion: Comparable, CustomStringConvertible {
  let numbers: [Int]
  /// Identifiers of a pre-release; empty for a release.
  let pre: [Substring]
  let description: String
  /// `1.75` names two.
  let parts: Int

  init?(_ text: some StringProtocol) {
    let text = String(text)
    description = text
    let plain = text.prefix { $0 != "+" }
    let dash = plain.firstIndex(of: "-")
    pre = dash.map { plain[plain.index(after: $0)...].split(separator: ".") } ?? []
    let fields = plain[..<(dash ?? plain.endIndex)].split(separator: ".", omittingEmptySubsequences: false)
    let numbers = fields.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
    guard numbers.count == fields.count, (1...3).contains(numbers.count) else { return nil }
    parts = numbers.count
    self.numbers = numbers + Array(repeating: 0, count: 3 - numbers.count)
  }

  static func < (a: CargoVersion, b: CargoVersion) -> Bool {
    if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
    if a.pre.isEmpty || b.pre.isEmpty { return !a.pre.isEmpty && b.pre.isEmpty }
    for (x, y) in zip(a.pre, b.pre) where x != y {
      switch (Int(x), Int(y)) {
      case (let x?, let y?): return x < y
      case (_?, nil): return true
      case (nil, _?): return false
      default: return x.utf8.lexicographicallyPrecedes(y.utf8)
      }
    }
    return a.pre.count < b.pre.count
  }
  static func == (a: CargoVersion, b: CargoVersion) -> Bool { a.numbers == b.numbers && a.pre == b.pre }

  /// The same numbers as far as `wanted` names them: 1.75.3 is a 1.75.
  func isA(_ wanted: CargoVersion) -> Bool {
    numbers.prefix(wanted.parts).elementsEqual(wanted.numbers.prefix(wanted.parts)) && pre == wanted.pre
  }
}

/// What a dependency asks for: `1.2`, `^0.3`, `~1.4`, `>=1, <3`, `=1.0.2`, `1.*`, `*`
/// (The Cargo Book, "Specifying Dependencies").
struct CargoRequirement {
  private struct Comparator {
    enum Operation { case caret, tilde, exact, less, lessEqual, greater, greaterEqual, any }
    var operation: Operation
    var version: CargoVersion
  }
  private let comparators: [Comparator]

  /// nil when it cannot be read.
  init?(_ text: String) {
    var found: [Comparator] = []
    for part in text.split(separator: ",") {
      guard let comparator = Self.comparator(part.filter { $0 != " " && $0 != "\t" }) else { return nil }
      found.append(comparator)
    }
    guard !found.isEmpty else { return nil }
    comparators = found
  }

  private static let operators: [(String, Comparator.Operation)] = [
    (">=", .greaterEqual), ("<=", .lessEqual), (">", .greater), ("<", .less), ("=", .exact), ("~", .tilde),
    ("^", .caret),
  ]

  private static func comparator(_ text: String) -> Comparator? {
    let found = operators.first { text.hasPrefix($0.0) }
    var rest = Substring(text.dropFirst(found?.0.utf8.count ?? 0))
    var operation = found?.1 ?? .caret
    // `1.*`, `1.2.x`: what stands before the star is kept.
    var isWild = false
    while let last = rest.last, ["*", "x", "X"].contains(last) {
      isWild = true
      rest = rest.dropLast()
      if rest.last == "." { rest = rest.dropLast() }
    }
    if isWild {
      if rest.isEmpty { return CargoVersion("0").map { Comparator(operation: .any, version: $0) } }
      if operation == .caret { operation = .exact }
    }
    return CargoVersion(rest).map { Comparator(operation: operation, version: $0) }
  }

  func allows(_ version: CargoVersion) -> Bool { comparators.allSatisfy { Self.allows($0, version) } }

  private static func allows(_ comparator: Comparator, _ version: CargoVersion) -> Bool {
    let wanted = comparator.version
    /// The first version that has more in its part number `part`.
    func below(_ part: Int) -> Bool {
      var end = wanted.numbers
      end[part] += 1
      for rest in part + 1..<3 { end[rest] = 0 }
      return version.numbers.lexicographicallyPrecedes(end)
    }
    switch comparator.operation {
    case .any: return true
    case .exact: return wanted.parts == 3 ? version == wanted : version >= wanted && below(wanted.parts - 1)
    case .less: return version < wanted
    case .lessEqual: return version <= wanted || (wanted.parts < 3 && version.isA(wanted))
    case .greater: return version > wanted && (wanted.parts == 3 || !version.isA(wanted))
    case .greaterEqual: return version >= wanted
    case .tilde: return version >= wanted && below(min(wanted.parts - 1, 1))
    case .caret:
      let first = wanted.numbers.prefix(wanted.parts).firstIndex { $0 != 0 } ?? wanted.parts - 1
      return version >= wanted && below(first)
    }
  }
}
