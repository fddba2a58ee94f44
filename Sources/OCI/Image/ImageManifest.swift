public import PackCore

/// An image manifest (OCI image spec, manifest.md; Docker's version 2, schema 2, has the same fields): one config and
/// the layers from the lowest to the highest. With an `artifactType`, or a config that is no image's, it carries
/// something else: a signature, an SBOM, debug symbols.
public struct ImageManifest: Hashable, Sendable {
  public var mediaType: MediaType
  public var artifactType: String?
  public var config: BlobDescriptor
  public var layers: [BlobDescriptor]
  /// The manifest that this one says something about (a referrer).
  public var subject: BlobDescriptor?
  public var annotations: [String: String]

  public init(
    mediaType: MediaType = .imageManifest, artifactType: String? = nil, config: BlobDescriptor,
    layers: [BlobDescriptor], subject: BlobDescriptor? = nil, annotations: [String: String] = [:]
  ) {
    self.mediaType = mediaType
    self.artifactType = artifactType
    self.config = config
    self.layers = layers
    self.subject = subject
    self.annotations = annotations
  }

  /// True when the config is an image's, so that the layers are file systems.
  public var isImage: Bool { config.mediaType == .imageConfig || config.mediaType == .dockerConfig }

  /// - Parameter mediaType: what the descriptor, or the registry's Content-Type, said it is.
  public init(_ reader: JSONReader, as mediaType: MediaType = .imageManifest) throws {
    try DocumentHead.check(reader, is: mediaType)
    self.init(
      mediaType: mediaType,
      artifactType: try reader.optional("artifactType")?.string(),
      config: try BlobDescriptor(reader.required("config")),
      layers: try reader.required("layers").array().map(BlobDescriptor.init),
      subject: try reader.optional("subject").map(BlobDescriptor.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "schemaVersion": 2, "mediaType": JSONValue(mediaType), "artifactType": artifactType.map(JSONValue.string),
      "config": config.json, "layers": .array(layers.map(\.json)), "subject": subject?.json,
      "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// An image index (OCI image spec, image-index.md; Docker's manifest list has the same fields), also the `index.json`
/// of a layout.
public struct ImageIndex: Hashable, Sendable {
  public var mediaType: MediaType
  public var artifactType: String?
  public var manifests: [BlobDescriptor]
  public var subject: BlobDescriptor?
  public var annotations: [String: String]

  public init(
    mediaType: MediaType = .imageIndex, artifactType: String? = nil, manifests: [BlobDescriptor],
    subject: BlobDescriptor? = nil, annotations: [String: String] = [:]
  ) {
    self.mediaType = mediaType
    self.artifactType = artifactType
    self.manifests = manifests
    self.subject = subject
    self.annotations = annotations
  }

  public init(_ reader: JSONReader, as mediaType: MediaType = .imageIndex) throws {
    try DocumentHead.check(reader, is: mediaType)
    self.init(
      mediaType: mediaType,
      artifactType: try reader.optional("artifactType")?.string(),
      manifests: try reader.required("manifests").array().map(BlobDescriptor.init),
      subject: try reader.optional("subject").map(BlobDescriptor.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "schemaVersion": 2, "mediaType": JSONValue(mediaType), "artifactType": artifactType.map(JSONValue.string),
      "manifests": .array(manifests.map(\.json)), "subject": subject?.json,
      "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// What manifests and indexes begin with.
enum DocumentHead {
  /// `schemaVersion` 2, and a `mediaType` that, where it is given, says what the document is taken for.
  static func check(_ reader: JSONReader, is mediaType: MediaType) throws {
    try reader.refuseOtherSpellings(of: [
      "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
    ])
    _ = try reader.required("schemaVersion").integer(in: 2...2)
    guard let found = try reader.optional("mediaType") else { return }
    guard try found.string() == mediaType.description else {
      throw found.failure("it says \(try found.string()), and is used as \(mediaType)")
    }
  }
}
