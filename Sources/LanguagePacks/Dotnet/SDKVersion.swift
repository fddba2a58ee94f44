/// A version of the .NET SDK: `8.0.204`, `9.0.100-rc.2.24474.11`. The hundreds of the third number are the feature band,
/// the rest is the patch level. Compared as SemVer 2.0 compares: a pre-release comes before its release.
struct SDKVersion: Comparable, Hashable, CustomStringConvertible {
  let major: Int
  let minor: Int
  let patch: Int
  private let labels: [String]

  init?(_ text: String) {
    let whole = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let halves = whole.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, let major = Self.number(numbers[0]), let minor = Self.number(numbers[1]),
      let patch = Self.number(numbers[2])
    else { return nil }
    labels = halves.count == 2 ? halves[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init) : []
    guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isLabel) }) else { return nil }
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text.count == 1 || text.first != "0"
    else { return nil }
    return Int(text)
  }
  private static func isLabel(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d
  }

  var band: Int { patch / 100 }
  var isPrerelease: Bool { !labels.isEmpty }
  var description: String {
    "\(major).\(minor).\(patch)" + (labels.isEmpty ? "" : "-" + labels.joined(separator: "."))
  }

  static func < (a: SDKVersion, b: SDKVersion) -> Bool {
    let (left, right) = ([a.major, a.minor, a.patch], [b.major, b.minor, b.patch])
    if left != right { return left.lexicographicallyPrecedes(right) }
    if a.labels.isEmpty || b.labels.isEmpty { return !a.labels.isEmpty && b.labels.isEmpty }
    for (x, y) in zip(a.labels, b.labels) where x != y { return precedes(x, y) }
    return a.labels.count < b.labels.count
  }

  /// Numbers before words, numbers by value.
  private static func precedes(_ x: String, _ y: String) -> Bool {
    switch (Int(x), Int(y)) {
    case (let a?, let b?): a < b
    case (_?, nil): true
    case (nil, _?): false
    case (nil, nil): x.utf8.lexicographicallyPrecedes(y.utf8)
    }
  }
}
