internal import CHost
internal import Glibc

/// Blobs by digest: `blobs/sha256/<hex>`. A blob is written beside its place, fsynced and renamed to its digest, so what
/// has a name is whole, for any number of processes at once.
public struct ContentStore: Sendable {
  public let root: HostPath
  private var blobs: HostPath { root / "blobs/sha256" }

  public init(root: HostPath) throws {
    self.root = root
    try FileSystem.createDirectory(root / "blobs/sha256")
    try FileSystem.createDirectory(root / "staging")
  }

  public func path(of digest: Digest) -> HostPath { blobs / digest.hex }

  /// The size of the blob, nil when it is not there.
  public func size(of digest: Digest) -> Int64? { (try? FileSystem.status(path(of: digest)))??.size }
  public func contains(_ digest: Digest) -> Bool { size(of: digest) != nil }

  @discardableResult
  public func put(_ bytes: [UInt8]) throws -> Digest {
    let digest = Digest(of: bytes)
    if size(of: digest) == Int64(bytes.count) { return digest }
    let blob = try stage()
    try blob.file.write(bytes)
    try blob.commit(as: digest)
    return digest
  }

  /// A new blob of unknown digest; dropped without `commit`, it leaves nothing.
  public func stage() throws -> StagedBlob {
    var template = (root / "staging/blob.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    let raw = chost_mkstemp(&template)
    guard raw >= 0 else { throw Failure.system("create a file in", root / "staging", errno: errno) }
    return StagedBlob(
      file: Descriptor(owning: raw), path: HostPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) }),
      store: self)
  }

  /// A file that becomes a blob.
  public struct StagedBlob: ~Copyable {
    public let file: Descriptor
    private let path: HostPath
    private let store: ContentStore

    init(file: consuming Descriptor, path: HostPath, store: ContentStore) {
      self.file = file
      self.path = path
      self.store = store
    }
    deinit { _ = path.withCString { unlink($0) } }

    /// Makes the file the blob of that digest, which the caller computed while writing.
    public func commit(as digest: Digest) throws {
      guard fchmod(file.raw, 0o444) == 0 else { throw Failure.system("set the mode of", path, errno: errno) }
      try file.sync()
      try FileSystem.rename(path, to: store.path(of: digest))
    }
  }
}
