internal import PackCore

/// The names of one layer so far, and what they are: one name means one thing, whoever reads the layer.
///
/// Only directories may come twice, as honest tools write them. Engines let the last of two files win, or the first, or
/// write through a link that stood there, so a second one is refused.
struct LayerNames {
  private enum Kind { case directory, implied, file, link, other }

  private var kinds: [RootPath: Kind] = [:]
  /// The directory of the entry before, which has been looked at.
  private var parent: RootPath?

  /// - Parameter name: of a whiteout, its own.
  mutating func add(_ name: RootPath, _ entry: LayerEntry) throws {
    if let parent = name.parent, parent != self.parent {
      try addParents(of: name)
      self.parent = parent
    }
    let kind = Self.kind(entry)
    if case .hardLink(let target) = entry.kind { try check(link: name, to: target) }
    guard let present = kinds.updateValue(kind, forKey: name) else { return }
    switch (present, kind) {
    case (.directory, .directory), (.implied, .directory): return
    case (.implied, _): throw OCIFailure.unsafe("is no directory, and files of this layer lie below it", name.bytes)
    default: throw OCIFailure.unsafe("is twice in the layer: one reader takes the first, another the last", name.bytes)
    }
  }

  private static func kind(_ entry: LayerEntry) -> Kind {
    switch entry.kind {
    case .directory: .directory
    case .file, .hardLink: .file
    case .link: .link
    case .special, .whiteout, .opaque: .other
    }
  }

  private mutating func addParents(of name: RootPath) throws {
    var path = name.parent
    while let directory = path, !directory.isRoot {
      switch kinds[directory] {
      case .directory: return
      case .implied: return
      case .link: throw OCIFailure.unsafe("lies below \(directory), a symbolic link of this layer", name.bytes)
      case .file, .other: throw OCIFailure.unsafe("lies below \(directory), which is no directory", name.bytes)
      case nil: kinds[directory] = .implied
      }
      path = directory.parent
    }
  }

  private func check(link name: RootPath, to target: RootPath) throws {
    guard target != name else { throw OCIFailure.unsafe("is a hard link to itself", name.bytes) }
    switch kinds[target] {
    case .file: return
    case .link: throw OCIFailure.unsafe("is a hard link to \(target), a symbolic link", name.bytes)
    case .directory, .implied, .other:
      throw OCIFailure.unsafe("is a hard link to \(target), which is no file", name.bytes)
    case nil: break
    }
    // Not here, so a file of a lower layer; but on the way there is no link of this one.
    var path = target.parent
    while let directory = path, !directory.isRoot {
      switch kinds[directory] {
      case .directory, .implied, nil: break
      case .link: throw OCIFailure.unsafe("is a hard link through \(directory), a symbolic link", name.bytes)
      case .file, .other: throw OCIFailure.unsafe("is a hard link through \(directory), no directory", name.bytes)
      }
      path = directory.parent
    }
  }
}
