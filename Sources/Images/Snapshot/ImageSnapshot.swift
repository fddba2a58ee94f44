public import OCI
public import PackCore

/// An image as far as comparing and showing it needs: its documents, its files and who owns them.
public struct ImageSnapshot: Sendable {
  public struct Layer: Hashable, Sendable {
    public let descriptor: BlobDescriptor
    public let diffID: Digest
    /// `runtime` for a layer of packc's; else what the history says, or nothing.
    public let title: String
    /// False when its archive was not looked at, since the other image of a comparison has the same.
    public let isRead: Bool

    public init(descriptor: BlobDescriptor, diffID: Digest, title: String, isRead: Bool = true) {
      self.descriptor = descriptor
      self.diffID = diffID
      self.title = title
      self.isRead = isRead
    }
  }

  /// As a person named it.
  public let name: String
  /// Of the manifest.
  public let digest: Digest
  public let config: ImageConfig
  public let layers: [Layer]
  /// Of the layers that were read.
  public let files: ImageFiles
  public let owners: FileOwners
  public let facts: FactTable

  public init(
    name: String, digest: Digest, config: ImageConfig, layers: [Layer], files: ImageFiles, owners: FileOwners,
    facts: FactTable
  ) {
    self.name = name
    self.digest = digest
    self.config = config
    self.layers = layers
    self.files = files
    self.owners = owners
    self.facts = facts
  }

  /// Bytes of all blobs of layers, as they travel.
  public var packedBytes: Int64 { layers.reduce(0) { $0 + $1.descriptor.size } }
  /// Bytes of the regular files of the layers that were read.
  public var fileBytes: Int64 { owners.shares.reduce(0) { $0 + $1.bytes } }
  public var fileCount: Int { owners.shares.reduce(0) { $0 + $1.files } }

  /// Titles of layers by the config's history, which tells of empty ones too.
  public static func titles(_ config: ImageConfig) -> [String] {
    let made = config.history.filter { !$0.isEmptyLayer }.map { $0.createdBy ?? "" }
    guard made.count == config.diffIDs.count else { return config.diffIDs.map { _ in "" } }
    return made.map { $0.hasPrefix(packcHistory) ? String($0.dropFirst(packcHistory.count)) : $0 }
  }
  private static let packcHistory = "packc build: "

  /// What packc wrote has no path in two layers but directories, so that layers can be compared one by one.
  public static func isPackc(_ config: ImageConfig) -> Bool {
    config.labels["dev.packc.version"] != nil
      && config.history.allSatisfy { $0.createdBy?.hasPrefix(packcHistory) == true }
  }
}
