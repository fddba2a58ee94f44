internal import Glibc
public import PackCore

/// Unpacks an image's layers into a directory, as they lie over each other: checked by `LayerReader` and `ImageTree`,
/// written by `ConfinedDirectory`, so that neither names nor links lead out of it.
///
/// Root keeps the owners; for others all files are theirs. Modes and times are those of the layers, whatever the umask.
/// Device nodes and FIFOs are left out. Of extended attributes, `security.capability` and `user.` are kept.
public final class LayerUnpacker {
  /// What was left out.
  public struct Summary: Hashable, Sendable {
    public var files = 0
    public var skippedSpecialFiles = 0
    /// Attributes that the file system, or the caller's rights, did not allow.
    public var skippedAttributes = 0
  }

  private let directory: ConfinedDirectory
  /// Where hard links point to.
  private let targets: ConfinedDirectory
  private let target: HostPath
  private let tree: ImageTree
  private let keepsOwners = geteuid() == 0
  private var summary = Summary()

  /// - Parameter target: an empty directory, made when it is missing. After an error it is empty again.
  /// - Throws: `not_empty`; what `LayerReader` throws.
  @discardableResult
  public static func unpack(
    _ image: SingleImage, to target: HostPath, limits: ReadingLimits = ReadingLimits()
  ) throws -> Summary {
    try FileSystem.createDirectory(target)
    guard try DirectoryWalk.names(in: target).isEmpty else { throw OCIFailure.occupied(target) }
    do {
      return try LayerUnpacker(target, limits).unpack(image, limits)
    } catch {
      for name in (try? DirectoryWalk.names(in: target)) ?? [] {
        try? FileSystem.removeTree(target / HostPath(bytes: name))
      }
      throw error
    }
  }

  private init(_ target: HostPath, _ limits: ReadingLimits) throws {
    self.target = target
    directory = try ConfinedDirectory(target)
    targets = try directory.another()
    tree = ImageTree(limits: limits)
  }

  private func unpack(_ image: SingleImage, _ limits: ReadingLimits) throws -> Summary {
    let reader = LayerReader(image.source, limits: limits)
    try reader.checkCount(image)
    for (index, layer) in image.layers.enumerated() {
      try reader.read(layer.descriptor, diffID: layer.diffID) { entry, content in
        let change = try tree.apply(entry, layer: index)
        try write(entry, content, change)
      }
    }
    try finishDirectories()
    return summary
  }

  private func write(_ entry: LayerEntry, _ content: LayerReader.Content, _ change: ImageTree.Change) throws {
    try remove(change.removed)
    for path in change.implied { try directory.makeDirectory(path) }
    summary.files += 1
    switch entry.kind {
    case .file: try writeFile(entry, content)
    case .directory: if !change.isPresent { try directory.makeDirectory(entry.path) }
    case .link(let text):
      try directory.makeLink(entry.path, to: text)
      try directory.setLink(entry.path, owner: owner(entry), time: entry.time)
    case .hardLink(let other): try directory.makeHardLink(entry.path, to: other, through: targets)
    case .special: summary.skippedSpecialFiles += 1
    case .whiteout, .opaque: break
    }
  }

  private func writeFile(_ entry: LayerEntry, _ content: LayerReader.Content) throws {
    let file = try directory.makeFile(entry.path)
    do {
      try content.read { try file.write($0) }
      try ConfinedDirectory.set(file, mode: entry.mode, owner: owner(entry), time: entry.time)
    } catch let failure as Failure where failure.code == "system_error" {
      throw placed(failure, entry.path)
    }
    try setAttributes(of: entry, file)
    try file.close()
  }

  private func placed(_ failure: Failure, _ path: RootPath) -> Failure {
    var failure = failure
    failure.location = SourceLocation(path: (target / path).description)
    return failure
  }

  private func setAttributes(of entry: LayerEntry, _ file: borrowing Descriptor) throws {
    for (name, value) in entry.attributes.sorted(by: { $0.key < $1.key }) {
      guard name == "security.capability" || name.hasPrefix("user.") else { continue }
      if try !file.setAttribute(name, value) { summary.skippedAttributes += 1 }
    }
  }

  private func remove(_ paths: [RootPath]) throws {
    guard !paths.isEmpty else { return }
    directory.forget()
    targets.forget()
    for path in paths { try directory.remove(path) }
    directory.forget()
  }

  /// Owners, modes and times of directories come last, since files are still made in those that must not be written.
  private func finishDirectories() throws {
    var directories: [LayerEntry] = []
    tree.forEach { entry, _, _ in if entry.kind == .directory { directories.append(entry) } }
    if let root = tree.rootEntry { directories.append(root) }
    // The deepest first: setting the mode of one may close it to its owner.
    for entry in directories.sorted(by: { $1.path < $0.path }) {
      do {
        try directory.withDirectory(entry.path) {
          try ConfinedDirectory.set(
            $0, mode: entry.mode, owner: owner(entry), time: entry.time)
        }
      } catch let failure as Failure where failure.code == "system_error" {
        throw placed(failure, entry.path)
      }
    }
  }

  private func owner(_ entry: LayerEntry) -> (uid: UInt32, gid: UInt32)? {
    keepsOwners ? (UInt32(truncatingIfNeeded: entry.uid), UInt32(truncatingIfNeeded: entry.gid)) : nil
  }
}
