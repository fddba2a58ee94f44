public import PackCore

/// Points to a blob: media type, digest, size (OCI image spec, descriptor.md).
public struct BlobDescriptor: Hashable, Sendable {
  public var mediaType: MediaType
  public var digest: Digest
  public var size: Int64
  /// `os` and `architecture`, in an index only.
  public var platform: ImagePlatform?
  public var annotations: [String: String]

  public init(
    mediaType: MediaType, digest: Digest, size: Int64, platform: ImagePlatform? = nil,
    annotations: [String: String] = [:]
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.platform = platform
    self.annotations = annotations
  }

  public init(_ layer: Layer) {
    self.init(mediaType: layer.mediaType, digest: layer.digest, size: layer.size)
  }

  public init(_ reader: JSONReader) throws {
    let type = try reader.required("mediaType")
    guard let mediaType = MediaType(try type.string()) else { throw type.failure("not a media type") }
    self.init(
      mediaType: mediaType, digest: try reader.required("digest").digest(),
      size: try reader.required("size").integer(in: 0 ... .max),
      platform: try reader.optional("platform").map(ImagePlatform.init),
      annotations: try reader.optional("annotations")?.stringMap() ?? [:])
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "mediaType": JSONValue(mediaType), "digest": JSONValue(digest), "size": .integer(size),
      "platform": platform?.json, "annotations": annotations.isEmpty ? nil : JSONValue(strings: annotations),
    ])
  }
}

/// A platform as images name it; unlike `Platform`, of any system.
public struct ImagePlatform: Hashable, Sendable, CustomStringConvertible {
  public let os: String
  public let architecture: String

  public init(os: String, architecture: String) {
    self.os = os
    self.architecture = architecture
  }
  public init(_ platform: Platform) { self.init(os: platform.os, architecture: platform.architecture.rawValue) }
  init(_ reader: JSONReader) throws {
    self.init(os: try reader.required("os").string(), architecture: try reader.required("architecture").string())
  }

  public var description: String { "\(os)/\(architecture)" }
  var json: JSONValue { ["os": .string(os), "architecture": .string(architecture)] }
}
