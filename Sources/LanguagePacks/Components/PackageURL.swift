internal import PackCore

/// A package URL (ECMA-427, https://github.com/package-url/purl-spec): the name of a package that every list of
/// vulnerabilities knows.
struct PackageURL: Hashable, CustomStringConvertible {
  var type: String
  var namespace: [String] = []
  var name: String
  /// Without one when empty.
  var version: String
  /// What tells apart two packages that are called the same.
  var qualifiers: [String: String] = [:]

  static func cargo(_ name: String, _ version: String) -> PackageURL {
    PackageURL(type: "cargo", name: name, version: version)
  }

  /// A module by its path; the type has no capital letters.
  static func golang(_ module: String, _ version: String) -> PackageURL {
    let parts = module.lowercased().split(separator: "/").map(String.init)
    return PackageURL(type: "golang", namespace: parts.dropLast(), name: parts.last ?? "", version: version)
  }

  /// `is-odd`, `@angular/core`: the scope is a namespace, with its sign.
  static func npm(_ name: String, _ version: String) -> PackageURL {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    return PackageURL(type: "npm", namespace: parts.dropLast(), name: parts.last ?? "", version: version)
  }

  /// By the normalised name (PEP 503), whichever way it was written.
  static func pypi(_ name: String, _ version: String) -> PackageURL {
    let words = name.lowercased().split { "-_.".contains($0) }
    return PackageURL(type: "pypi", name: words.joined(separator: "-"), version: version)
  }

  /// `type` nil: a jar.
  static func maven(
    _ group: String, _ artifact: String, _ version: String, classifier: String? = nil, type: String? = nil
  ) -> PackageURL {
    var qualifiers: [String: String] = [:]
    if let classifier { qualifiers["classifier"] = classifier }
    if let type, type != "jar" { qualifiers["type"] = type }
    return PackageURL(type: "maven", namespace: [group], name: artifact, version: version, qualifiers: qualifiers)
  }

  static func nuget(_ name: String, _ version: String) -> PackageURL {
    PackageURL(type: "nuget", name: name, version: version)
  }

  /// With `key`, unless the value is missing.
  func with(_ key: String, _ value: String?) -> PackageURL {
    var copy = self
    if let value, !value.isEmpty { copy.qualifiers[key] = value }
    return copy
  }

  var description: String {
    let path = (namespace + [name]).map(Self.encoded).joined(separator: "/")
    let keys = qualifiers.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let pairs = keys.map { "\($0)=\(Self.encoded(qualifiers[$0] ?? ""))" }
    return "pkg:\(type)/\(path)" + (version.isEmpty ? "" : "@\(Self.encoded(version))")
      + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }

  /// Letters, digits, `.-_~` and the colon stand for themselves.
  private static func encoded(_ text: String) -> String {
    var out: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(byte)
      default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

extension PackageURL {
  /// An address as it may stand in a document that others read: without a password, and without a query, which may hold
  /// a token.
  static func publicAddress(_ text: String) -> String {
    var text = String(text.prefix { $0 != "?" && $0 != "#" })
    guard let scheme = text.firstRange(of: "://") else { return text }
    let rest = text[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" }
    if let at = host.lastIndex(of: "@") { text.removeSubrange(rest.startIndex...at) }
    return text
  }
}
