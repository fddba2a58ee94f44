internal import Glibc
public import PackCore

/// Writes an image into an image layout: one that is there keeps its other images; a new one is built beside its place
/// and put there whole. A blob has its name only when all of it lies on the disk, and `index.json` is replaced in one
/// step, so that whoever looks, also after a crash, sees the layout without the image or with it.
public final class LayoutDestination: ImageDestination {
  public let name: String
  private let target: HostPath
  private let tag: String?
  /// Where a new layout is built; nil when there is one already.
  private let staged: StagedDirectory?
  /// Where to write.
  private let root: HostPath
  private let referrers = Locked<[BlobDescriptor]>([])

  /// - Parameter tag: the image's name in the layout; what had it loses it.
  /// - Throws: `not_an_image_layout` when something else is there.
  public init(layout: HostPath, tag: String?) throws {
    if let tag { _ = try ImageTag(tag) }
    name = "oci:\(layout)" + (tag.map { ":\($0)" } ?? "")
    self.tag = tag
    target = layout
    try ImageLayoutWriter.refuseToReplaceOthers(layout)
    if FileSystem.exists(layout / "oci-layout") {
      _ = try LayoutFiles(root: layout).index()
      root = layout
      staged = nil
    } else {
      let directory = try StagedDirectory(for: layout)
      root = directory.path
      try ImageLayoutWriter.makeEmpty(root)
      staged = consume directory
    }
    try Self.makeBlobDirectory(in: root)
  }

  private static let blobs: HostPath = "blobs/sha256"

  private static func makeBlobDirectory(in layout: HostPath) throws {
    try ImageLayoutWriter.makeDirectory(layout / "blobs")
    try ImageLayoutWriter.makeDirectory(layout / blobs)
  }

  private func path(of digest: Digest) -> HostPath { root / LayoutFiles.name(of: digest) }

  public func has(_ descriptor: BlobDescriptor) throws -> Bool {
    guard let found = try FileSystem.status(path(of: descriptor.digest)) else { return false }
    return found.kind == .file && found.size == descriptor.size
  }

  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws {
    var done: Int64 = 0
    try FileSystem.writeAtomically(to: path(of: descriptor.digest), mode: 0o444) { file in
      try source.read(descriptor) { bytes in
        try file.write(bytes)
        done += Int64(bytes.count)
        progress(done)
      }
    }
  }

  public func put(_ document: ImageDocument) throws {
    if try !has(document.descriptor) {
      try FileSystem.writeAtomically(document.bytes, to: path(of: document.descriptor.digest), mode: 0o444)
    }
    if document.subject != nil { referrers.withLock { $0.append(document.descriptor) } }
  }

  public func finish(_ root: ImageDocument) throws {
    let referrers = referrers.withLock { $0 }.filter { $0.digest != root.descriptor.digest }
    if try finishNew(root.descriptor, referrers) { return }
    // The directory is the lock: others that write into the layout wait, and nothing is left in it.
    let lock = try Descriptor.open(target, O_RDONLY | O_DIRECTORY)
    try lock.lockExclusively(target)
    try addToIndex(of: target, root.descriptor, referrers)
  }

  /// Puts a new layout in its place. False when there is one: from the start, or since somebody has made it meanwhile;
  /// then the blobs are in that one.
  private func finishNew(_ root: BlobDescriptor, _ referrers: [BlobDescriptor]) throws -> Bool {
    guard staged != nil else { return false }
    try addToIndex(of: self.root, root, referrers)
    if try staged?.commitAsNew() == true { return true }
    try ImageLayoutWriter.refuseToReplaceOthers(target)
    _ = try LayoutFiles(root: target).index()
    try Self.makeBlobDirectory(in: target)
    for name in try DirectoryWalk.names(in: self.root / Self.blobs) {
      let blob = HostPath(bytes: name)
      _ = try FileSystem.renameNew(self.root / Self.blobs / blob, to: target / Self.blobs / blob)
    }
    return false
  }

  /// Changes the entries that are meant, and leaves everything else of the index as it is.
  private func addToIndex(
    of layout: HostPath, _ descriptor: BlobDescriptor, _ referrers: [BlobDescriptor]
  ) throws {
    let path = layout / "index.json"
    _ = try LayoutFiles(root: layout).index()
    var index = try JSONParser.parse(FileSystem.read(path, limit: LayoutFiles.documentLimit)).object ?? [:]
    var entry = descriptor.unnamed
    entry.annotations[ImageTag.annotation] = tag
    var entries = (index["manifests"]?.array ?? []).filter { old in
      let name = old["annotations"]?[ImageTag.annotation]?.string
      let isSame = name == nil && old["digest"]?.digest == descriptor.digest
      return tag == nil ? !isSame : name != tag
    }
    entries.append(entry.json)
    let known = Set(entries.compactMap { $0["digest"]?.digest })
    entries += referrers.filter { !known.contains($0.digest) }.map(\.unnamed.json)
    index["manifests"] = .array(entries)
    try FileSystem.writeAtomically(CanonicalJSON.encode(.object(index)), to: path)
  }
}
