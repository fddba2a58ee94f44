internal import Glibc
internal import PackCore

/// Copies of packs under their tree digest, and from there they are run: what was hashed is what runs, scripts and their
/// siblings included.
///
///     <cache>/packs/trees/<digest>/…    files 0444 or 0555
///                  /seen/<digest>       what a place held when it was last looked at, so that a build that changes
///                                       nothing reads no file's content
///
/// The tree digest is the SHA-256 of one line a file, sorted by path bytes: `<0644|0755> <hex digest> <path>\n`, with the
/// mode reduced to whether the owner may execute it.
struct PackStore: Sendable {
  struct File {
    var path: RootPath
    var source: HostPath
    var status: FileStatus
    var isExecutable: Bool { status.mode & 0o100 != 0 }
  }
  struct Tree: Sendable {
    var digest: Digest
    var directory: HostPath
  }

  static let maximumFiles = 4096
  static let maximumBytes: Int64 = 256 << 20

  private let root: HostPath
  private var trees: HostPath { root / "trees" }
  private var seen: HostPath { root / "seen" }

  init(cache: HostPath, trust: PackTrust = PackTrust()) throws {
    try FileSystem.createDirectory(cache)
    root = cache / "packs"
    try FileSystem.createDirectory(root, mode: 0o700)
    if let status = try FileSystem.status(root) { try trust.check(root, status) }
    try FileSystem.createDirectory(root / "trees", mode: 0o700)
    try FileSystem.createDirectory(root / "seen", mode: 0o700)
  }

  /// The copy of `files`, made when it is not there. `place` names where they come from.
  func tree(of files: [File], place: HostPath) throws -> Tree {
    let source = Self.fingerprint(files)
    let record = seen / Digest(of: place.bytes).hex
    if let known = try remembered(record, source: source) { return known }
    let tree = try copy(files)
    let json: JSONValue = [
      "source": JSONValue(source), "tree": JSONValue(tree.digest),
      "copy": JSONValue(Self.fingerprint(try Self.files(in: tree.directory))),
    ]
    try FileSystem.writeAtomically(CanonicalJSON.encode(json), to: record, durable: false)
    return tree
  }

  /// The tree of last time, when neither its source nor its copy was touched since.
  private func remembered(_ record: HostPath, source: Digest) throws -> Tree? {
    guard let bytes = try FileSystem.readIfPresent(record, limit: 4096), let json = try? JSONParser.parse(bytes),
      json["source"]?.digest == source, let digest = json["tree"]?.digest
    else { return nil }
    let directory = trees / digest.hex
    guard try FileSystem.status(directory) != nil,
      json["copy"]?.digest == Self.fingerprint(try Self.files(in: directory))
    else { return nil }
    return Tree(digest: digest, directory: directory)
  }

  private static func fingerprint(_ files: [File]) -> Digest {
    var bytes: [UInt8] = []
    for file in files {
      bytes += file.path.bytes + [0]
      file.status.fingerprint(into: &bytes)
    }
    return Digest(of: bytes)
  }

  /// The regular files of a stored tree; anything else in it makes the fingerprint differ too.
  static func files(in directory: HostPath) throws -> [File] {
    try DirectoryWalk.sortedByPath(directory).filter { $0.status.kind != .directory }
      .map { File(path: $0.path, source: directory / $0.path, status: $0.status) }
  }

  private func copy(_ files: [File]) throws -> Tree {
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    defer { try? FileSystem.removeTree(staged) }
    for file in files {
      try FileSystem.createDirectory((staged / file.path).parent)
      try FileSystem.copyFile(file.source, to: staged / file.path, mode: file.isExecutable ? 0o555 : 0o444)
    }
    // The digest is that of the copy, whatever happens to the source meanwhile.
    let digest = try Self.digest(of: staged)
    let target = trees / digest.hex
    if try FileSystem.status(target) != nil {
      if try Self.digest(of: target) == digest { return Tree(digest: digest, directory: target) }
      try FileSystem.removeTree(target)
    }
    let code = staged.withCString { from in target.withCString { rename(from, $0) } == 0 ? 0 : errno }
    // Another packc may have stored the same tree in this moment.
    guard code == 0 || code == ENOTEMPTY || code == EEXIST else {
      throw Failure.system("rename \(staged) to", target, errno: code)
    }
    return Tree(digest: digest, directory: target)
  }

  static func digest(of directory: HostPath) throws -> Digest {
    var lines: [UInt8] = []
    for file in try files(in: directory) {
      let digest = try FileSystem.digest(of: file.source)
      lines += Array("\(file.isExecutable ? "0755" : "0644") \(digest.hex) ".utf8) + file.path.bytes + [0x0a]
    }
    return Digest(of: lines)
  }
}
