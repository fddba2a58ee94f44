internal import Archive
public import PackCore

/// Reads a layer that somebody made: its blob against the digest, its archive against the diffID, every entry against
/// what no honest tool writes. What `visit` made of the entries counts only when `read` returned.
public struct LayerReader: Sendable {
  public let source: any ImageSource
  public let limits: ReadingLimits

  public init(_ source: any ImageSource, limits: ReadingLimits = ReadingLimits()) {
    self.source = source
    self.limits = limits
  }

  /// What a layer turned out to be.
  public struct Summary: Hashable, Sendable {
    public var diffID: Digest
    /// Bytes of the archive.
    public var archiveSize: Int64
    /// Bytes of all files.
    public var contentSize: Int64
    public var entries: Int
    /// Names that begin with a slash, which readers take off.
    public var absoluteNames: Int
    /// Device nodes and FIFOs, which packc does not unpack.
    public var specialFiles: Int
  }

  /// The content of one entry, while it is the current one.
  public struct Content {
    let reader: TarReader

    /// All bytes, once.
    public func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws { try reader.readContent(body) }

    public func digest() throws -> Digest {
      var hash = SHA256()
      try read { hash.update($0) }
      return hash.finish()
    }
  }

  /// Entries in the archive's order.
  /// - Parameter diffID: what the config says of the layer; nil where there is none.
  /// - Throws: `damaged_image`, `bad_compression`, `bad_archive`, `unsafe_archive`, `too_large`, all exit 65 and with the
  ///   layer in the message; what the source and `visit` throw.
  @discardableResult
  public func read(
    _ layer: BlobDescriptor, diffID: Digest?, _ visit: (LayerEntry, Content) throws -> Void
  ) throws -> Summary {
    do {
      return try readPlainly(layer, diffID: diffID, visit)
    } catch var failure as Failure where Self.codes.contains(failure.code) {
      failure.message = "\(source.name): layer \(layer.digest.short): \(failure.message)"
      throw failure
    }
  }

  /// - Throws: `damaged_image` for an image of more layers than the limit.
  func checkCount(_ image: SingleImage) throws {
    guard image.layers.count <= limits.layers else {
      throw OCIFailure.damaged(
        "it has \(image.layers.count) layers; the limit is \(limits.layers)", in: source.name)
    }
  }

  /// Codes of failures that do not say yet which layer it is.
  private static let codes: Set<String> = [
    "bad_compression", "bad_archive", "unsafe_archive", "too_large", "bad_layer",
  ]

  private func readPlainly(
    _ layer: BlobDescriptor, diffID: Digest?, _ visit: (LayerEntry, Content) throws -> Void
  ) throws -> Summary {
    let stream = try LayerStream(layer, from: source, limits: limits)
    var summary: Summary
    do {
      summary = try readEntries(of: layer, from: stream, visit)
    } catch {
      // What the stream's thread found explains more: another digest, a damaged stream.
      do { _ = try stream.finish() } catch let cause as Failure { throw cause } catch {}
      throw error
    }
    let result = try stream.finish()
    summary.diffID = result.diffID
    summary.archiveSize = result.size
    guard diffID == nil || diffID == result.diffID else {
      throw OCIFailure.damaged(
        "layer \(layer.digest.short): the archive has the digest \(result.diffID), the config's diff_id is "
          + "\(diffID.map(\.description) ?? "")", in: source.name)
    }
    return summary
  }

  private func readEntries(
    of layer: BlobDescriptor, from stream: LayerStream, _ visit: (LayerEntry, Content) throws -> Void
  ) throws -> Summary {
    let reader = try TarReader(stream)
    var checks = EntryChecks(blobSize: layer.size, limits: limits)
    while let member = try reader.next() {
      try Interruption.check()
      try visit(checks.entry(member), Content(reader: reader))
    }
    return checks.summary
  }
}
