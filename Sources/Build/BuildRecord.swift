internal import PackCore

/// What the last build of a project saw and made, so that the next one can tell in one walk that there is nothing to do.
///
///     <digest of all that follows, in hex>\n
///     <canonical JSON of the header>\n
///     <watched paths, each ended by NUL>\0
///     <output paths, each ended by NUL>
///
/// A record of another version, a torn or altered one, or one whose outputs were touched is not believed.
struct BuildRecord {
  private static let format: Int64 = 5

  var request: Digest
  var project: Digest
  var watched: [HostPath]
  var watchedFingerprint: Digest
  var outputs: [HostPath]
  var outputsFingerprint: Digest
  var result: JSONValue

  static func read(_ path: HostPath) -> BuildRecord? {
    guard let file = try? FileSystem.readIfPresent(path, limit: 256 << 20), file.count > 65, file[64] == 0x0a,
      let check = Digest(hex: String(decoding: file[..<64], as: UTF8.self)),
      case let bytes = Array(file[65...]), Digest(of: bytes) == check, let cut = bytes.firstIndex(of: 0x0a),
      let header = try? JSONParser.parse(Array(bytes[..<cut])), header["format"]?.integer == format,
      let request = header["request"]?.digest,
      let project = header["project"]?.digest,
      let watched = header["watched"]?.digest,
      let outputs = header["outputs"]?.digest,
      let count = header["watched_count"]?.integer, let result = header["result"]
    else { return nil }
    let paths = bytes[(cut + 1)...].split(separator: 0).map { HostPath(bytes: $0) }
    guard paths.count >= count, count >= 0 else { return nil }
    return BuildRecord(
      request: request, project: project, watched: Array(paths[..<Int(count)]), watchedFingerprint: watched,
      outputs: Array(paths[Int(count)...]), outputsFingerprint: outputs, result: result)
  }

  func write(_ path: HostPath) throws {
    let header: JSONValue = [
      "format": .integer(Self.format), "request": JSONValue(request), "project": JSONValue(project),
      "watched": JSONValue(watchedFingerprint), "watched_count": .integer(Int64(watched.count)),
      "outputs": JSONValue(outputsFingerprint), "result": result,
    ]
    var bytes = CanonicalJSON.encode(header) + [0x0a]
    for path in watched + outputs { bytes += path.bytes + [0] }
    try CacheRecord.replace(path, by: Array((Digest(of: bytes).hex + "\n").utf8) + bytes)
  }

  /// Blobs are shared with other projects through the store, and machines' files with the releases of deployments: a further
  /// name of a file changes its ctime, and nothing else of it.
  static func fingerprint(outputs: [HostPath]) -> Digest {
    WatchedPaths.fingerprint(outputs) { ["sha256", "unikernel"].contains($0.parent.name) }
  }

  /// True when nothing that this record saw has changed and all that it made is as it was left.
  func stillHolds(request: Digest, project: Digest) -> Bool {
    self.request == request && self.project == project
      && Self.fingerprint(outputs: outputs) == outputsFingerprint
      && WatchedPaths.fingerprint(watched) == watchedFingerprint
  }
}
