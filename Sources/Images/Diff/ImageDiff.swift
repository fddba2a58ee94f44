internal import OCI
public import PackCore

/// What another image has, has not, or has otherwise.
public struct ImageDiff: Sendable {
  public struct Side: Hashable, Sendable {
    public let name: String
    public let digest: Digest
    /// Bytes of the layers' blobs.
    public let packed: Int64
  }

  /// A layer, or two of the same title at the same place.
  public struct LayerChange: Hashable, Sendable {
    public let title: String
    public let before: ImageSnapshot.Layer?
    public let after: ImageSnapshot.Layer?
    public var isKept: Bool { before != nil && before?.diffID == after?.diffID }
  }

  /// A setting of the config, a label or a fact; nil on the side that does not have it.
  public struct ValueChange: Hashable, Sendable {
    public let name: String
    public let before: String?
    public let after: String?
    /// Of a list that both have: what only the one before has, and only the one after.
    public var gone: [String] = []
    public var new: [String] = []
  }

  public let before: Side
  public let after: Side
  public let layers: [LayerChange]
  /// The largest change first.
  public let packages: [PackageChange]
  public let config: [ValueChange]
  public let facts: [ValueChange]

  /// Every changed file, by path.
  public var files: [FileChange] { packages.flatMap(\.files).sorted { $0.path < $1.path } }
  /// Bytes of files, in all.
  public var growth: Int64 { packages.reduce(0) { $0 + $1.growth } }

  /// True when nothing differs that a program could see; the same files in other layers, or compressed otherwise, are no
  /// difference.
  public var isEmpty: Bool { packages.isEmpty && config.isEmpty && facts.isEmpty }
  public var isIdentical: Bool { before.digest == after.digest }

  public init(_ before: ImageSnapshot, _ after: ImageSnapshot) {
    self.before = Side(name: before.name, digest: before.digest, packed: before.packedBytes)
    self.after = Side(name: after.name, digest: after.digest, packed: after.packedBytes)
    layers = LayerComparison.changes(before.layers, after.layers)
    packages = PackageChange.grouped(
      FileChange.between(before, after), before: before.owners, after: after.owners)
    config = ConfigComparison.changes(before.config, after.config)
    facts = FactComparison.changes(before, after)
  }
}

/// Which layers two images share.
enum LayerComparison {
  static func changes(_ before: [ImageSnapshot.Layer], _ after: [ImageSnapshot.Layer]) -> [ImageDiff.LayerChange] {
    var rest = before
    var changes: [ImageDiff.LayerChange] = []
    for layer in after {
      let same = rest.firstIndex { $0.diffID == layer.diffID }
      let titled = layer.title.isEmpty ? nil : rest.firstIndex { $0.title == layer.title }
      let match = same ?? titled.flatMap { index in after.contains { $0.diffID == rest[index].diffID } ? nil : index }
      changes.append(.init(title: layer.title, before: match.map { rest.remove(at: $0) }, after: layer))
    }
    return changes + rest.map { .init(title: $0.title, before: $0, after: nil) }
  }
}

/// Settings that containers start with, and labels.
enum ConfigComparison {
  static func changes(_ before: ImageConfig, _ after: ImageConfig) -> [ImageDiff.ValueChange] {
    let (old, new) = (values(before), values(after))
    return changes(old, new)
  }

  static func changes(_ old: [String: String], _ new: [String: String]) -> [ImageDiff.ValueChange] {
    Set(old.keys).union(new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .filter { old[$0] != new[$0] }
      .map { ImageDiff.ValueChange(name: $0, before: old[$0], after: new[$0]) }
  }

  /// Facts are compared as such, and digests of what is compared here anyway say nothing more.
  private static let derived: Set<String> = [
    "dev.packc.initrd.digest", "dev.packc.kernel.digest", "dev.packc.root.verity",
  ]

  static func values(_ config: ImageConfig) -> [String: String] {
    var values = ["platform": config.platform.description]
    values["created"] = config.created
    values["user"] = config.user.flatMap { $0.isEmpty ? nil : $0 }
    values["directory"] = config.workingDirectory
    values["stop-signal"] = config.stopSignal
    if !config.entrypoint.isEmpty { values["entrypoint"] = words(config.entrypoint) }
    if !config.arguments.isEmpty { values["arguments"] = words(config.arguments) }
    for port in config.exposedPorts { values["port \(port)"] = "exposed" }
    for variable in config.environment {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values["env \(parts[0])"] = parts.count == 2 ? String(parts[1]) : ""
    }
    for (name, value) in config.labels where !name.hasPrefix(FactTable.prefix) && !derived.contains(name) {
      values["label \(name)"] = value
    }
    return values
  }

  private static func words(_ words: [String]) -> String { words.map(ShellWord.quoted).joined(separator: " ") }
}

/// Facts by id. Two images are compared by what both have: the whole contract, or else the labels' summary.
enum FactComparison {
  static func changes(_ before: ImageSnapshot, _ after: ImageSnapshot) -> [ImageDiff.ValueChange] {
    let whole = before.facts.source == .contract && after.facts.source == .contract
    let old = whole ? before.facts : FactTable(labels: before.config.labels)
    let new = whole ? after.facts : FactTable(labels: after.config.labels)
    return ConfigComparison.changes(old.facts.mapValues(text), new.facts.mapValues(text)).map { change in
      var change = change
      guard let before = old.facts[change.name], let after = new.facts[change.name] else { return change }
      change.gone = before.values.filter { !after.values.contains($0) }
      change.new = after.values.filter { !before.values.contains($0) }
      return change
    }
  }

  /// `pie, nx (proven)`; a list that may not be whole says so.
  static func text(_ fact: FactTable.Fact) -> String {
    let values = fact.values.isEmpty ? "none" : fact.values.joined(separator: ", ")
    var notes = fact.level.isEmpty ? [] : [fact.level]
    if fact.closed != "true" { notes.append(fact.closed == "false" ? "perhaps more" : "whole or not unknown") }
    return notes.isEmpty ? values : "\(values) (\(notes.joined(separator: "; ")))"
  }
}
