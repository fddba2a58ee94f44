public import OCI
public import PackCore

/// An image that was found.
public struct LocatedImage: Sendable {
  public let source: any ImageSource
  /// What it is called where it lies: `shop:latest`; none, or several.
  public let names: [String]
  /// True when it lies in packc's own store.
  public let isStored: Bool
  /// True when its blobs have to be fetched over a network.
  public let isRemote: Bool
  /// The layout directory that it lies in; nil elsewhere.
  public let layout: HostPath?

  public init(
    source: any ImageSource, names: [String], isStored: Bool = false, isRemote: Bool = false, layout: HostPath? = nil
  ) {
    self.source = source
    self.names = names
    self.isStored = isStored
    self.isRemote = isRemote
    self.layout = layout
  }

  /// For people.
  public var name: String { source.name }
}

/// How images of registries are reached; what this room knows of them.
public struct RegistryAccess: Sendable {
  public let source: @Sendable (RegistryReference) throws -> any ImageSource
  public let destination: @Sendable (RegistryReference) throws -> any ImageDestination

  public init(
    source: @escaping @Sendable (RegistryReference) throws -> any ImageSource,
    destination: @escaping @Sendable (RegistryReference) throws -> any ImageDestination
  ) {
    self.source = source
    self.destination = destination
  }
}
