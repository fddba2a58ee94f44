internal import Glibc
internal import OCI
internal import PackCore

/// Writes a parcel: a tar whose last member, `sha256`, has the digest of every byte before it. It takes its place when it is
/// whole, and memory does not grow with what is written.
final class ParcelWriter {
  static let digestName = "sha256"

  private let staged: StagedFile
  private let target: HostPath
  private let replaces: Bool
  private var hash: SHA256? = SHA256()
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 20

  /// - Parameter replaces: what is at `target` already gives way.
  /// - Throws: `output_exists`.
  init(_ target: HostPath, replaces: Bool = false) throws {
    self.target = target
    self.replaces = replaces
    guard try replaces || FileSystem.status(target) == nil else { throw ParcelFailure.exists(target) }
    staged = try StagedFile(for: target)
    buffer.reserveCapacity(Self.capacity)
  }

  func add(_ path: String, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in try add(path, size: Int64(bytes.count)) { try $0(bytes) } }
  }

  /// `body` gives the content piece by piece, `size` bytes in all.
  func add(_ path: String, size: Int64, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
    guard let member = PlainMember(path: path, size: size) else {
      throw Failure("internal", "\(path) has no place in a parcel")
    }
    try put(member.header)
    var rest = size
    try body { bytes in
      rest -= Int64(bytes.count)
      try self.put(bytes)
    }
    guard rest == 0 else { throw Failure("changed", "\(path) changed its size while it was read", exit: .tryAgain) }
    try put([UInt8](repeating: 0, count: Int(member.padding)))
  }

  /// Nothing is at `target` until this returns.
  ///
  /// - Parameter mode: 0600, since variables and data are nobody else's.
  /// - Returns: the digest of all that was added, which the last member has, too.
  func commit(mode: UInt32 = 0o600) throws -> Digest {
    try flush()
    guard let digest = hash.take()?.finish() else { throw Failure("internal", "a parcel is committed twice") }
    try add(Self.digestName, Array("\(digest.hex)\n".utf8))
    try put([UInt8](repeating: 0, count: PlainMember.endSize))
    try flush()
    guard try replaces || FileSystem.status(target) == nil else { throw ParcelFailure.exists(target) }
    try staged.commit(mode: mode)
    return digest
  }

  private func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try put($0) } }
  private func put(_ bytes: UnsafeRawBufferPointer) throws {
    if buffer.count + bytes.count > Self.capacity { try flush() }
    guard bytes.count < Self.capacity else { return try write(bytes) }
    buffer.append(contentsOf: bytes)
  }
  private func flush() throws {
    try buffer.withUnsafeBytes { try write($0) }
    buffer.removeAll(keepingCapacity: true)
  }
  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    try Interruption.check()
    hash?.update(bytes)
    try staged.file.write(bytes)
  }
}
