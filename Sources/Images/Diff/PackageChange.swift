public import PackCore

/// The changed files of one package: it came, went, is in another version, or has only other files.
public struct PackageChange: Hashable, Sendable {
  /// Nil for files of nobody that is known.
  public let kind: FileOwner.Kind?
  public let name: String
  /// Of the changed files that were, and that are; sorted. More than one where several copies are in an image.
  public let versionsBefore: [String]
  public let versionsAfter: [String]
  /// Whether the package has any file in the image before, and in the one after: also files that did not change.
  public let isBefore: Bool
  public let isAfter: Bool
  /// By path.
  public let files: [FileChange]

  public var growth: Int64 { files.reduce(0) { $0 + $1.growth } }
  public func count(_ kind: FileChange.Kind) -> Int { files.count { $0.kind == kind } }

  private struct Key: Hashable {
    let kind: FileOwner.Kind?
    let name: String
    init(_ owner: FileOwner?) { (kind, name) = (owner?.kind, owner?.name ?? "") }
  }

  /// Sorted by how much they change, then by name.
  static func grouped(_ changes: [FileChange], before: FileOwners, after: FileOwners) -> [PackageChange] {
    let (old, new) = (Set(before.shares.map { Key($0.owner) }), Set(after.shares.map { Key($0.owner) }))
    let groups = Dictionary(grouping: changes) { Key($0.owner) }
    return groups.map { key, files in
      func versions(_ owners: [FileOwner?]) -> [String] {
        let own = owners.compactMap { $0 }.filter { $0.kind == key.kind && $0.name == key.name && !$0.version.isEmpty }
        return Set(own.map(\.version)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      return PackageChange(
        kind: key.kind, name: key.name,
        versionsBefore: versions(files.map { $0.before == nil ? nil : $0.ownerBefore }),
        versionsAfter: versions(files.map { $0.after == nil ? nil : $0.ownerAfter }),
        isBefore: old.contains(key), isAfter: new.contains(key), files: files.sorted { $0.path < $1.path })
    }
    .sorted(by: precedes)
  }

  private static func precedes(_ a: PackageChange, _ b: PackageChange) -> Bool {
    let (first, second) = (a.growth.magnitude, b.growth.magnitude)
    if first != second { return first > second }
    if a.name != b.name { return a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }
    return (a.kind?.rawValue ?? "") < (b.kind?.rawValue ?? "")
  }

  /// `numpy 1.26.4 → 2.1.0`, `idna 3.4`, `files of no known package`.
  public var title: String {
    guard kind != nil else { return "files of no known package" }
    let (old, new) = (versionsBefore.joined(separator: ", "), versionsAfter.joined(separator: ", "))
    if old == new || old.isEmpty || new.isEmpty {
      let version = new.isEmpty ? old : new
      return version.isEmpty ? name : "\(name) \(version)"
    }
    return "\(name) \(old) → \(new)"
  }

  /// `+` for a package that is new, `-` for one that is gone, else `~`.
  public var mark: Character { kind == nil || isBefore == isAfter ? "~" : isAfter ? "+" : "-" }
}
