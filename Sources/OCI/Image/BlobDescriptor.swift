public import PackCore

/// Points to a blob: media type, digest, size (OCI image spec, descriptor.md).
public struct BlobDescriptor: Hashable, Sendable {
  public var mediaType: MediaType
  public var digest: Digest
  public var size: Int64
  /// What the artifact is that a manifest carries; in an index only.
  public var artifactType: String?
  /// `os` and `architecture`, in an index only.
  public var platform: ImagePlatform?
  public var annotations: [String: String]

  public init(
    mediaType: MediaType, digest: Digest, size: Int64, artifactType: String? = nil, platform: ImagePlatform? = nil,
    annotations: [String: String] = [:]
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.artifactType = artifactType
    self.platform = platform
    self.annotations = annotations
  }

  public init(_ layer: Layer) {
    self.init(mediaType: layer.mediaType, digest: layer.digest, size: layer.size)
  }

  public init(_ reader: JSONReader) throws {
    try reader.refuseOtherSpellings(of: ["mediaType", "digest", "size", "artifactType", "platform", "annotations"])
    let type = try reader.required("mediaType")
    guard let mediaType = MediaType(try type.string()) else { throw type.failure("not a media type") }
    self.init(
      mediaType: mediaType, digest: try reader.required("digest").digest(),
      size: try reader.required("size").integer(in: 0 ... .max),
      artifactType: try reader.optional("artifactType")?.string(),
      platform: try reader.optional("platform").map(ImagePlatform.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "mediaType": JSONValue(mediaType), "digest": JSONValue(digest), "size": .integer(size),
      "artifactType": artifactType.map(JSONValue.string), "platform": platform?.json,
      "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// A platform as images name it; unlike `Platform`, of any system.
public struct ImagePlatform: Hashable, Sendable, CustomStringConvertible {
  public let os: String
  public let architecture: String
  /// Of the processor: `v7`, `v8`.
  public let variant: String?

  public init(os: String, architecture: String, variant: String? = nil) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
  }
  public init(_ platform: Platform) { self.init(os: platform.os, architecture: platform.architecture.rawValue) }
  init(_ reader: JSONReader) throws {
    try reader.refuseOtherSpellings(of: ["os", "architecture", "variant"])
    self.init(
      os: try reader.required("os").string(), architecture: try reader.required("architecture").string(),
      variant: try reader.optional("variant")?.string())
  }

  public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }
  public var json: JSONValue {
    JSONValue(compact: [
      "os": .string(os), "architecture": .string(architecture), "variant": variant.map(JSONValue.string),
    ])
  }
}
