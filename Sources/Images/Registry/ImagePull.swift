public import OCI
public import PackCore
public import Registry

/// `packc image pull`: from a registry into the store, under the name that it has there. What an earlier pull, also one
/// that was killed, has fetched is not fetched again.
public struct ImagePull: Sendable {
  public var platform: ImagePlatform?
  public var includesReferrers = true
  private let registries: Registries
  private let store: ImageStore
  private let reporter: Reporter

  public init(_ registries: Registries, into store: ImageStore, reporter: Reporter) {
    self.registries = registries
    self.store = store
    self.reporter = reporter
  }

  /// What `--json` prints.
  public struct Result: Sendable {
    public var name: String
    public var summary: ImageCopy.Summary

    public var json: JSONValue {
      [
        "ref": .string(name), "digest": JSONValue(summary.root.digest),
        "media_type": JSONValue(summary.root.mediaType), "size": .integer(summary.bytes),
        "blobs": ["fetched": .integer(Int64(summary.copied)), "present": .integer(Int64(summary.present))],
      ]
    }
  }

  public func run(_ reference: RegistryReference) throws -> Result {
    let name = reference.storeName
    // Looked at as an import is, before it has the name.
    var copy = ImageCopy(
      from: registries.source(reference), to: CheckedDestination(StoreDestination(store, name: name), in: store),
      reporter: reporter)
    copy.platform = platform
    copy.includesReferrers = includesReferrers
    return Result(name: name, summary: try copy.run())
  }
}
