public import PackCore

/// A layer whose blob lies in a content store.
public struct Layer: Hashable, Sendable {
  public let role: LayerRole
  public let mediaType: MediaType
  /// Of the compressed blob.
  public let digest: Digest
  /// Of the tar archive (OCI image spec, config.md, "Layer DiffID").
  public let diffID: Digest
  /// Bytes of the compressed blob.
  public let size: Int64

  public init(role: LayerRole, mediaType: MediaType, digest: Digest, diffID: Digest, size: Int64) {
    self.role = role
    self.mediaType = mediaType
    self.digest = digest
    self.diffID = diffID
    self.size = size
  }

  /// `{role, media_type, digest, diff_id, size}`.
  public var json: JSONValue {
    [
      "role": .string(role.rawValue), "media_type": JSONValue(mediaType), "digest": JSONValue(digest),
      "diff_id": JSONValue(diffID), "size": .integer(size),
    ]
  }
}
