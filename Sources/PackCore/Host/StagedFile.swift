internal import CHost
internal import Glibc

/// A file that is written beside its place and takes it in one step; dropped without `commit`, it leaves nothing. Unlike
/// `FileSystem.writeAtomically`, for those who write it over several calls.
public final class StagedFile: Sendable {
  public let file: Descriptor
  private let path: HostPath
  private let target: HostPath

  /// - Throws: `not_a_file` when something other than a file is at `target`.
  public init(for target: HostPath) throws {
    // A link to a file stays a link; what it points to is replaced.
    let target = FileSystem.resolve(target) ?? target
    if let found = try FileSystem.target(target), found.kind != .file {
      throw Failure("not_a_file", "\(target) is there and is no file", hint: "choose another place", exit: .badInput)
    }
    var template = (target.parent / ".packc.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    let raw = chost_mkstemp(&template)
    guard raw >= 0 else { throw Failure.system("create a file in", target.parent, errno: errno) }
    file = Descriptor(owning: raw)
    path = HostPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
    self.target = target
  }

  deinit { _ = path.withCString { unlink($0) } }

  /// Gives the file its mode, whatever the umask, and its name.
  public func commit(mode: UInt32 = 0o644) throws {
    guard fchmod(file.raw, mode) == 0 else { throw Failure.system("set the mode of", path, errno: errno) }
    try file.sync()
    try FileSystem.rename(path, to: target)
  }
}
