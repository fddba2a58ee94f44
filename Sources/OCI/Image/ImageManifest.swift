public import PackCore

/// An image manifest (OCI image spec, manifest.md): one config and the layers from the lowest to the highest.
public struct ImageManifest: Hashable, Sendable {
  public var config: BlobDescriptor
  public var layers: [BlobDescriptor]
  public var annotations: [String: String]

  public init(config: BlobDescriptor, layers: [BlobDescriptor], annotations: [String: String] = [:]) {
    self.config = config
    self.layers = layers
    self.annotations = annotations
  }

  public init(_ reader: JSONReader) throws {
    try DocumentHead.check(reader, is: .imageManifest)
    self.init(
      config: try BlobDescriptor(reader.required("config")),
      layers: try reader.required("layers").array().map(BlobDescriptor.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "schemaVersion": 2, "mediaType": JSONValue(MediaType.imageManifest), "config": config.json,
      "layers": .array(layers.map(\.json)), "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// An image index (OCI image spec, image-index.md), also the `index.json` of a layout.
public struct ImageIndex: Hashable, Sendable {
  public var manifests: [BlobDescriptor]
  public var annotations: [String: String]

  public init(manifests: [BlobDescriptor], annotations: [String: String] = [:]) {
    self.manifests = manifests
    self.annotations = annotations
  }

  public init(_ reader: JSONReader) throws {
    try DocumentHead.check(reader, is: .imageIndex)
    self.init(
      manifests: try reader.required("manifests").array().map(BlobDescriptor.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "schemaVersion": 2, "mediaType": JSONValue(MediaType.imageIndex), "manifests": .array(manifests.map(\.json)),
      "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// What manifests and indexes begin with.
enum DocumentHead {
  /// `schemaVersion` 2, and a `mediaType` that, where it is given, says what the document is taken for.
  static func check(_ reader: JSONReader, is mediaType: MediaType) throws {
    _ = try reader.required("schemaVersion").integer(in: 2...2)
    guard let found = try reader.optional("mediaType") else { return }
    guard try found.string() == mediaType.description else {
      throw found.failure("it says \(try found.string()), and is used as \(mediaType)")
    }
  }
}
