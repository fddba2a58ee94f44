internal import CHost
internal import Glibc

/// A directory that is built beside its place and takes it in one step: whoever looks sees the old one or the new one,
/// whole, also when packc is killed in between. What a killed one left behind is removed by the next one.
public struct StagedDirectory: ~Copyable, Sendable {
  /// Where to build: an empty directory, 0755, on the target's file system.
  public var path: HostPath { held.path }
  private let target: HostPath
  /// Gone with the value, with whatever lies there then.
  private let held: WorkDirectory

  /// Makes the directory (and its parents).
  public init(for target: HostPath) throws {
    // A link to a directory stays a link; what it points to is replaced.
    let target = FileSystem.resolve(target) ?? target
    try Self.removeLeftovers(of: target)
    let held = try WorkDirectory(in: target.parent, prefix: Self.prefix(of: target))
    try FileSystem.setMode(held.path, 0o755)
    self.target = target
    self.held = held
  }

  /// Puts the directory in its place and removes what was there.
  public func commit() throws {
    // Whoever locks the target from now on waits for its users, and not for this value.
    defer { held.unlock() }
    guard FileSystem.exists(target) else { return try FileSystem.rename(path, to: target) }
    let exchanged = path.withCString { a in target.withCString { b in chost_exchange(a, b) } }
    if exchanged == 0 {
      // The old one lies at `path` now, and goes in `deinit`.
      return
    }
    // A file system without the exchange: the old one steps aside first.
    guard errno == EINVAL || errno == ENOSYS else { throw Failure.system("replace", target, errno: errno) }
    let aside = HostPath(bytes: path.bytes + Array(".old".utf8))
    try FileSystem.rename(target, to: aside)
    do { try FileSystem.rename(path, to: target) } catch {
      try? FileSystem.rename(aside, to: target)
      throw error
    }
    try? FileSystem.removeTree(aside)
  }

  /// The same where there is nothing, or an empty directory: false when something has come there meanwhile, which stays.
  public func commitAsNew() throws -> Bool {
    // rename(2) replaces no directory that has something in it.
    if path.withCString({ from in target.withCString { rename(from, $0) } }) == 0 {
      held.unlock()
      return true
    }
    guard errno == ENOTEMPTY || errno == EEXIST else { throw Failure.system("rename \(path) to", target, errno: errno) }
    return false
  }

  /// Hidden, whatever the name: `.image.packc-new`, and `.packc.packc-new` for `.packc`.
  private static func prefix(of target: HostPath) -> String {
    (target.name.hasPrefix(".") ? "" : ".") + "\(target.name).packc-new"
  }

  private static func removeLeftovers(of target: HostPath) throws {
    guard FileSystem.isDirectory(target.parent) else { return }
    for name in try DirectoryWalk.names(in: target.parent) where name.starts(with: prefix(of: target).utf8) {
      let left = target.parent / HostPath(bytes: name)
      _ = try? WorkDirectory.ifLeft(left) { try FileSystem.removeTree(left) }
    }
  }
}

extension FileSystem {
  /// A second name for the file, or a copy with `mode` where the file system or its protections allow no link.
  public static func linkOrCopy(_ from: HostPath, to: HostPath, mode: UInt32) throws {
    if from.withCString({ a in to.withCString { b in link(a, b) } }) == 0 { return }
    try copyFile(from, to: to, mode: mode)
  }

  /// chmod(2).
  public static func setMode(_ path: HostPath, _ mode: UInt32) throws {
    guard path.withCString({ chmod($0, mode) }) == 0 else {
      throw Failure.system("set the mode of", path, errno: errno)
    }
  }
}
