internal import Glibc
public import PackCore

/// A fresh directory that goes away with its owner.
public final class TemporaryDirectory: Sendable {
  public let path: HostPath

  public init(_ prefix: String = "packc-test") throws {
    path = try FileSystem.createTemporaryDirectory(in: FileSystem.resolve("/tmp") ?? "/tmp", prefix: prefix)
  }
  deinit { try? FileSystem.removeTree(path) }

  public static func / (directory: TemporaryDirectory, name: String) -> HostPath { directory.path / name }

  /// Writes a file below the directory and makes the directories above it. Returns its path.
  @discardableResult
  public func write(_ text: String, to name: String, mode: UInt32 = 0o644) throws -> HostPath {
    try write(Array(text.utf8), to: name, mode: mode)
  }
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String, mode: UInt32 = 0o644) throws -> HostPath {
    let file = path / name
    try FileSystem.createDirectory(file.parent)
    try FileSystem.writeAtomically(bytes, to: file, mode: mode, durable: false)
    return file
  }
  @discardableResult
  public func makeDirectory(_ name: String) throws -> HostPath {
    try FileSystem.createDirectory(path / name)
    return path / name
  }
  /// The names in the directory, as strings.
  public func names(in directory: String = ".") throws -> [String] {
    try DirectoryWalk.names(in: path / directory).map { String(decoding: $0, as: UTF8.self) }
  }
}
