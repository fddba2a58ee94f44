internal import PackCore

/// Reads the results of the phases `facts` and `sbom`: what a pack claims of a project, never taken for more than that.
struct ClaimsReader {
  /// Whether the project has such a file: what evidence has to name.
  let holds: (RootPath) -> Bool
  static let limit = 100_000

  func facts(_ result: JSONReader) throws -> [SourceFact] {
    var kinds: Set<String> = []
    return try result.required("facts").array().map { reader in
      let kind = try reader.required("kind")
      let name = try kind.string()
      let isWord = name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
      guard isWord, (1...64).contains(name.utf8.count) else {
        throw kind.failure("a kind is lower-case letters, digits and dashes")
      }
      guard kinds.insert(name).inserted else { throw kind.failure("two facts are of the kind \"\(name)\"") }
      return SourceFact(
        kind: name, values: try values(reader.required("values")), closed: try closure(reader.optional("closed")),
        level: try level(reader.optional("level")), method: try reader.required("method").string(),
        evidence: try reader.optional("evidence")?.array().map(place) ?? [],
        caveats: try reader.optional("caveats")?.strings() ?? [])
    }
  }

  private func values(_ reader: JSONReader) throws -> [String] {
    let values = try reader.strings()
    guard values.count <= Self.limit else { throw reader.failure("more than \(Self.limit) values") }
    return Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func closure(_ reader: JSONReader?) throws -> ContractFact.Closure {
    guard let reader, reader.value.string != "unknown" else { return .unknown }
    return try reader.bool() ? .closed : .open
  }

  private func level(_ reader: JSONReader?) throws -> ContractFact.Level {
    guard let reader else { return .observed }
    guard let level = ContractFact.Level(rawValue: try reader.string()), level != .proven else {
      throw reader.failure("a pack's claim is \"declared\" or \"observed\", never more")
    }
    return level
  }

  private func place(_ reader: JSONReader) throws -> SourceFact.Place {
    SourceFact.Place(
      path: try file(reader.required("path")),
      line: try reader.optional("line").map { Int(try $0.integer(in: 1...1_000_000_000)) })
  }

  private func file(_ reader: JSONReader) throws -> RootPath {
    let path = try reader.rootPath()
    guard holds(path) else { throw reader.failure("evidence: \"\(path)\" is no file of the project") }
    return path
  }

  func components(_ result: JSONReader) throws -> [SoftwareComponent] {
    let list = try result.required("components")
    let components = try list.array().map { reader in
      let purl = try reader.required("purl")
      let text = try purl.string()
      guard text.hasPrefix("pkg:"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw purl.failure("expected a package URL such as pkg:pypi/flask@3.0.0")
      }
      return SoftwareComponent(
        name: try reader.required("name").string(), version: try reader.required("version").string(), purl: text,
        hashes: try hashes(reader.optional("hashes")),
        evidence: try reader.optional("evidence")?.array().map(file) ?? [])
    }
    guard components.count <= Self.limit else { throw list.failure("more than \(Self.limit) components") }
    guard Set(components.map(\.purl)).count == components.count else { throw list.failure("a purl stands twice") }
    return components.sorted { $0.purl.utf8.lexicographicallyPrecedes($1.purl.utf8) }
  }

  private func hashes(_ reader: JSONReader?) throws -> [String: String] {
    guard let reader else { return [:] }
    let hashes = try reader.stringMap()
    for (algorithm, value) in hashes {
      let isHexadecimal = value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      guard let length = SoftwareComponent.algorithms[algorithm], value.utf8.count == length, isHexadecimal else {
        throw reader.failure(
          "hashes: \(algorithm) is none of \(SoftwareComponent.algorithms.keys.sorted().joined(separator: ", ")), "
            + "or its value is not lower-case hexadecimal of that length")
      }
    }
    return hashes
  }
}
