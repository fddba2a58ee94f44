internal import PackCore

/// Copies of directories in the step that builds.
enum BuildpackTree {
  /// Everything below `from`; modes become 0755 and 0644, times stay in whole seconds.
  static func copy(_ from: HostPath, to: HostPath) throws {
    try FileSystem.createDirectory(to)
    let entries = try DirectoryWalk.sortedByPath(from)
    for entry in entries {
      let (source, target) = (from / entry.path, to / entry.path)
      switch entry.status.kind {
      case .directory: try FileSystem.createDirectory(target)
      case .link: try FileSystem.createLink(target, to: FileSystem.linkTarget(source))
      case .file: try FileSystem.copyFile(source, to: target, mode: entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
      case .other: continue
      }
    }
    // Directories last: what is put into them changes their time.
    for entry in entries.reversed() where entry.status.kind != .other {
      try FileSystem.setTime(to / entry.path, seconds: Int(entry.status.modified / 1_000_000_000))
    }
  }

  /// The names of the directories in `directory`, sorted.
  static func directories(in directory: HostPath) throws -> [String] {
    guard FileSystem.isDirectory(directory) else { return [] }
    return try DirectoryWalk.names(in: directory).map { String(decoding: $0, as: UTF8.self) }
      .filter { FileSystem.isDirectory(directory / $0) }
  }
}
