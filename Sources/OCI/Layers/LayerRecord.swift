internal import PackCore

/// What the cache knows about one layer, as a file: `{version, key, layer, check}`, where `check` is the digest of the
/// rest, so that a record that was torn or altered does not read as another one.
struct LayerRecord {
  private static let version: Int64 = 1
  private static let sizeLimit = 64 << 10

  let key: Digest
  let layer: Layer

  func encode() -> [UInt8] {
    CanonicalJSON.encode(body.merging("check", JSONValue(Digest(of: body))))
  }

  private var body: JSONValue {
    ["version": .integer(Self.version), "key": JSONValue(key), "layer": layer.json]
  }

  /// The record at `path`; nil when there is none. One that cannot be trusted is removed.
  static func read(_ path: HostPath, key: Digest) -> LayerRecord? {
    guard FileSystem.exists(path) else { return nil }
    if let bytes = try? FileSystem.read(path, limit: sizeLimit), let record = try? decode(bytes, key: key) {
      return record
    }
    try? FileSystem.removeTree(path)
    return nil
  }

  /// - Throws: whatever is wrong with it; the caller only needs to know that something is.
  static func decode(_ bytes: [UInt8], key: Digest) throws -> LayerRecord {
    let value = try JSONParser.parse(bytes, name: "cache record", limits: .init(bytes: sizeLimit, depth: 8))
    let reader = JSONReader(value)
    // The version first: nothing else of another version's record means anything.
    _ = try reader.required("version").integer(in: version...version)
    let record = LayerRecord(key: try reader.required("key").digest(), layer: try layer(reader.required("layer")))
    guard record.key == key, record.encode() == bytes else { throw reader.failure("the record was altered") }
    return record
  }

  private static func layer(_ reader: JSONReader) throws -> Layer {
    guard let role = LayerRole(rawValue: try reader.required("role").string()) else {
      throw reader.failure("no such role")
    }
    guard let mediaType = MediaType(try reader.required("media_type").string()) else {
      throw reader.failure("no media type")
    }
    return Layer(
      role: role, mediaType: mediaType, digest: try reader.required("digest").digest(),
      diffID: try reader.required("diff_id").digest(), size: try reader.required("size").integer(in: 0 ... .max))
  }
}

extension JSONValue {
  /// The object with one more field.
  fileprivate func merging(_ key: String, _ field: JSONValue) -> JSONValue {
    var object = object ?? [:]
    object[key] = field
    return .object(object)
  }
}
