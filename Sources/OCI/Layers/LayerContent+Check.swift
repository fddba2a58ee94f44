internal import PackCore

extension LayerContent {
  /// Refuses what must not be in a layer, before a byte is written: paths out of order or twice, set-user-ID and
  /// set-group-ID modes that nobody declared, names that an image reader takes for whiteouts (OCI image spec, layer.md,
  /// "Whiteouts"), links that no system can hold, hard links to anything but a file of this layer before them.
  func check(epoch: Int64) throws {
    guard epoch >= 0 else { throw OCIFailure.negativeEpoch(epoch) }
    // By index: an entry that is copied out of the array counts references for all that it holds.
    try entries.withUnsafeBufferPointer { entries in
      for index in entries.indices {
        let previous = index == 0 ? .root : entries[index - 1].path
        guard previous < entries[index].path else { throw OCIFailure.order(previous, entries[index].path) }
        try check(entries[index])
      }
    }
  }

  /// What a name of a file says of it must be what its first name says: whoever unpacks the layer sets it twice.
  private func checkHardLink(_ entry: RootFilesystem.Entry, to target: RootPath) throws {
    guard let file = self.entry(at: target), file.isFile, target < entry.path, file.mode == entry.mode,
      file.uid == entry.uid, file.gid == entry.gid, file.capabilities == entry.capabilities
    else { throw OCIFailure.badHardLink(entry.path, target) }
  }

  private func check(_ entry: RootFilesystem.Entry) throws {
    let path = entry.path
    if case .hardLink(let target) = entry.content { try checkHardLink(entry, to: target) }
    guard !path.nameBytes.starts(with: ".wh.".utf8) else { throw OCIFailure.whiteout(path) }
    if case .link(let target) = entry.content {
      guard !target.isEmpty, !target.contains(0) else { throw OCIFailure.badLink(path) }
      return
    }
    guard entry.mode & 0o6000 == 0 || entry.hasDeclaredMode else {
      throw OCIFailure.setuid(path, entry.mode, origin: entry.origin)
    }
    guard entry.mode & ~0o7777 == 0 else { throw OCIFailure.badMode(path, entry.mode) }
    guard entry.capabilities == nil || !entry.isDirectory else { throw OCIFailure.badCapabilities(path) }
    if case .host(let host, let status) = entry.content, status.kind != .file { throw OCIFailure.notAFile(path, host) }
  }
}
