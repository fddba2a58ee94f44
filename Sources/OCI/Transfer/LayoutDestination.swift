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
    try ImageLayoutWriter.makeDirectory(root / "blobs")
    try ImageLayoutWriter.makeDirectory(root / "blobs/sha256")
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
    let referrers = referrers.withLock { $0 }
    // The directory is the lock: others that write into the layout wait, and nothing is left in it.
    let lock = try Descriptor.open(self.root, O_RDONLY | O_DIRECTORY)
    if staged == nil { try lock.lockExclusively(self.root) }
    try addToIndex(root.descriptor, referrers.filter { $0.digest != root.descriptor.digest })
    try staged?.commit()
  }

  /// Changes the entries that are meant, and leaves everything else of the index as it is.
  private func addToIndex(_ descriptor: BlobDescriptor, _ referrers: [BlobDescriptor]) throws {
    let path = root / "index.json"
    _ = try LayoutFiles(root: root).index()
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
