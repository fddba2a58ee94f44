internal import PackCore

/// The components of an answer: each package URL once, in the order of bytes.
struct ComponentList {
  private var known: [String: SoftwareComponent] = [:]
  /// Hashes that two entries of one package do not agree on: a lock that holds two builds of it.
  private var disputed: Set<[String]> = []

  mutating func add(_ url: PackageURL, name: String, hashes: [String: String] = [:], evidence: [String]) {
    let purl = url.description
    let places = evidence.compactMap { RootPath($0) }
    guard var old = known[purl] else {
      known[purl] = SoftwareComponent(
        name: name, version: url.version, purl: purl, hashes: hashes, evidence: Self.sorted(places))
      return
    }
    old.evidence = Self.sorted(old.evidence + places)
    for (algorithm, value) in hashes {
      if let other = old.hashes[algorithm], other != value { disputed.insert([purl, algorithm]) }
      old.hashes[algorithm] = value
    }
    known[purl] = old
  }

  var sorted: [SoftwareComponent] {
    known.values.sorted { $0.purl.utf8.lexicographicallyPrecedes($1.purl.utf8) }.map { component in
      var component = component
      component.hashes = component.hashes.filter { !disputed.contains([component.purl, $0.key]) }
      return component
    }
  }

  private static func sorted(_ paths: [RootPath]) -> [RootPath] {
    Set(paths).sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
  }
}
