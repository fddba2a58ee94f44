internal import Glibc

/// What a collector needs of a store; which blobs may go is for `OCI` to say, that knows what they mean.
extension ContentStore {
  public struct Blob: Hashable, Sendable {
    public let digest: Digest
    public let size: Int64
    /// When it was written or last got another name (a layout's), in nanoseconds since 1970.
    public let touched: Int64
  }

  /// Every blob, sorted by digest. What has no digest for a name is not packc's and stays.
  public func blobs() throws -> [Blob] {
    try DirectoryWalk.names(in: root / "blobs/sha256").compactMap { name in
      guard let digest = Digest(hex: String(decoding: name, as: UTF8.self)) else { return nil }
      return try blob(digest)
    }
  }

  public func blob(_ digest: Digest) throws -> Blob? {
    guard let status = try FileSystem.status(path(of: digest)) else { return nil }
    return Blob(digest: digest, size: status.size, touched: max(status.modified, status.changed))
  }

  /// Nobody takes up or adds a blob while `body` runs, so it has to be short. It is given what living processes hold,
  /// and how many there are that work with the store.
  public func collecting<R>(_ body: (_ held: Set<Digest>, _ processes: Int) throws -> R) throws -> R {
    let path = root / "collect.lock"
    let gate = try Descriptor.open(path, O_RDWR | O_CREAT)
    try StoreLease.lock(gate.raw, LOCK_EX, path)
    let (held, processes) = try StoreLease.held(in: root)
    return try body(held, processes)
  }

  /// How many bytes its removal would free: none where a layout has it under a name of its own.
  public func bytesFreed(by digest: Digest) throws -> Int64 { try FileSystem.bytesOwned(by: path(of: digest)) }

  /// Removes the blob; returns how many bytes that frees.
  public func remove(_ digest: Digest) throws -> Int64 {
    let freed = try bytesFreed(by: digest)
    try FileSystem.removeTree(path(of: digest))
    return freed
  }

  /// Removes what killed writers left; a download that goes on where it was cut stays until `partsBefore` (nanoseconds
  /// since 1970). Returns each one's size.
  public func removeLeftovers(partsBefore: Int64, dryRun: Bool) throws -> [Int64] {
    guard FileSystem.isDirectory(staging) else { return [] }
    return try DirectoryWalk.names(in: staging).compactMap { name in
      let path = staging / HostPath(bytes: name)
      guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW), let status = try FileSystem.status(path),
        flock(file.raw, LOCK_EX | LOCK_NB) == 0
      else { return nil }
      if name.starts(with: "part.".utf8), status.modified >= partsBefore { return nil }
      if !dryRun { _ = path.withCString { unlink($0) } }
      return status.size
    }
  }
}

extension FileSystem {
  /// The file's size where this is its only name, else 0. Bytes.
  static func bytesOwned(by path: HostPath) throws -> Int64 {
    var status = stat()
    guard path.withCString({ lstat($0, &status) }) == 0 else { return 0 }
    return status.st_nlink == 1 ? Int64(status.st_size) : 0
  }

  /// fsync(2) of a directory: the names in it are on the disk, too.
  public static func syncDirectory(_ path: HostPath) throws {
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY).sync()
  }
}
