internal import PackCore

/// The files of a list of entries that have several names in it.
struct FileNames {
  struct File {
    /// The first name, which has the content.
    let entry: RootFilesystem.Entry
    fileprivate(set) var count: UInt32
    fileprivate(set) var last: RootPath
    fileprivate(set) var inode: UInt32?
  }
  private var files: [RootPath: File] = [:]

  init() {}

  /// - Parameter entries: sorted by path.
  init(_ entries: [RootFilesystem.Entry]) {
    for entry in entries {
      guard case .hardLink(let first) = entry.content else { continue }
      if files[first] == nil {
        guard let file = LayerContent.find(first, in: entries), file.isFile else { continue }
        files[first] = File(entry: file, count: 1, last: first)
      }
      files[first]?.count += 1
      files[first]?.last = entry.path
    }
  }

  /// The file of that first name; nil when it has no other.
  func file(of first: RootPath) -> File? { files.isEmpty ? nil : files[first] }

  mutating func setInode(_ inode: UInt32, of first: RootPath) { files[first]?.inode = inode }
}
