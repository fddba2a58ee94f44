/// A version as npm has it (semver.org 2.0): three numbers and, in pre-releases, more; build metadata is ignored.
struct SemanticVersion: Hashable, Comparable, CustomStringConvertible {
  var major: Int
  var minor: Int
  var patch: Int
  /// `rc.1` as its identifiers.
  var pre: [String] = []

  init(_ major: Int, _ minor: Int = 0, _ patch: Int = 0, pre: [String] = []) {
    (self.major, self.minor, self.patch, self.pre) = (major, minor, patch, pre)
  }

  /// `1.2.3`, `v1.2.3-rc.1+build`; nil for anything less.
  init?(_ text: some StringProtocol) {
    guard let partial = PartialVersion(text), let minor = partial.minor, let patch = partial.patch,
      let major = partial.major
    else { return nil }
    self.init(major, minor, patch, pre: partial.pre)
  }

  var description: String {
    "\(major).\(minor).\(patch)" + (pre.isEmpty ? "" : "-" + pre.joined(separator: "."))
  }

  static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
    if (a.major, a.minor, a.patch) != (b.major, b.minor, b.patch) {
      return (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
    }
    // A pre-release comes before its release; numbers before words.
    if a.pre.isEmpty || b.pre.isEmpty { return !a.pre.isEmpty && b.pre.isEmpty }
    for (one, other) in zip(a.pre, b.pre) where one != other {
      switch (Int(one), Int(other)) {
      case (let x?, let y?): return x < y
      case (.some, nil): return true
      case (nil, .some): return false
      case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
      }
    }
    return a.pre.count < b.pre.count
  }
}

/// A version of which parts may be left open: `18`, `18.x`, `*`.
struct PartialVersion {
  var major: Int?
  var minor: Int?
  var patch: Int?
  var pre: [String] = []

  init?(_ text: some StringProtocol) {
    var text = Substring(text)
    if text.first == "v" || text.first == "V" || text.first == "=" { text = text.dropFirst() }
    text = text.prefix { $0 != "+" }
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      pre = parts[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard pre.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isIdentifier) }) else { return nil }
    }
    let numbers = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
    guard (1...3).contains(numbers.count) else { return nil }
    var read: [Int?] = []
    for number in numbers {
      if ["x", "X", "*", ""].contains(number) {
        guard !number.isEmpty || (numbers.count == 1 && pre.isEmpty) else { return nil }
        read.append(nil)
      } else {
        guard number.utf8.count <= 9, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(number)
        else { return nil }
        read.append(value)
      }
    }
    major = read[0]
    minor = major == nil ? nil : read.count > 1 ? read[1] : nil
    patch = minor == nil ? nil : read.count > 2 ? read[2] : nil
    if patch == nil, !pre.isEmpty { return nil }
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d
  }

  /// The smallest version that it stands for.
  var floor: SemanticVersion { SemanticVersion(major ?? 0, minor ?? 0, patch ?? 0, pre: pre) }
  /// The first version after all those that it stands for; nil when it stands for every one.
  var next: SemanticVersion? {
    guard let major else { return nil }
    guard let minor else { return SemanticVersion(major + 1) }
    guard let patch else { return SemanticVersion(major, minor + 1) }
    return SemanticVersion(major, minor, patch + 1)
  }
}
