public import OCI
public import PackCore
public import Registry

/// `packc image push`: an image of the store, of a layout or an archive into a registry, with all its platforms and what
/// says something about it.
public struct ImagePush: Sendable {
  public var platform: ImagePlatform?
  public var includesReferrers = true
  private let registries: Registries
  private let reporter: Reporter

  public init(_ registries: Registries, reporter: Reporter) {
    self.registries = registries
    self.reporter = reporter
  }

  /// What `--json` prints.
  public struct Result: Sendable {
    public var reference: RegistryReference
    public var source: String
    public var summary: ImageCopy.Summary
    public var tally: RegistryDestination.Tally

    public var json: JSONValue {
      [
        "ref": .string(reference.storeName), "digest": JSONValue(summary.root.digest),
        "media_type": JSONValue(summary.root.mediaType), "size": .integer(summary.bytes),
        "source": .string(source),
        "blobs": [
          "sent": .integer(Int64(tally.sent)), "mounted": .integer(Int64(tally.mounted)),
          "present": .integer(Int64(tally.present)),
        ],
      ]
    }
  }

  public func run(_ image: LocatedImage, to reference: RegistryReference) throws -> Result {
    let source = image.source
    // A name of the store that begins with a host says where the image came from, most of the time.
    let likely = image.isStored ? image.names.compactMap { (try? RegistryReference(parsing: $0)) ?? nil } : []
    let destination = registries.destination(reference, likely: Array(likely.prefix(2)))
    var copy = ImageCopy(from: source, to: destination, reporter: reporter)
    copy.platform = platform
    copy.includesReferrers = includesReferrers
    let summary = try copy.run()
    return Result(reference: reference, source: source.name, summary: summary, tally: destination.tally)
  }
}
