internal import CHost
internal import Glibc

/// Blobs by digest, shared by any number of processes at once:
///
///     ROOT/blobs/sha256/<hex>    0444; whole, since each gets its name by one rename(2) after fsync(2)
///     ROOT/staging/blob.XXXXXX   being written; flocked by the writer, so that what a killed one left is told from it
///     ROOT/staging/part.<hex>    a download that goes on where it was cut
///     ROOT/leases, collect.lock  what living processes rely on (`StoreLease`)
///
/// What a value of this type put, found (`reuse`) or was asked to `hold` stays until the last such value of the process
/// is gone, whatever collector runs meanwhile.
public struct ContentStore: Sendable {
  public let root: HostPath
  private let lease: StoreLease
  private var blobDirectory: HostPath { root / "blobs/sha256" }
  var staging: HostPath { root / "staging" }

  public init(root: HostPath) throws {
    self.root = root
    lease = .of(root)
    try makeDirectories()
  }

  private func makeDirectories() throws {
    try FileSystem.createDirectory(blobDirectory)
    try FileSystem.createDirectory(staging)
  }

  public func path(of digest: Digest) -> HostPath { blobDirectory / digest.hex }

  /// The size of the blob, nil when it is not there. It may go in the next moment: `reuse` is for those who rely on it.
  public func size(of digest: Digest) -> Int64? { (try? FileSystem.status(path(of: digest)))??.size }
  public func contains(_ digest: Digest) -> Bool { size(of: digest) != nil }

  // MARK: - Relying on blobs

  /// The blob stays, if it is there; of a manifest or an index, also all that it names.
  public func hold(_ digest: Digest) throws { try lease.hold(digest) {} }

  /// This process counts as one that works with the store, though it holds no blob yet.
  public func enter() throws { try lease.hold(nil) {} }

  /// True when the blob is there with that size; then it stays. A file that is not as packc leaves blobs (its size, its
  /// mode) is read: one that has not the digest of its name is removed, so that whoever has the bytes writes it anew.
  public func reuse(_ digest: Digest, size: Int64) throws -> Bool {
    let path = path(of: digest)
    guard let status = try lease.hold(digest, { try FileSystem.status(path) }) else { return false }
    if status.kind == .file, status.size == size, status.mode == 0o444 { return true }
    guard try isWhole(digest, status) else {
      try FileSystem.removeTree(path)
      return false
    }
    if status.mode != 0o444 { try FileSystem.setMode(path, 0o444) }
    return status.size == size
  }

  private func isWhole(_ digest: Digest, _ status: FileStatus) throws -> Bool {
    guard status.kind == .file else { return false }
    // Whose mode forbids reading it cannot be judged, and is written again.
    return (try? FileSystem.digest(of: path(of: digest))) == digest
  }

  // MARK: - Writing

  @discardableResult
  public func put(_ bytes: [UInt8]) throws -> Digest {
    let digest = Digest(of: bytes)
    if try reuse(digest, size: Int64(bytes.count)), (try? FileSystem.read(path(of: digest))) == bytes { return digest }
    let blob = try stage()
    try blob.file.write(bytes)
    try blob.commit(as: digest)
    return digest
  }

  /// A new blob of unknown digest; dropped without `commit`, it leaves nothing.
  public func stage() throws -> StagedBlob {
    while true {
      var template = (staging / "blob.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
      let raw = chost_mkstemp(&template)
      if raw < 0, errno == ENOENT {
        // Somebody removed the cache: that is allowed at any time.
        try makeDirectories()
        continue
      }
      guard raw >= 0 else { throw Failure.system("create a file in", staging, errno: errno) }
      let file = Descriptor(owning: raw)
      // A collector may have come between: then it is made again.
      guard flock(file.raw, LOCK_EX | LOCK_NB) == 0, try file.status().st_nlink > 0 else { continue }
      return StagedBlob(
        file: file, path: HostPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) }), store: self,
        keepsPart: false)
    }
  }

  /// The blob of that digest, with what an earlier attempt wrote of it: `file` stands at its end. Dropped without
  /// `commit`, it stays for the next attempt. Nil while another process writes the same one.
  public func resume(_ digest: Digest) throws -> StagedBlob? {
    let path = staging / "part.\(digest.hex)"
    while true {
      try makeDirectories()
      let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else { return nil }
      // Its last owner may have finished it, or a collector removed it, between the two calls.
      guard try FileSystem.status(path)?.inode == UInt64(file.status().st_ino) else { continue }
      guard lseek(file.raw, 0, SEEK_END) >= 0 else { throw Failure.system("seek in", path, errno: errno) }
      return StagedBlob(file: file, path: path, store: self, keepsPart: true)
    }
  }

  /// Every blob that was committed has its name on the disk, too. Once, before something is written that names them.
  public func syncNames() throws { try FileSystem.syncDirectory(blobDirectory) }

  /// A file that becomes a blob.
  public struct StagedBlob: ~Copyable {
    public let file: Descriptor
    private let path: HostPath
    private let store: ContentStore
    private let keepsPart: Bool

    init(file: consuming Descriptor, path: HostPath, store: ContentStore, keepsPart: Bool) {
      self.file = file
      self.path = path
      self.store = store
      self.keepsPart = keepsPart
    }
    deinit { if !keepsPart { _ = path.withCString { unlink($0) } } }

    /// Removes what `resume` would go on with: it is not what it should be.
    public func discard() { _ = path.withCString { unlink($0) } }

    /// Makes the file the blob of that digest, which the caller computed while writing. Where the blob is already, that
    /// one stays, so that all who share it share one file.
    public func commit(as digest: Digest) throws {
      let target = store.path(of: digest)
      let found = try store.lease.hold(digest) { try FileSystem.status(target) }
      if let found, try found.mode == 0o444 && store.isWhole(digest, found) { return discard() }
      guard fchmod(file.raw, 0o444) == 0 else { throw Failure.system("set the mode of", path, errno: errno) }
      try file.sync()
      try store.lease.hold(digest) {
        // Somebody's directory of that name would be in the way.
        if try FileSystem.status(target)?.kind == .directory { try FileSystem.removeTree(target) }
        try FileSystem.rename(path, to: target)
      }
    }
  }
}
