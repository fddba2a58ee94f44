internal import CHost
internal import Glibc

/// Which blobs of a store this process relies on, where the collector of every other process can read it:
///
///     ROOT/leases/use.XXXXXX   one digest a line, in hex; flocked (flock(2)) as long as the process lives
///     ROOT/collect.lock        shared for the moment in which a blob is taken up, exclusive for one in which some go
///
/// A digest is written down first and its blob looked at afterwards, both under the shared lock: so the collector, which
/// reads the leases under the exclusive one, either sees the digest or was there before, and then the blob is missing.
/// The lease of a killed process is one that nobody locks; it counts for nothing and goes with the next one's.
final class StoreLease: Sendable {
  private struct State {
    /// Descriptors: the lease's own file and `collect.lock`; -1 before the first use.
    var file: Int32 = -1
    var gate: Int32 = -1
    var path: HostPath?
    var held: Set<Digest> = []
  }

  private struct Weak {
    weak var lease: StoreLease?
  }

  /// One lease for each store that this process has open, whatever number of values stand for it.
  private static let open = Locked<[HostPath: Weak]>([:])

  private let root: HostPath
  private let state = Locked(State())

  private init(root: HostPath) { self.root = root }

  deinit {
    state.withLock { state in
      if let path = state.path { _ = path.withCString { unlink($0) } }
      for descriptor in [state.file, state.gate] where descriptor >= 0 { close(descriptor) }
    }
  }

  static func of(_ root: HostPath) -> StoreLease {
    open.withLock { open in
      if let lease = open[root]?.lease { return lease }
      open = open.filter { $0.value.lease != nil }
      let lease = StoreLease(root: root)
      open[root] = Weak(lease: lease)
      return lease
    }
  }

  /// Writes the digest down, then runs `body`, which no collector comes between.
  func hold<R>(_ digest: Digest?, _ body: () throws -> R) throws -> R {
    try state.withLock { state in
      try prepare(&state)
      try Self.lock(state.gate, LOCK_SH, root / "collect.lock")
      defer { flock(state.gate, LOCK_UN) }
      if state.file < 0 { try register(&state) }
      if let digest, !state.held.contains(digest) {
        try Self.append(Array((digest.hex + "\n").utf8), to: state.file, root)
        state.held.insert(digest)
      }
      return try body()
    }
  }

  private func prepare(_ state: inout State) throws {
    guard state.gate < 0 else { return }
    try FileSystem.createDirectory(root / "leases")
    state.gate = try Descriptor.open(root / "collect.lock", O_RDWR | O_CREAT).release()
  }

  /// Under the shared lock: a collector never sees a lease that is made and not yet locked. Another process that sweeps
  /// may, and takes it away; then it is made again.
  private func register(_ state: inout State) throws {
    try Self.sweep(root) { _ in }
    while state.file < 0 {
      var template = (root / "leases/use.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
      let raw = chost_mkstemp(&template)
      guard raw >= 0 else { throw Failure.system("create a file in", root / "leases", errno: errno) }
      let file = Descriptor(owning: raw)
      guard flock(file.raw, LOCK_EX | LOCK_NB) == 0, try file.status().st_nlink > 0 else { continue }
      state.path = HostPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
      state.file = file.release()
    }
  }

  private static func append(_ bytes: [UInt8], to file: Int32, _ root: HostPath) throws {
    let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard count == bytes.count else {
      throw Failure.system("write to a lease in", root / "leases", errno: count < 0 ? errno : ENOSPC)
    }
  }

  static func lock(_ descriptor: Int32, _ kind: Int32, _ path: HostPath) throws {
    while flock(descriptor, kind) != 0 {
      guard errno == EINTR else { throw Failure.system("lock", path, errno: errno) }
      try Interruption.check()
    }
  }

  // MARK: - Reading others'

  /// Removes the leases that nobody locks; gives the others to `living`.
  private static func sweep(_ root: HostPath, _ living: (HostPath) throws -> Void) throws {
    for name in (try? DirectoryWalk.names(in: root / "leases")) ?? [] {
      let path = root / "leases" / HostPath(bytes: name)
      guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW) else { continue }
      if flock(file.raw, LOCK_SH | LOCK_NB) == 0 {
        _ = path.withCString { unlink($0) }
      } else {
        try living(path)
      }
    }
  }

  /// What all living processes hold. Only under the exclusive lock of `collect.lock`.
  static func held(in root: HostPath) throws -> (digests: Set<Digest>, processes: Int) {
    var digests: Set<Digest> = []
    var processes = 0
    try sweep(root) { path in
      processes += 1
      guard let bytes = try FileSystem.readIfPresent(path, limit: 256 << 20) else { return }
      for line in bytes.split(separator: 0x0a) {
        if let digest = Digest(hex: String(decoding: line, as: UTF8.self)) { digests.insert(digest) }
      }
    }
    return (digests, processes)
  }
}
