internal import Glibc

/// A small JSON file by which a cache knows what it kept: its fields, `format`, and `check`, the digest of the rest. What
/// was torn, altered or written by another version does not read as a record.
public enum CacheRecord {
  public static let sizeLimit = 64 << 10

  public static func encode(_ fields: [String: JSONValue], format: Int64) -> [UInt8] {
    var fields = fields
    fields["format"] = .integer(format)
    fields["check"] = JSONValue(Digest(of: .object(fields)))
    return CanonicalJSON.encode(.object(fields))
  }

  /// The record at `path`, or nil: then there is none, and what lay there is removed.
  /// `limit`: bytes that such a record may have.
  public static func read(_ path: HostPath, format: Int64, limit: Int = sizeLimit) -> JSONValue? {
    guard let found = try? FileSystem.status(path) else { return nil }
    if found.kind == .file, let bytes = try? FileSystem.read(path, limit: limit),
      let value = decode(bytes, format: format, limit: limit)
    {
      return value
    }
    try? FileSystem.removeTree(path)
    return nil
  }

  /// Nil for anything but the very bytes that `encode` gives.
  public static func decode(_ bytes: [UInt8], format: Int64, limit: Int = sizeLimit) -> JSONValue? {
    guard
      let value = try? JSONParser.parse(bytes, name: "cache record", limits: .init(bytes: limit, depth: 8)),
      var fields = value.object, fields["format"] == .integer(format)
    else { return nil }
    fields["format"] = nil
    fields["check"] = nil
    return encode(fields, format: format) == bytes ? value : nil
  }

  /// Not fsynced: a record that a crash tore is no record.
  public static func write(_ fields: [String: JSONValue], format: Int64, to path: HostPath) throws {
    try replace(path, by: encode(fields, format: format))
  }

  /// Whatever lay there gives way, a directory too.
  public static func replace(_ path: HostPath, by bytes: [UInt8]) throws {
    if try FileSystem.status(path)?.kind == .directory { try FileSystem.removeTree(path) }
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
  }

  /// The time of a record is when what it stands for was last used; the collector goes by it. A cache that may not be
  /// written is used all the same.
  public static func markUsed(_ path: HostPath) { _ = path.withCString { utimensat(AT_FDCWD, $0, nil, 0) } }
}
