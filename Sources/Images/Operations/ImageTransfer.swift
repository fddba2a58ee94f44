public import OCI
public import PackCore

/// Moves images between the places that `ImageLocator` knows.
public struct ImageTransfer {
  /// What was done, for a person and a machine.
  public struct Outcome: Hashable, Sendable {
    /// Of the manifest or the index that was copied; of a Docker archive, of the image that was read.
    public let digest: Digest
    public let source: String
    public let destination: String
    /// Blobs and their bytes that were written; nil where layers were unpacked.
    public let summary: ImageCopy.Summary?

    public var json: JSONValue {
      JSONValue(compact: [
        "digest": JSONValue(digest), "source": .string(source), "destination": .string(destination),
        "copied": summary.map { .integer(Int64($0.copied)) }, "copied_bytes": summary.map { .integer($0.copiedBytes) },
        "mounted": summary.map { .integer(Int64($0.mounted)) },
        "mounted_bytes": summary.map { .integer($0.mountedBytes) },
        "present": summary.map { .integer(Int64($0.present)) },
        "present_bytes": summary.map { .integer($0.presentBytes) },
      ])
    }

    public var text: String {
      var line = "\(destination)  \(digest)"
      if let summary {
        line += "  \(summary.copied) blobs, \(ByteText.text(summary.copiedBytes))"
        if summary.mounted > 0 { line += "; \(summary.mounted) were mounted from another repository" }
        if summary.present > 0 { line += "; \(summary.present) were there already" }
      }
      return line + "\n"
    }
  }

  private let locator: ImageLocator
  let reporter: Reporter
  /// Of an index only this platform's image; nil for all.
  public var platform: ImagePlatform?
  /// Also signatures, SBOMs and whatever else says something about the image, where the destination can hold them.
  public var includesReferrers = true

  public init(_ locator: ImageLocator, reporter: Reporter = .silent) {
    self.locator = locator
    self.reporter = reporter
  }

  /// `packc image copy`.
  public func copy(_ source: String, to destination: String) throws -> Outcome {
    let image = try locator.locate(source)
    return try copy(image, to: ImageTarget(destination, names: image.names, locator))
  }

  /// `packc image import`: into the store, everything checked before it has the name.
  /// - Parameter name: nil for what the image is called where it comes from.
  public func importImage(_ source: String, name: String?) throws -> Outcome {
    let image = try locator.locate(source)
    return try importImage(image, name: name ?? Self.storeName(image.names, of: image.source.name))
  }

  func importImage(_ image: LocatedImage, name: String) throws -> Outcome {
    guard case .name(let name, _) = try ImageReference(parsing: name, in: locator.context.workingDirectory) else {
      throw ImagesFailure.noName(image.source.name, [name])
    }
    return try copy(image, to: .blobs(ImageTarget.store(name, locator)))
  }

  /// The first of the names that the store can have.
  private static func storeName(_ names: [String], of source: String) throws -> String {
    for name in names {
      if case .name(let found, _) = try? ImageReference(parsing: name, in: "/"), Digest(found) == nil { return found }
    }
    throw ImagesFailure.noName(source, names)
  }

  func copy(_ image: LocatedImage, to target: ImageTarget) throws -> Outcome {
    switch target {
    case .blobs(let destination):
      var copy = ImageCopy(
        from: image.source, to: destination, reporter: reporter, clock: locator.context.monotonicNanoseconds)
      copy.platform = platform
      copy.includesReferrers = includesReferrers
      let summary = try copy.run()
      return Outcome(
        digest: summary.root.digest, source: image.source.name, destination: destination.name, summary: summary)
    case .dockerArchive(let file, let names, let label):
      let opened = try SingleImage.open(image.source, platform: platform)
      try DockerArchiveWriter(
        opened, names: names, reporter: reporter, clock: locator.context.monotonicNanoseconds
      ).write(to: file)
      return Outcome(
        digest: opened.descriptor.digest, source: image.source.name, destination: label, summary: nil)
    }
  }
}
