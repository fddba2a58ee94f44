internal import Glibc
public import PackCore

/// Where the runtime closure comes from: today the host's own files, later packages pinned by hash. Paths are those that
/// a program sees (`/usr/lib/…`); where the bytes lie is the source's affair.
public protocol RuntimeSource: Sendable {
  /// The regular file at a path, links followed; nil when there is none.
  func file(at path: RootPath) throws -> RuntimeFile?
  /// Names in a directory, sorted by bytes; empty when there is none.
  func names(in directory: RootPath) throws -> [[UInt8]]
}

/// A file of a `RuntimeSource`.
public struct RuntimeFile: Sendable {
  /// Where its bytes are on the host, links resolved.
  public var host: HostPath
  public var status: FileStatus
  public init(host: HostPath, status: FileStatus) {
    self.host = host
    self.status = status
  }
}

/// The files below a directory of the host, as a program whose root it is would see them: absolute links stay inside.
public struct HostRuntimeSource: RuntimeSource {
  public let root: HostPath
  public init(root: HostPath = "/") { self.root = root }

  public func file(at path: RootPath) throws -> RuntimeFile? {
    guard let real = try resolve(path) else { return nil }
    let host = root / real
    guard let status = try FileSystem.status(host), status.kind == .file else { return nil }
    return RuntimeFile(host: host, status: status)
  }

  public func names(in directory: RootPath) throws -> [[UInt8]] {
    guard let real = try resolve(directory), FileSystem.isDirectory(root / real) else { return [] }
    return try DirectoryWalk.names(in: root / real)
  }

  /// Every link on the way followed inside the root, at most forty as in the kernel; nil when a component is missing.
  private func resolve(_ path: RootPath) throws -> RootPath? {
    var pending = path.components.reversed().map { Array($0) }
    var done = RootPath.root
    var links = 0
    while let name = pending.popLast() {
      if name == Array("..".utf8) {
        done = done.parent ?? .root
        continue
      }
      guard let next = done.appending(component: name), let status = try readable(root / next) else { return nil }
      guard status.kind == .link else {
        done = next
        continue
      }
      links += 1
      guard links <= 40 else { return nil }
      let target = try FileSystem.linkTarget(root / next)
      if target.first == UInt8(ascii: "/") { done = .root }
      for part in target.split(separator: UInt8(ascii: "/")).reversed() where part != [UInt8(ascii: ".")] {
        pending.append(Array(part))
      }
    }
    return done
  }

  /// A directory that may not be searched has nothing for this user's programs either.
  private func readable(_ path: HostPath) throws -> FileStatus? {
    do {
      return try FileSystem.status(path)
    } catch let failure as Failure where failure.exit == .notPermitted {
      return nil
    }
  }
}
