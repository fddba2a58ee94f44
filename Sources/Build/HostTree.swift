internal import PackCore

/// Files and directories of the host (or of the step cache) put into the image with normalised modes.
enum HostTree {
  /// `exclude`: globs on the path below `path`. A missing `path` inserts nothing and returns false.
  /// Returns through `seen` every host path that was looked at, for the check of the next build.
  @discardableResult
  static func insert(
    _ path: HostPath, at destination: RootPath, layer: LayerRole, into root: inout RootFilesystem,
    exclude: [String] = [], origin: String? = nil, only: ((RootPath) -> Bool)? = nil
  ) throws -> Bool {
    guard let status = try FileSystem.target(path) else { return false }
    let real = FileSystem.resolve(path) ?? path
    let origin = origin ?? "host:\(path)"
    guard status.kind == .directory else {
      try insertOne(real, status, at: destination, layer, origin, into: &root)
      return true
    }
    let globs = exclude.map { Glob($0) }
    if !destination.isRoot {
      try root.insert(
        RootFilesystem.Entry(path: destination, content: .directory, mode: 0o755, layer: layer, origin: origin))
    }
    try DirectoryWalk.walk(real) { entry in
      if globs.contains(where: { $0.matches(entry.path) }) { return .skip }
      if let only, !only(entry.path) { return .skip }
      try insertOne(
        real / entry.path, entry.status, at: destination.appending(entry.path), layer, origin, into: &root)
      return .take
    }
    return true
  }

  private static func insertOne(
    _ path: HostPath, _ status: FileStatus, at destination: RootPath, _ layer: LayerRole, _ origin: String,
    into root: inout RootFilesystem
  ) throws {
    let content: RootFilesystem.Entry.Content
    let mode: UInt32
    switch status.kind {
    case .directory: (content, mode) = (.directory, 0o755)
    case .link: (content, mode) = (.link(try FileSystem.linkTarget(path)), 0o777)
    case .file: (content, mode) = (.host(path, status), status.mode & 0o111 != 0 ? 0o755 : 0o644)
    case .other: return
    }
    try root.insert(
      RootFilesystem.Entry(path: destination, content: content, mode: mode, layer: layer, origin: origin))
  }
}
