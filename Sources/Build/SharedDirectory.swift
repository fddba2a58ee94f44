internal import Glibc
public import PackCore

/// A directory in which machines leave the results of their steps for each other:
///
///     entries/<key>.json   what is there (`SharedEntry`): signed in a DSSE envelope, or as it is
///     content/<digest>     the contents of its files
///
/// The contents come first and each file by one rename, so a reader finds whole entries only; whoever removes a file of
/// it takes away a saving and nothing else.
public struct SharedDirectory: SharedPlace {
  let root: HostPath
  private var demandsOwnFiles = false
  public var name: String { root.description }

  /// A link is followed here, once: where it leads later is not what was looked at.
  public init(_ root: HostPath) { self.root = FileSystem.resolve(root) ?? root }

  public func ownFilesOnly() -> any SharedPlace {
    var copy = self
    copy.demandsOwnFiles = true
    return copy
  }

  private func file(_ key: Digest) -> HostPath { root / "entries" / "\(key.hex).json" }
  private func contents(_ digest: Digest) -> HostPath { root / "content" / digest.hex }

  public func has(_ key: Digest) throws -> Bool { FileSystem.exists(file(key)) }

  public func entry(_ key: Digest, limit: Int) throws -> [UInt8]? {
    guard try check(file(key)) else { return nil }
    return try FileSystem.read(file(key), limit: limit)
  }

  public func contents(of key: Digest, _ digest: Digest, size: Int64, scratch: HostPath) throws -> HostPath {
    guard try check(contents(digest)) else { throw SharedEntry.Problem(text: "its contents are not there") }
    return contents(digest)
  }

  /// False when there is no such file.
  private func check(_ path: HostPath) throws -> Bool {
    guard let status = try FileSystem.status(path) else { return false }
    guard status.kind == .file else { throw SharedEntry.Problem(text: "\(path) is no file") }
    if demandsOwnFiles {
      guard status.uid == 0 || status.uid == geteuid(), status.mode & 0o022 == 0 else {
        throw SharedEntry.Problem(text: "others may write \(path)")
      }
    }
    return true
  }

  public func leave(_ key: Digest, entry: [UInt8], contents file: HostPath, digest: Digest) throws {
    for name in ["content", "entries"] { try FileSystem.createDirectory(root / name) }
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    defer { try? FileSystem.removeTree(staged) }
    try FileSystem.copyFile(file, to: staged / "content", mode: 0o644)
    try FileSystem.rename(staged / "content", to: contents(digest))
    try FileSystem.writeAtomically(entry, to: self.file(key), durable: false)
  }

  // MARK: Trust

  /// Why others than root and this user may write here; nil when nobody else can.
  public var openToOthers: String? {
    guard var path = FileSystem.resolve(root) else { return nil }
    for name in ["entries", "content"] {
      if let problem = Self.writers(path / name, mayBeSticky: false) { return problem }
    }
    if let problem = Self.writers(path, mayBeSticky: false) { return problem }
    while path.parent != path {
      path = path.parent
      if let problem = Self.writers(path, mayBeSticky: true) { return problem }
    }
    return nil
  }

  private static func writers(_ path: HostPath, mayBeSticky: Bool) -> String? {
    guard let status = try? FileSystem.status(path) else { return nil }
    guard status.kind == .directory else { return "\(path) is no directory" }
    guard status.uid == 0 || status.uid == geteuid() else { return "\(path) belongs to another user" }
    guard status.mode & 0o022 == 0 || (mayBeSticky && status.mode & 0o1000 != 0) else {
      return "others may write in \(path)"
    }
    return nil
  }
}
