internal import OCI
public import PackCore

/// `packc image list`: what the store has names for.
public struct ImageListing: Sendable {
  public struct Row: Hashable, Sendable {
    public let name: String
    public let digest: Digest
    /// Sorted; none for what is no image.
    public let platforms: [String]
    /// Bytes of all blobs and documents below the name, each once.
    public let size: Int64
    /// RFC 3339, of the config; nil where there are several images, or none.
    public let created: String?
    /// What is wrong with it; then size and platforms say nothing.
    public let problem: String?
  }

  /// Sorted by name.
  public let rows: [Row]

  public init(_ locator: ImageLocator) throws {
    rows = try locator.store.images().map { name, descriptor in
      try Interruption.check()
      let source = StoreSource(locator.store, descriptor: descriptor, name: name)
      do {
        return try Self.row(name, source)
      } catch let failure as Failure where !failure.isInterruption {
        return Row(
          name: name, digest: descriptor.digest, platforms: [], size: 0, created: nil, problem: failure.message)
      }
    }
  }

  private static func row(_ name: String, _ source: StoreSource) throws -> Row {
    let plan = try CopyPlan.make(source)
    let images = try plan.documents.compactMap { document -> SingleImage? in
      guard case .manifest(let manifest) = document.content, manifest.isImage else { return nil }
      return try SingleImage(document, in: source)
    }
    let platforms = Set(images.map(\.config.platform.description)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    let size = plan.blobs.reduce(0) { $0 + $1.size } + plan.documents.reduce(0) { $0 + $1.descriptor.size }
    return Row(
      name: name, digest: plan.root.descriptor.digest, platforms: platforms, size: size,
      created: images.count == 1 ? images[0].config.created : nil, problem: nil)
  }

  public var json: JSONValue {
    [
      "images": .array(
        rows.map { row in
          JSONValue(compact: [
            "name": .string(row.name), "digest": JSONValue(row.digest), "platforms": JSONValue(strings: row.platforms),
            "size": row.problem == nil ? .integer(row.size) : nil, "created": row.created.map(JSONValue.string),
            "problem": row.problem.map(JSONValue.string),
          ])
        })
    ]
  }

  public var text: String {
    guard !rows.isEmpty else {
      return "the store has no image yet; `packc build` and `packc image import` put one there\n"
    }
    let table = rows.map { row in
      [
        row.name, row.digest.short, row.problem == nil ? row.platforms.joined(separator: ",") : "damaged",
        row.problem == nil ? ByteText.text(row.size) : "", row.created ?? "",
      ]
    }
    return TextTable.lines([["NAME", "DIGEST", "PLATFORM", "SIZE", "CREATED"]] + table)
  }
}
