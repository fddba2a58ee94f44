internal import PackCore
internal import Packs

/// What the project's files say of the Node that it needs.
struct NodeWishes {
  struct Wish {
    /// As it is written: `lts/iron`, `>=18 <21`.
    var text: String
    /// `.nvmrc`, `package.json:7 (engines.node)`
    var source: String
    var location: SourceLocation
    /// nil when it is no version that anybody knows.
    var meaning: Meaning?
  }
  enum Meaning {
    case any
    /// Any release line with long-term support.
    case longTerm
    case range(SemanticRange)
  }
  private(set) var wishes: [Wish] = []

  init(_ manifest: NodeManifest?, root: NodeManifest?, _ files: ProjectFiles) throws {
    var directories = [manifest?.directory ?? ""]
    if directories[0] != "" { directories.append("") }
    for directory in directories {
      let place = directory.isEmpty ? "" : "\(directory)/"
      for name in [".nvmrc", ".node-version"] {
        guard let line = try Self.firstLine(files, place + name) else { continue }
        add(pin: line.text, place + name, .init(path: place + name, line: line.number))
      }
      if let line = try Self.toolVersion(files, "\(place).tool-versions") {
        add(pin: line.text, "\(place).tool-versions", .init(path: "\(place).tool-versions", line: line.number))
      }
    }
    var seen: Set<String> = []
    for manifest in [manifest, root].compactMap({ $0 }) where seen.insert(manifest.path).inserted {
      if let text = manifest.text("engines", "node") {
        wishes.append(
          Wish(
            text: text, source: "\(manifest.place("engines", "node")) (engines.node)",
            location: manifest.location("engines", "node"), meaning: Self.meaning(text, pins: false)))
      }
      if let text = manifest.text("volta", "node") {
        add(pin: text, "\(manifest.place("volta", "node")) (volta)", manifest.location("volta", "node"))
      }
      if manifest.text("devEngines", "runtime", "name") == "node",
        let text = manifest.text("devEngines", "runtime", "version")
      {
        wishes.append(
          Wish(
            text: text, source: "\(manifest.place("devEngines")) (devEngines.runtime)",
            location: manifest.location("devEngines"), meaning: Self.meaning(text, pins: false)))
      }
    }
  }

  private mutating func add(pin text: String, _ source: String, _ location: SourceLocation) {
    wishes.append(Wish(text: text, source: source, location: location, meaning: Self.meaning(text, pins: true)))
  }

  /// The release lines with long-term support, by the names that nvm takes.
  static let lines: [String: Int] = [
    "argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16, "hydrogen": 18,
    "iron": 20, "jod": 22, "krypton": 24,
  ]

  /// A pinned release stands for its line from that release on: later ones of the same major version run the same program.
  static func meaning(_ text: String, pins: Bool) -> Meaning? {
    let text = text.lowercased()
    if ["node", "stable", "latest", "current", "*", "", "x", "system"].contains(text) { return .any }
    if text == "lts/*" || text == "lts" || text == "--lts" || text.hasPrefix("lts/-") { return .longTerm }
    let bare =
      text.hasPrefix("lts/") ? String(text.dropFirst(4)) : text.hasPrefix("lts-") ? String(text.dropFirst(4)) : text
    if let line = lines[bare] { return SemanticRange("\(line)").map(Meaning.range) }
    let number = bare.hasPrefix("node-") ? String(bare.dropFirst(5)) : bare
    if let version = SemanticVersion(number), pins || version.pre.isEmpty {
      return SemanticRange("^\(version)").map(Meaning.range)
    }
    return SemanticRange(number).map(Meaning.range)
  }

  private static func firstLine(_ files: ProjectFiles, _ path: String) throws -> (text: String, number: Int)? {
    guard files.isFile(path), let text = try files.text(path) else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(50).enumerated() {
      let word = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).first
      if let word { return (String(word.prefix(100)), index + 1) }
    }
    return nil
  }

  /// `nodejs 20.11.0` of asdf and mise.
  private static func toolVersion(_ files: ProjectFiles, _ path: String) throws -> (text: String, number: Int)? {
    guard files.isFile(path), let text = try files.text(path) else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(200).enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      if words.count > 1, words[0] == "nodejs" || words[0] == "node" { return (String(words[1]), index + 1) }
    }
    return nil
  }
}

extension NodeWishes.Wish {
  /// nil when nobody can say.
  func allows(_ version: SemanticVersion) -> Bool? {
    switch meaning {
    case nil: nil
    case .any: true
    case .longTerm: version.major % 2 == 0
    case .range(let range): range.allows(version)
    }
  }
}
