internal import Glibc
internal import PackCore

/// What is known of initrds (and root disks) that were written before, by the key of what they begin with (the base and
/// all layers but the last):
///
///     <key>.json     where that beginning ends, its parts' sizes, the state of the digest there, and which files begin so
///     <key>.initrd   a file of which nobody else has a name any more (`.root` for a disk)
///
/// Two builds after each other write two files in turn. The file that a build replaces gets a second name here; when
/// the build has taken its place, that name is the only one, and the next build cuts the file off behind its beginning and
/// writes the rest anew. So a change of the last layer costs as much as that layer. Where there is no such file the
/// beginning is copied from the one that is being replaced, which costs no digest.
///
/// A file counts as what it was by inode, size and time of change of its content, as everywhere in the cache; and what is
/// wrong with one is seen when it is run, by its digest.
struct PrefixStore: Sendable {
  let root: HostPath
  /// Of the files' names.
  var suffix = "initrd"

  /// To be raised with every change of the bytes that `NewcWriter` and `RootDiskBuilder` write.
  static let format: Int64 = 4
  /// The newest one, the one that it replaces, and the one before.
  private static let knownFiles = 3

  struct Prefix {
    /// Bytes.
    let end: Int64
    /// What the writer needs to go on behind it.
    let state: String
    /// Of the parts in it.
    let sizes: [Int64]
  }

  static func key(_ parts: [Digest]) -> Digest { Digest(of: .array(parts.map { JSONValue($0) })) }

  private func file(_ key: Digest) -> HostPath { root / "\(key.hex).\(suffix)" }
  private func record(_ key: Digest) -> HostPath { root / "\(key.hex).json" }

  // MARK: - Taking

  /// Puts a file that begins so at `path`, whole as it was; nil when none is known. The caller cuts it off.
  func place(_ key: Digest, at path: HostPath, from previous: HostPath?) throws -> Prefix? {
    guard let known = read(key) else { return nil }
    let spare = file(key)
    if let status = try? FileSystem.status(spare), !status.hasOtherNames,
      known.files.contains(Self.fingerprint(status)), (try? FileSystem.rename(spare, to: path)) != nil
    {
      // Nobody else can have it now.
      return known.prefix
    }
    guard let previous, let status = try? FileSystem.status(previous), known.files.contains(Self.fingerprint(status))
    else { return nil }
    try FileSystem.copyFile(previous, to: path, mode: 0o644)
    guard let copied = try FileSystem.status(path), copied.size >= known.prefix.end else {
      try FileSystem.removeFile(path)
      return nil
    }
    return known.prefix
  }

  // MARK: - Keeping

  /// `file` begins so; `previous`, which it is about to replace, is for the next build.
  func remember(_ key: Digest, file: HostPath, prefix: Prefix, retiring previous: HostPath?) throws {
    try FileSystem.createDirectory(root)
    var files = read(key)?.files ?? []
    if let previous, let status = try FileSystem.status(previous), files.contains(Self.fingerprint(status)) {
      retire(previous, key)
    }
    guard let status = try FileSystem.status(file) else { return }
    files = [Self.fingerprint(status)] + files
    try CacheRecord.write(
      [
        "end": .integer(prefix.end), "state": .string(prefix.state),
        "sizes": .array(prefix.sizes.map { .integer($0) }), "files": JSONValue(strings: files.prefix(Self.knownFiles)),
      ], format: Self.format, to: record(key))
  }

  /// Another name for it, in place of one that is there; on another file system there is none, and nothing is lost.
  private func retire(_ previous: HostPath, _ key: Digest) {
    let staged = root / ".\(key.hex).\(getpid())"
    try? FileSystem.removeFile(staged)
    let code = previous.withCString { from in staged.withCString { to in link(from, to) } }
    guard code == 0 else { return }
    if (try? FileSystem.status(file(key)))??.kind == .directory { try? FileSystem.removeTree(file(key)) }
    if (try? FileSystem.rename(staged, to: file(key))) == nil { try? FileSystem.removeFile(staged) }
  }

  private func read(_ key: Digest) -> (prefix: Prefix, files: [String])? {
    guard let json = CacheRecord.read(record(key), format: Self.format),
      let end = json["end"]?.integer, end >= 0, let state = json["state"]?.string,
      let sizes = json["sizes"]?.array?.compactMap(\.integer), sizes.reduce(0, +) == end,
      let files = json["files"]?.array?.compactMap(\.string)
    else { return nil }
    return (Prefix(end: end, state: state, sizes: sizes), files)
  }

  private static func fingerprint(_ status: FileStatus) -> String {
    var bytes: [UInt8] = []
    status.fingerprint(into: &bytes, withChange: false)
    return Digest(of: bytes).hex
  }
}
