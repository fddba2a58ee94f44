internal import PackCore

/// What `docker save` writes, and podman and skopeo after it: a tar with `manifest.json`, which names for each image its
/// config, its layers from the lowest up and its names.
///
///     [{"Config": "<hex>.json", "RepoTags": ["shop:1"], "Layers": ["<hex>/layer.tar", …]}]
struct DockerArchive: Sendable {
  struct Image: Hashable, Sendable {
    let config: String
    let names: [String]
    let layers: [String]
  }

  static let manifestName = "manifest.json"
  private static let imageLimit = 1024
  private static let layerLimit = 4096

  let place: any LayoutPlace
  let images: [Image]

  /// - Throws: `damaged_image`, also when there is no `manifest.json`.
  init(_ place: any LayoutPlace) throws {
    guard let file = try place.file(Self.manifestName) else {
      throw place.damaged("it is missing: no tool since Docker 1.10 writes an archive without it", Self.manifestName)
    }
    guard file.size <= ImageDocument.sizeLimit else {
      throw place.damaged("it has more than \(ImageDocument.sizeLimit) bytes", Self.manifestName)
    }
    self.place = place
    do {
      let limits = JSONParser.Limits(bytes: ImageDocument.sizeLimit, depth: 16)
      let reader = JSONReader(
        try JSONParser.parse(file.head(ImageDocument.sizeLimit), name: Self.manifestName, limits: limits))
      images = try reader.array().map(Self.image)
    } catch let failure as Failure where !failure.isInterruption {
      throw place.damaged(failure.message, Self.manifestName)
    }
    guard !images.isEmpty else { throw place.damaged("it names no image", Self.manifestName) }
    guard images.count <= Self.imageLimit, images.allSatisfy({ $0.layers.count <= Self.layerLimit }) else {
      throw place.damaged(
        "it names more than \(Self.imageLimit) images, or one with more than \(Self.layerLimit) layers",
        Self.manifestName)
    }
  }

  private static func image(_ reader: JSONReader) throws -> Image {
    Image(
      config: try reader.required("Config").string(), names: try reader.optional("RepoTags")?.strings() ?? [],
      layers: try reader.optional("Layers")?.strings() ?? [])
  }

  /// The image of that name, or the only one.
  func find(_ name: String?) throws -> Image {
    let matching = images.filter { image in
      guard let name else { return true }
      return image.names.contains { Self.short($0) == Self.short(name) }
    }
    guard matching.count == 1, let found = matching.first else {
      throw OCIFailure.noTag(name, in: place.path, found: names)
    }
    return found
  }

  /// Of all images, sorted.
  var names: [String] { images.flatMap(\.names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// Names are the same with and without what Docker adds to them.
  private static func short(_ name: String) -> String {
    var text = name[...]
    for prefix in ["docker.io/library/", "docker.io/"] where text.hasPrefix(prefix) {
      text = text.dropFirst(prefix.count)
      break
    }
    let last = text.split(separator: "/").last ?? text
    return last.contains(":") ? String(text) : "\(text):latest"
  }
}
