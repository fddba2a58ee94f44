/// A release of Python; the patch is nil where only `3.11` is known.
struct PythonVersion: Hashable, CustomStringConvertible {
  var major: Int
  var minor: Int
  var patch: Int?

  init(major: Int, minor: Int, patch: Int? = nil) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// `3.11`, `3.11.7`, `python-3.11.7`, `cpython@3.11`; nil for anything else (`pypy3.9`, `3`, a virtual environment's name).
  init?(_ text: String) {
    var rest = text[...]
    for prefix in ["cpython-", "cpython@", "cpython", "python-", "python"] where rest.hasPrefix(prefix) {
      rest = rest.dropFirst(prefix.count)
      break
    }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
    var patch: Int?
    if parts.count == 3 {
      guard let number = Int(parts[2].prefix { $0.isNumber }) else { return nil }
      patch = number
    }
    self.init(major: major, minor: minor, patch: patch)
  }

  var short: String { "\(major).\(minor)" }
  var description: String { patch.map { "\(short).\($0)" } ?? short }
}

/// What a project says of the Python that it needs: PEP 440 specifiers (`>=3.9,<3.13`), poetry's (`^3.10`, `~3.11`), or a
/// plain version.
struct PythonRequirement: Equatable {
  let text: String
  /// The file that says it.
  let source: String
  var line: Int? = nil

  var place: String { line.map { "\(source):\($0)" } ?? source }

  /// Whether `version` meets it; a part that the version does not know (its patch) is met.
  func allows(_ version: PythonVersion) -> Bool {
    if text.allSatisfy(\.isWhitespace) { return true }
    return text.replacing("||", with: "|").split(separator: "|").contains { alternative in
      alternative.split(whereSeparator: { $0 == "," }).allSatisfy { Self.allows(version, clause: $0) }
    }
  }

  private static func allows(_ version: PythonVersion, clause: Substring) -> Bool {
    let words = clause.filter { !$0.isWhitespace }
    let sign = words.prefix { "<>=!~^".contains($0) }
    var rest = words.dropFirst(sign.count)
    if rest.hasPrefix("v") { rest = rest.dropFirst() }
    if rest == "*" || rest.isEmpty { return true }
    let hasStar = rest.hasSuffix("*")
    let parts = rest.split(separator: ".").compactMap { Int($0.prefix { $0.isNumber }) }
    guard !parts.isEmpty else { return true }
    let order = compare(version, parts)
    let hasPrefix = order.isPrefix
    switch sign {
    case ">=": return order.value >= 0
    case ">": return order.value > 0 || (hasPrefix && parts.count < 3 && version.patch != 0)
    case "<=": return order.value <= 0 || hasPrefix
    case "<": return order.value < 0
    case "!=":
      if parts.count > 2, version.patch == nil { return true }
      return hasStar || parts.count > 2 ? !hasPrefix : true
    case "^", "~":
      // Poetry: ^3.10 is below 4, ~3.10 below 3.11.
      let fixed = sign == "^" ? 1 : min(2, parts.count)
      return order.value >= 0 && startsWith(version, Array(parts.prefix(fixed)))
    case "~=": return order.value >= 0 && startsWith(version, Array(parts.dropLast()))
    // `==3.11` means any 3.11 to the people who write it.
    default: return hasPrefix
    }
  }

  private static func numbers(_ version: PythonVersion) -> [Int?] { [version.major, version.minor, version.patch] }

  private static func startsWith(_ version: PythonVersion, _ parts: [Int]) -> Bool {
    zip(numbers(version), parts).allSatisfy { $0 == nil || $0 == $1 }
  }

  /// -1, 0 or 1 over the parts that both know, and whether all of `parts` are the version's own.
  private static func compare(_ version: PythonVersion, _ parts: [Int]) -> (value: Int, isPrefix: Bool) {
    for (own, part) in zip(numbers(version), parts) {
      guard let own else { break }
      if own != part { return (own < part ? -1 : 1, false) }
    }
    return (0, true)
  }
}

extension PythonVersion: Comparable {
  static func < (a: PythonVersion, b: PythonVersion) -> Bool {
    (a.major, a.minor, a.patch ?? 0) < (b.major, b.minor, b.patch ?? 0)
  }
}
