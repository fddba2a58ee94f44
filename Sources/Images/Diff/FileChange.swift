public import OCI
public import PackCore

/// A path that two images have differently. Times are not compared: other tools stamp each build anew.
public struct FileChange: Hashable, Sendable {
  public enum Kind: String, Sendable { case added, removed, changed }
  /// What of a changed path is another.
  public enum Aspect: String, Sendable { case type, content, mode, owner, link, attributes }

  public let path: RootPath
  public let before: ImageFiles.File?
  public let after: ImageFiles.File?
  /// Packages that it belonged and belongs to.
  public let ownerBefore: FileOwner?
  public let ownerAfter: FileOwner?

  public var kind: Kind { before == nil ? .added : after == nil ? .removed : .changed }
  /// Only files have owners: what was one, and is a directory or a link now, is the change of its owner.
  public var owner: FileOwner? { after?.isFile == true ? ownerAfter : ownerBefore ?? ownerAfter }
  /// Bytes.
  public var growth: Int64 { (after?.bytes ?? 0) - (before?.bytes ?? 0) }

  public var aspects: [Aspect] {
    guard let before, let after else { return [] }
    return Self.aspects(before, after)
  }

  /// - Parameters: images whose shared layers may both be unread.
  static func between(_ before: ImageSnapshot, _ after: ImageSnapshot) -> [FileChange] {
    var changes: [FileChange] = []
    func add(_ path: RootPath, _ old: ImageFiles.File?, _ new: ImageFiles.File?) {
      changes.append(
        FileChange(
          path: path, before: old, after: new, ownerBefore: before.owners[path], ownerAfter: after.owners[path]))
    }
    let (old, new) = (before.files.files, after.files.files)
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if right == new.count || (left < old.count && old[left].entry.path < new[right].entry.path) {
        if counts(old, left) { add(old[left].entry.path, old[left], nil) }
        left += 1
      } else if left == old.count || new[right].entry.path < old[left].entry.path {
        if counts(new, right) { add(new[right].entry.path, nil, new[right]) }
        right += 1
      } else {
        if !aspects(old[left], new[right]).isEmpty { add(old[left].entry.path, old[left], new[right]) }
        left += 1
        right += 1
      }
    }
    return changes
  }

  /// A directory that comes or goes with what is in it is told by its files.
  private static func counts(_ files: [ImageFiles.File], _ index: Int) -> Bool {
    guard case .directory = files[index].entry.kind else { return true }
    // What lies in it follows it, but for names like `a.b` between `a` and `a/b`.
    let path = files[index].entry.path
    return !files[(index + 1)...].lazy.prefix { $0.entry.path.bytes.starts(with: path.bytes) }
      .contains { $0.entry.path.isInside(path) }
  }

  static func aspects(_ old: ImageFiles.File, _ new: ImageFiles.File) -> [Aspect] {
    var aspects: [Aspect] = []
    switch (old.entry.kind, new.entry.kind) {
    case (.link(let a), .link(let b)): if a != b { aspects.append(.link) }
    case (.directory, .directory), (.special, .special): break
    case (.file, .file), (.file, .hardLink), (.hardLink, .file), (.hardLink, .hardLink):
      if old.digest != new.digest { aspects.append(.content) }
    default: aspects.append(.type)
    }
    var isLink = false
    if case .link = new.entry.kind { isLink = true }
    // The mode of a symbolic link means nothing (symlink(7)).
    if old.entry.mode != new.entry.mode, !isLink { aspects.append(.mode) }
    if old.entry.uid != new.entry.uid || old.entry.gid != new.entry.gid { aspects.append(.owner) }
    if old.entry.attributes != new.entry.attributes { aspects.append(.attributes) }
    return aspects
  }
}
