internal import ELF
internal import PackCore

/// Puts the root filesystem together: base files, what the plan made, what the runtime needs, and the closure of all of
/// it by the dynamic loader's rules.
struct RootAssembler {
  let scan: ProjectScan
  let plan: BuildPlan
  let mode: BuildMode
  /// Where the steps' outputs are on the host, by `${work}/…`.
  let locate: (String) -> HostPath?
  let reporter: Reporter

  struct Result {
    var root: RootFilesystem
    /// Host paths that decide what is in it.
    var watched: WatchedPaths
  }

  func assemble() throws -> Result {
    var result = Result(root: RootFilesystem(), watched: WatchedPaths())
    try BaseFiles.insert(into: &result.root)
    for artifact in plan.artifacts { try insert(artifact, into: &result.root) }
    for tree in plan.runtime.trees { try insert(tree, into: &result.root) }
    return result
  }

  private func insert(_ artifact: BuildPlan.Artifact, into root: inout RootFilesystem) throws {
    if artifact.path == "${source}" || artifact.path.hasPrefix("${source}/") {
      return try insertSource(artifact, into: &root)
    }
    guard let path = locate(artifact.path), try FileSystem.target(path) != nil else {
      throw BuildFailure.artifactMissing(artifact, similar: [])
    }
    let isFile = try FileSystem.target(path)?.kind == .file
    try HostTree.insert(
      path, at: artifact.destination, layer: artifact.layer, into: &root, exclude: artifact.exclude,
      origin: "artifact:\(artifact.path)")
    // A program is executable whatever the tool that made it left.
    if isFile, artifact.role == .program { root.makeExecutable(artifact.destination) }
  }

  /// The project's own files, as they are in the project: only what is not ignored.
  private func insertSource(_ artifact: BuildPlan.Artifact, into root: inout RootFilesystem) throws {
    let text = artifact.path.dropFirst("${source}".count).drop { $0 == "/" }
    guard let base = RootPath(String(text)) else { throw BuildFailure.artifactMissing(artifact, similar: []) }
    let globs = artifact.exclude.map { Glob($0) }
    let entries = scan.entries(inside: base)
    guard base.isRoot || !entries.isEmpty else {
      throw BuildFailure.artifactMissing(artifact, similar: similarNames(to: base))
    }
    for entry in entries {
      let below = RootPath(bytes: entry.path.bytes.dropFirst(base.isRoot ? 0 : base.bytes.count)) ?? .root
      if isExcluded(below, globs) || entry.path == LockFile.name { continue }
      try insert(entry, at: artifact.destination.appending(below), artifact, into: &root)
    }
  }

  private func isExcluded(_ path: RootPath, _ globs: [Glob]) -> Bool {
    guard !globs.isEmpty else { return false }
    var current: RootPath? = path
    while let candidate = current, !candidate.isRoot {
      if globs.contains(where: { $0.matches(candidate) }) { return true }
      current = candidate.parent
    }
    return false
  }

  private func insert(
    _ entry: DirectoryWalk.Entry, at destination: RootPath, _ artifact: BuildPlan.Artifact,
    into root: inout RootFilesystem
  ) throws {
    guard !destination.isRoot else { return }
    let content: RootFilesystem.Entry.Content
    let mode: UInt32
    switch entry.status.kind {
    case .directory: (content, mode) = (.directory, 0o755)
    case .link: (content, mode) = (.link(try FileSystem.linkTarget(scan.root / entry.path)), 0o777)
    case .file: (content, mode) = (.host(scan.root / entry.path, entry.status), entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
    case .other: return
    }
    try root.insert(
      RootFilesystem.Entry(
        path: destination, content: content, mode: mode, layer: artifact.layer, origin: "source:\(entry.path)"))
  }

  private func similarNames(to path: RootPath) -> [String] {
    scan.listing.filter { $0.name == path.name || $0.name.hasPrefix(path.name) }.prefix(3).map(\.description)
  }

  private func insert(_ tree: BuildPlan.RuntimeRequest.Tree, into root: inout RootFilesystem) throws {
    let present = try HostTree.insert(
      tree.path, at: tree.destination, layer: .runtime, into: &root, exclude: tree.exclude)
    guard present else {
      throw Failure(
        "runtime_missing", "\(tree.path), which the program needs to run, is not on this host",
        hint: "install the runtime again, or see `packc check`", exit: .toolchain)
    }
  }
}
