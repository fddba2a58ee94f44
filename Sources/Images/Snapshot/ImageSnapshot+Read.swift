public import OCI
public import PackCore

extension ImageSnapshot {
  /// What is known of an image beside its own bytes: who made it said so.
  public struct Knowledge: Sendable {
    public var owners: OwnerRules
    /// The whole contract; without it, the labels' summary is taken.
    public var facts: FactTable?
    /// The project's name, for an image of packc's.
    public var project: String?

    public init(owners: OwnerRules = OwnerRules(), facts: FactTable? = nil, project: String? = nil) {
      self.owners = owners
      self.facts = facts
      self.project = project
    }
  }

  /// Reads an image.
  /// - Parameters:
  ///   - skipping: diffIDs of layers that need not be read.
  /// - Throws: what `LayerReader` throws.
  public static func read(
    _ image: SingleImage, name: String, knowledge: Knowledge = Knowledge(), skipping: Set<Digest> = []
  ) throws -> ImageSnapshot {
    let config = image.config
    let pairs = image.layers
    let skips = Set(pairs.indices.filter { skipping.contains(pairs[$0].diffID) })
    let collector = EvidenceCollector()
    let files = try ImageFiles.read(
      image, layers: { !skips.contains($0) }, inspect: { collector.reader(for: $0, layer: $1) })
    let titles = titles(config)
    let layers = zip(pairs, titles).enumerated().map { position, layer in
      Layer(
        descriptor: layer.0.descriptor, diffID: layer.0.diffID, title: layer.1, isRead: !skips.contains(position))
    }
    let owners = FileOwners(
      of: files, evidence: collector.finish(), recorded: knowledge.owners,
      project: projectOwner(config, knowledge),
      own: Set(titles.indices.filter { titles[$0] == LayerRole.application.rawValue }))
    return ImageSnapshot(
      name: name, digest: image.document.descriptor.digest, config: config, layers: layers, files: files,
      owners: owners, facts: knowledge.facts ?? FactTable(labels: config.labels))
  }

  /// What packc put into the application layer is the project.
  private static func projectOwner(_ config: ImageConfig, _ knowledge: Knowledge) -> FileOwner? {
    guard isPackc(config) else { return nil }
    let name = knowledge.project ?? config.labels["org.opencontainers.image.title"] ?? "the project"
    return FileOwner(
      kind: .project, name: name, version: config.labels["org.opencontainers.image.version"] ?? "")
  }

  /// Two images, each layer that both have read for neither where packc made both, and once for each otherwise.
  public static func pair(
    _ before: (image: SingleImage, name: String, knowledge: Knowledge),
    _ after: (image: SingleImage, name: String, knowledge: Knowledge)
  ) throws -> (ImageSnapshot, ImageSnapshot) {
    // In an image of anybody's, what lies in a shared layer says whether a file above it is new or changed.
    let disjoint = isPackc(before.image.config) && isPackc(after.image.config)
    let shared = disjoint ? Set(before.image.config.diffIDs).intersection(after.image.config.diffIDs) : []
    return (
      try read(before.image, name: before.name, knowledge: before.knowledge, skipping: shared),
      try read(after.image, name: after.name, knowledge: after.knowledge, skipping: shared)
    )
  }
}
