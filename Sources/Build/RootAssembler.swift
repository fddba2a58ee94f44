internal import Config
internal import ELF
internal import PackCore

/// Puts the root filesystem together: base files, what the plan made, what the runtime needs, and the closure of all of
/// it by the dynamic loader's rules.
struct RootAssembler {
  let scan: ProjectScan
  let plan: BuildPlan
  let settings: ProgramSettings
  /// What unik.yaml says of the image's files.
  let declared: UnikFile.Artifact?
  let mode: BuildMode
  let platform: Platform
  /// Where stripped files are kept, by the digest of what they were.
  let stripped: HostPath
  /// Packages in the place of this host's own files.
  let runtime: DebianRoot?
  /// Where the steps' outputs are on the host, by `${work}/…`.
  let locate: (String) -> HostPath?
  let reporter: Reporter

  struct Result {
    var root: RootFilesystem
    /// Digests before and after strip, of the project's own ELF files.
    var stripped: [RootPath: (before: Digest, after: Digest)]
    /// Those that strip changed, by path.
    var programs: [StrippedProgram]
    /// What will not load and that nothing depends on.
    var caveats: [SharedObjectClosure.Caveat]
    /// Host paths that decide what is in it.
    var watched: WatchedPaths
  }

  /// A program or library of the project, before and after.
  struct StrippedProgram {
    var path: RootPath
    /// As the steps left it; there as long as their working directory.
    var unstripped: HostPath
    var stripped: HostPath
    var before: Digest
    var after: Digest
  }

  func assemble() throws -> Result {
    var root = RootFilesystem()
    try BaseFiles.insert(into: &root, host: runtime?.path ?? "/")
    for artifact in plan.artifacts { try insert(artifact, into: &root) }
    for tree in plan.runtime.trees { try insert(tree, into: &root) }
    try Interruption.check()
    try checkProgram(root)
    let closure = try closure(of: root)
    try closure.insert(into: &root)
    try refuseForeign(root, closure.inventory)
    for caveat in closure.caveats { reporter.warn("\(caveat.path.absolute): \(caveat.text)") }
    for path in settings.writable { try insertWritable(path, into: &root) }
    try applyDeclared(to: &root)
    let watched = watchedPaths(root, closure)
    // Found before strip: afterwards, equal programs are one file of its cache.
    let linked = linkedOutputs(root)
    var programs: [StrippedProgram] = []
    let stripped = mode == .release ? try strip(&root, closure.inventory, &programs) : [:]
    root.link(linked)
    return Result(
      root: root, stripped: stripped, programs: programs, caveats: closure.caveats, watched: watched)
  }

  private func closure(of root: RootFilesystem) throws -> SharedObjectClosure {
    do {
      return try SharedObjectClosure.compute(
        of: root, platform: platform, source: HostRuntimeSource(root: runtime?.path ?? "/"),
        libraries: plan.runtime.libraries, libraryPath: settings.libraryPath)
    } catch let failure as Failure
      where runtime != nil && ["library_not_found", "loader_missing", "interpreter_missing"].contains(failure.code)
    {
      throw BuildFailure.runtimeIncomplete(failure)
    }
  }

  /// The entry point is a program of this platform, or a script whose interpreter is in the image.
  private func checkProgram(_ root: RootFilesystem) throws {
    guard let program = settings.argv.first, program.hasPrefix("/"), let path = RootPath(program) else {
      throw Failure(
        "bad_entrypoint", "the program \"\(settings.argv.first ?? "")\" is not an absolute path in the image",
        hint: "see `packc plan`: entrypoint", exit: .badInput)
    }
    try ELFCheck.program(path, in: root, platform: platform)
  }

  /// In an image for another architecture than the host's, nothing of the host's own may lie that only the host can run.
  private func refuseForeign(_ root: RootFilesystem, _ inventory: ELFInventory) throws {
    guard platform != .host else { return }
    for (path, elf) in inventory.files.sorted(by: { $0.key < $1.key })
    where root[path]?.layer == .runtime && !elf.matches(platform) {
      throw BuildFailure.foreignFile(path, elf.architectureName, platform)
    }
  }

  /// A path that the program may write is a directory of the image, over which the machine mounts memory or a volume.
  private func insertWritable(_ path: RootPath, into root: inout RootFilesystem) throws {
    try root.insert(
      RootFilesystem.Entry(
        path: path, content: .directory, mode: 0o755, uid: BaseFiles.user, gid: BaseFiles.user, layer: .application,
        origin: "declared writable"))
  }

  private func watchedPaths(_ root: RootFilesystem, _ closure: SharedObjectClosure) -> WatchedPaths {
    var watched = WatchedPaths()
    for entry in root.entries {
      if case .host(let path, _) = entry.content, path.relative(to: scan.root) == nil { watched.add(path) }
    }
    watched.add(plan.runtime.trees.map(\.path))
    watched.add(["/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo"])
    return watched
  }

  /// The project's own programs and libraries; never what somebody else made, since its own records hash it.
  private func strip(
    _ root: inout RootFilesystem, _ inventory: ELFInventory, _ changed: inout [StrippedProgram]
  ) throws -> [RootPath: (before: Digest, after: Digest)] {
    var pairs: [RootPath: (before: Digest, after: Digest)] = [:]
    let programs = plan.artifacts.filter { $0.role == .program }.map(\.destination)
    for path in inventory.files.keys.sorted() where programs.contains(where: { path.isInside($0) }) {
      guard let entry = root[path], entry.layer == .application, case .host(let file, _) = entry.content else {
        continue
      }
      try Interruption.check()
      let result = try StripCache(directory: stripped).strip(file)
      pairs[path] = (result.before, result.after)
      guard let stripped = result.file else { continue }
      root.replaceContent(of: path, with: .host(stripped.path, stripped.status))
      changed.append(
        StrippedProgram(
          path: path, unstripped: file, stripped: stripped.path, before: result.before, after: result.after))
    }
    return pairs
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
    case .file:
      (content, mode) = (.host(scan.root / entry.path, entry.status), entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
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
      try place(of: tree), at: tree.destination, layer: .runtime, into: &root, exclude: tree.exclude)
    guard present else {
      throw Failure(
        "runtime_missing", "\(tree.path), which the program needs to run, is not on this host",
        hint: "install the runtime again, or see `packc check`", exit: .toolchain)
    }
  }

  /// In the packages, unless it is no package's: an interpreter below /usr/local, /opt or a home is this host's own.
  private func place(of tree: BuildPlan.RuntimeRequest.Tree) throws -> HostPath {
    guard let runtime, let path = RootPath(bytes: tree.path.bytes.dropFirst()) else { return tree.path }
    let usual = MergedUsr.path(path)
    if let file = try HostRuntimeSource(root: runtime.path).file(at: usual) { return file.host }
    if FileSystem.isDirectory(runtime.path / usual) { return runtime.path / usual }
    guard usual.isInside(RootPath(literal: "usr")), !usual.isInside(RootPath(literal: "usr/local")) else {
      return tree.path
    }
    throw BuildFailure.runtimeIncomplete(
      Failure("runtime_missing", "no package of the list has \(tree.path)", exit: .toolchain))
  }
}
