extension RootFilesystem {
  /// The entry that holds an entry's content: for a hard link its first name, else itself.
  public func holder(of entry: Entry) -> Entry {
    if case .hardLink(let first) = entry.content { self[first] ?? entry } else { entry }
  }

  func checkHardLink(_ entry: Entry, to target: RootPath) throws {
    guard let file = self[target], file.isFile, file.layer == entry.layer, target < entry.path else {
      throw Failure(
        "bad_hard_link",
        "\(entry.path.absolute) (\(entry.origin)) is to be another name of \(target.absolute), which is no file of the "
          + "same layer before it", exit: .badInput)
    }
  }

  /// Files that are one file on the host, in groups of at least two paths, each sorted by bytes.
  /// - Parameter included: which entries may be linked at all.
  public func sameFiles(where included: (Entry) -> Bool) -> [[RootPath]] {
    struct Key: Hashable {
      let device: UInt64
      let inode: UInt64
    }
    var groups: [Key: [RootPath]] = [:]
    for entry in entries {
      guard case .host(_, let status) = entry.content, status.hasOtherNames, included(entry) else { continue }
      groups[Key(device: status.device, inode: status.inode), default: []].append(entry.path)
    }
    return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Makes all paths of a group names of the first one. A path stays a file of its own where it differs from that in
  /// content, mode, owner, capabilities or layer.
  public mutating func link(_ groups: [[RootPath]]) {
    for group in groups {
      guard let first = group.first.flatMap({ self[$0] }), case .host(_, let one) = first.content else { continue }
      for path in group.dropFirst() {
        guard let entry = self[path], case .host(_, let other) = entry.content, one.inode == other.inode,
          one.device == other.device, entry.mode == first.mode, entry.uid == first.uid, entry.gid == first.gid,
          entry.capabilities == first.capabilities, entry.layer == first.layer
        else { continue }
        replaceContent(of: path, with: .hardLink(first.path))
      }
    }
  }
}
