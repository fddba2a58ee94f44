internal import PackCore

extension LayerContent {
  /// Refuses what must not be in a layer, before a byte is written: paths out of order or twice, set-user-ID and
  /// set-group-ID modes, names that an image reader takes for whiteouts (OCI image spec, layer.md, "Whiteouts"), links
  /// that no system can hold.
  func check(epoch: Int64) throws {
    guard epoch >= 0 else { throw OCIFailure.negativeEpoch(epoch) }
    var previous = RootPath.root
    for entry in entries {
      guard previous < entry.path else { throw OCIFailure.order(previous, entry.path) }
      previous = entry.path
      try Self.check(entry)
    }
  }

  private static func check(_ entry: RootFilesystem.Entry) throws {
    let path = entry.path
    guard !path.nameBytes.starts(with: ".wh.".utf8) else { throw OCIFailure.whiteout(path) }
    if case .link(let target) = entry.content {
      guard !target.isEmpty, !target.contains(0) else { throw OCIFailure.badLink(path) }
      return
    }
    guard entry.mode & 0o6000 == 0 else { throw OCIFailure.setuid(path, entry.mode, origin: entry.origin) }
    guard entry.mode & ~0o7777 == 0 else { throw OCIFailure.badMode(path, entry.mode) }
    if case .host(let host, let status) = entry.content, status.kind != .file { throw OCIFailure.notAFile(path, host) }
  }
}
