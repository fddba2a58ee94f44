internal import Glibc
internal import PackCore

/// Segments that were written before, by their layer's key: `<hex>.cpio`, and `<hex>.json` that says what it is.
struct SegmentStore: Sendable {
  let root: HostPath

  /// Part of what a kept segment is known by: to be raised with every change of the bytes that `NewcWriter` writes.
  static let format: Int64 = 2

  struct Segment {
    let path: HostPath
    let digest: Digest
    let size: Int64
    let reused: Bool
    fileprivate let isTemporary: Bool
  }

  /// The segment of that key, kept or written now; without a key it is written and not kept.
  func segment(_ key: Digest?, _ write: (inout NewcWriter) throws -> Void) throws -> Segment {
    if let key, let kept = kept(key) { return kept }
    let work = try FileSystem.createTemporaryDirectory(in: root, prefix: ".segment")
    do {
      let path = work / "cpio"
      var writer = NewcWriter(into: try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644))
      try write(&writer)
      let (digest, size) = try writer.finish()
      guard let key else { return Segment(path: path, digest: digest, size: size, reused: false, isTemporary: true) }
      defer { try? FileSystem.removeTree(work) }
      return try keep(path, key, digest, size)
    } catch {
      try? FileSystem.removeTree(work)
      throw error
    }
  }

  func release(_ segment: Segment) {
    if segment.isTemporary { try? FileSystem.removeTree(segment.path.parent) }
  }

  // MARK: - Keeping

  private func place(_ key: Digest) -> HostPath { root / "\(key.hex).cpio" }
  private func record(_ key: Digest) -> HostPath { root / "\(key.hex).json" }

  /// Nil for anything that is not exactly what was kept: another version, a file that was touched since, a torn record.
  private func kept(_ key: Digest) -> Segment? {
    guard let json = CacheRecord.read(record(key), format: Self.format),
      let digest = json["digest"]?.digest, let size = json["size"]?.integer,
      let status = try? FileSystem.status(place(key)), status.kind == .file, status.size == size,
      json["file"]?.string == Self.fingerprint(status)
    else { return nil }
    CacheRecord.markUsed(record(key))
    return Segment(path: place(key), digest: digest, size: size, reused: true, isTemporary: false)
  }

  private func keep(_ path: HostPath, _ key: Digest, _ digest: Digest, _ size: Int64) throws -> Segment {
    let place = place(key)
    if try FileSystem.status(place)?.kind == .directory { try FileSystem.removeTree(place) }
    try FileSystem.rename(path, to: place)
    if let status = try FileSystem.status(place) {
      try CacheRecord.write(
        ["digest": JSONValue(digest), "size": .integer(size), "file": .string(Self.fingerprint(status))],
        format: Self.format, to: record(key))
    }
    return Segment(path: place, digest: digest, size: size, reused: false, isTemporary: false)
  }

  private static func fingerprint(_ status: FileStatus) -> String {
    var bytes: [UInt8] = []
    status.fingerprint(into: &bytes)
    return Digest(of: bytes).hex
  }
}
