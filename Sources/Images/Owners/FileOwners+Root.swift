internal import Codec
internal import Glibc
internal import OCI
public import PackCore

extension FileOwners {
  /// Owners of the files of a root filesystem that is no image yet: the same sources, read from where the files lie.
  /// - Parameters:
  ///   - recorded: what the build knows of the host's files.
  ///   - project: the owner of the rest of the application layer, and of what else the build's steps made.
  public init(of root: RootFilesystem, recorded: OwnerRules, project: FileOwner) throws {
    let roles = LayerRole.allCases
    var evidence = OwnerEvidence()
    var files: [ImageFiles.File] = []
    for entry in root.entries {
      let layer = roles.firstIndex(of: entry.layer) ?? 0
      let found = LayerEntry(entry)
      files.append(ImageFiles.File(entry: found, layer: layer, digest: nil))
      // What has an owner already needs no further word for it.
      guard recorded.owner(of: entry.path) == nil else { continue }
      if let jar = try entry.jar() { evidence.add(jar, of: entry.path, layer: layer) }
      switch OwnerEvidence.want(found) {
      case .text where found.size > OwnerEvidence.textLimit: evidence.skip()
      case .text: evidence.add(try entry.bytes(), of: entry.path, layer: layer)
      case .goProgram: if let build = try entry.goBuild() { evidence.add(build, of: entry.path, layer: layer) }
      case nil: break
      }
    }
    let own = roles.firstIndex(of: .application).map { Set([$0]) } ?? []
    let made = root.entries.filter { $0.isRegular && !$0.origin.hasPrefix("host:") }
    self.init(
      of: ImageFiles(files: files), evidence: evidence, recorded: recorded, project: project, own: own,
      made: Set(made.map(\.path)))
  }
}

extension RootFilesystem.Entry {
  /// A file, under its first name or another.
  public var isRegular: Bool {
    switch content {
    case .bytes, .host, .hardLink: true
    case .directory, .link: false
    }
  }
}

extension LayerEntry {
  init(_ entry: RootFilesystem.Entry) {
    let kind: Kind =
      switch entry.content {
      case .directory: .directory
      case .bytes, .host: .file
      case .link(let target): .link(target)
      case .hardLink(let target): .hardLink(target)
      }
    self.init(path: entry.path, kind: kind, mode: entry.mode, size: entry.size)
  }
}

extension RootFilesystem.Entry {
  fileprivate func bytes() throws -> [UInt8] {
    switch content {
    case .bytes(let bytes): return bytes
    case .host(let path, _): return try FileSystem.read(path, limit: Int(OwnerEvidence.textLimit))
    case .directory, .link, .hardLink: return []
    }
  }

  /// Nil for what is no jar, or none that can be read: its name says something all the same.
  fileprivate func jar() throws -> JarContents? {
    guard path.name.hasSuffix(".jar"), case .host(let file, let status) = content,
      status.size <= Int64(JarReader.limit)
    else { return nil }
    do {
      return JarContents(
        try JarReader(FileSystem.read(file, limit: JarReader.limit)), name: String(path.name.dropLast(4)))
    } catch let failure as Failure where failure.exit == .badInput { return nil }
  }

  fileprivate func goBuild() throws -> GoBuild? {
    guard case .host(let path, _) = content else { return nil }
    var scanner = GoBuild.Scanner()
    try Descriptor.open(path, O_RDONLY).eachChunk { scanner.feed($0) }
    return scanner.finish()
  }
}
