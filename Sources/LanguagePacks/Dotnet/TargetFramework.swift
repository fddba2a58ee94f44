/// A target framework moniker: `net8.0`, `net8.0-windows10.0.19041`, `net48`, `netstandard2.0`, `netcoreapp3.1`.
struct TargetFramework: Hashable, CustomStringConvertible {
  enum Family: Hashable {
    /// .NET 5 and later, and .NET Core before.
    case core
    /// The .NET Framework of Windows.
    case framework
    case standard
    case other
  }
  let description: String
  let family: Family
  let major: Int
  let minor: Int
  /// `windows`, `android`, …
  let platform: String?

  /// The first that runs with the OpenSSL 3 of today's distributions.
  static let oldestMajor = 6

  init?(_ text: String) {
    let name = text.filter { !$0.isWhitespace }.lowercased()
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x24 }) else { return nil }
    description = name
    let halves = name.split(separator: "-", maxSplits: 1)
    guard let base = halves.first else { return nil }
    platform = halves.count == 2 ? String(halves[1].prefix { $0.isLetter }) : nil
    let (family, digits) = Self.split(base)
    let numbers = digits.split(separator: ".").map { Int($0) }
    if family == .other || numbers.isEmpty || numbers.contains(nil) {
      (self.family, major, minor) = (.other, 0, 0)
    } else if family == .core, !digits.contains(".") {
      // `net48` is the .NET Framework 4.8; `net8` is no name of anything but is read as 8.0 by the SDK.
      let isOld = digits.utf8.count > 1 && (digits.first == "4" || digits.first == "3" || digits.first == "2")
      self.family = isOld ? .framework : .core
      major = isOld ? Int(digits.prefix(1)) ?? 0 : numbers[0] ?? 0
      minor = isOld ? Int(digits.dropFirst().prefix(1)) ?? 0 : 0
    } else {
      self.family = family == .core && (numbers[0] ?? 0) == 4 ? .framework : family
      major = numbers[0] ?? 0
      minor = numbers.count > 1 ? numbers[1] ?? 0 : 0
    }
  }

  private static func split(_ base: Substring) -> (Family, Substring) {
    for (prefix, family) in [("netstandard", Family.standard), ("netcoreapp", .core), ("net", .core)]
    where base.hasPrefix(prefix) {
      return (family, base.dropFirst(prefix.utf8.count))
    }
    return (.other, base)
  }

  /// Whether a program for it runs on Linux, and is of a release that packc builds.
  var isBuildable: Bool { family == .core && major >= Self.oldestMajor && platform == nil }

  /// Why a program for it cannot be built, in words that end a sentence beginning with its name.
  var obstacle: String? {
    switch (family, platform) {
    case (.framework, _): "is the .NET Framework, which runs on Windows only"
    case (.core, let platform?): "is for \(platform) only"
    case (.core, nil) where major < Self.oldestMajor:
      "is out of support, and does not work with the OpenSSL 3 of today's distributions"
    case (.core, nil): nil
    case (.standard, _): "is an interface of libraries, not something that a program runs on"
    case (.other, _): "is no framework that the .NET SDK builds programs for"
    }
  }
}
