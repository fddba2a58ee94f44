internal import Archive
internal import PackCore

/// From a member of an archive to an entry of a layer, or to what is wrong with it.
struct EntryChecks {
  private let limits: ReadingLimits
  private let blobSize: Int64
  private let names: EntryNames
  private var seen = LayerNames()
  private var metadata: Int64 = 0
  private(set) var summary: LayerReader.Summary

  /// The diffID of a layer that is not read yet.
  private static let none = Digest(of: [] as [UInt8])

  init(blobSize: Int64, limits: ReadingLimits) {
    self.limits = limits
    self.blobSize = blobSize
    names = EntryNames(limits: limits)
    summary = LayerReader.Summary(
      diffID: Self.none, archiveSize: 0, contentSize: 0, entries: 0, absoluteNames: 0, specialFiles: 0)
  }

  mutating func entry(_ member: TarMember) throws -> LayerEntry {
    try count(member)
    guard !member.path.isEmpty else { throw OCIFailure.unsafe("has no name", []) }
    let path = try names.path(member.path)
    if member.path.first == UInt8(ascii: "/") { summary.absoluteNames += 1 }
    let entry = LayerEntry(
      path: path, kind: try kind(member, path), mode: member.mode, uid: try owner(member.uid, member),
      gid: try owner(member.gid, member), size: member.kind == .file ? member.size : 0, time: member.time,
      attributes: member.attributes)
    if entry.kind == .special { summary.specialFiles += 1 }
    guard !path.isRoot else {
      guard entry.kind == .directory else { throw OCIFailure.unsafe("is the root, and no directory", member.path) }
      return entry
    }
    try seen.add(path, entry)
    return try whiteout(entry)
  }

  /// Bounds come first: what is counted here stays in memory or comes out.
  private mutating func count(_ member: TarMember) throws {
    summary.entries += 1
    guard summary.entries <= limits.entries else {
      throw OCIFailure.tooLarge("it has more than \(limits.entries) entries")
    }
    metadata +=
      Int64(member.path.count) + member.attributes.reduce(0) { $0 + Int64($1.key.utf8.count + $1.value.count) }
    if case .link(let target) = member.kind { metadata += Int64(target.count) }
    guard metadata <= limits.metadata else {
      throw OCIFailure.tooLarge("its names and attributes have more than \(limits.metadata) bytes")
    }
    guard member.size >= 0 else { throw OCIFailure.unsafe("has the size \(member.size)", member.path) }
    guard member.kind == .file else { return }
    let (total, overflow) = summary.contentSize.addingReportingOverflow(member.size)
    let limit = limits.expanded(from: blobSize)
    guard !overflow, total <= limit else {
      throw OCIFailure.tooLarge(
        "\(OCIFailure.shown(member.path)) says it has \(member.size) bytes: more than the \(limit) that may come out of "
          + "a blob of \(blobSize)")
    }
    summary.contentSize = total
  }

  private func kind(_ member: TarMember, _ path: RootPath) throws -> LayerEntry.Kind {
    switch member.kind {
    case .file: return .file
    case .directory: return .directory
    case .characterDevice, .blockDevice, .fifo: return .special
    case .other: throw OCIFailure.unsafe("is of a kind that no layer has", member.path)
    case .link(let target):
      guard !target.isEmpty else { throw OCIFailure.unsafe("is a symbolic link to nothing", member.path) }
      guard target.count <= limits.pathLength else {
        throw OCIFailure.unsafe("is a symbolic link with a target of \(target.count) bytes", member.path)
      }
      return .link(target)
    case .hardLink(let target):
      do {
        let target = try names.path(target)
        guard !target.isRoot else { throw OCIFailure.unsafe("is a hard link to the root", member.path) }
        guard try names.whiteout(target) == nil else {
          throw OCIFailure.unsafe("is a hard link to a whiteout", member.path)
        }
        return .hardLink(target)
      } catch let failure as Failure {
        throw OCIFailure.unsafe("is a hard link to something unsafe: \(failure.message)", member.path)
      }
    }
  }

  /// User and group ids of Linux have 32 bits; the highest means "unchanged" (chown(2)).
  private func owner(_ id: Int64, _ member: TarMember) throws -> Int64 {
    guard (0..<Int64(UInt32.max)).contains(id) else {
      throw OCIFailure.unsafe("has the owner \(id), which no system has", member.path)
    }
    return id
  }

  private func whiteout(_ entry: LayerEntry) throws -> LayerEntry {
    guard let whiteout = try names.whiteout(entry.path) else { return entry }
    guard entry.kind == .file else { throw OCIFailure.unsafe("is a whiteout, and no file", entry.path.bytes) }
    var entry = entry
    switch whiteout {
    case .of(let path): (entry.path, entry.kind) = (path, .whiteout)
    case .opaque(let path): (entry.path, entry.kind) = (path, .opaque)
    }
    return entry
  }
}
