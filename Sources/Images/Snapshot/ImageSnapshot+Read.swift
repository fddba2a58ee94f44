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

  /// Layers that need not be read to compare two images: those that both have, where packc made both, since then no path
  /// is in two layers; all, when all are the same. In other images what lies in a shared layer says whether a file above
  /// it is new or changed.
  public static func shared(_ before: SingleImage, _ after: SingleImage) -> Set<Digest> {
    let (old, new) = (before.config.diffIDs, after.config.diffIDs)
    guard old == new || (isPackc(before.config) && isPackc(after.config)) else { return [] }
    return Set(old).intersection(new)
  }

  /// Two images, without the layers that need not be read.
  public static func pair(
    _ before: (image: SingleImage, name: String, knowledge: Knowledge),
    _ after: (image: SingleImage, name: String, knowledge: Knowledge)
  ) throws -> (ImageSnapshot, ImageSnapshot) {
    let shared = shared(before.image, after.image)
    return (
      try read(before.image, name: before.name, knowledge: before.knowledge, skipping: shared),
      try read(after.image, name: after.name, knowledge: after.knowledge, skipping: shared)
    )
  }

  /// As if these layers had not been read.
  func without(_ skipped: Set<Digest>) -> ImageSnapshot {
    let layers = layers.map {
      Layer(
        descriptor: $0.descriptor, diffID: $0.diffID, title: $0.title,
        isRead: $0.isRead && !skipped.contains($0.diffID))
    }
    return ImageSnapshot(
      name: name, digest: digest, config: config, layers: layers,
      files: ImageFiles(files: files.files.filter { layers[$0.layer].isRead }), owners: owners, facts: facts)
  }
}
