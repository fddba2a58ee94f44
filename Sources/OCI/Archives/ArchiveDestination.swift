public import PackCore

/// Writes an image layout as a tar archive (an OCI archive): members sorted, owner, times and modes fixed, so that the
/// bytes say the image and the tag and nothing else. All sizes are known from the start: the place of each member is
/// computed first, and threads then write side by side.
public final class ArchiveDestination: ImageDestination {
  public let name: String
  private let file: StagedFile
  private let tag: String?
  /// Where the content of each member begins.
  private let offsets = Locked<[String: Int64]>([:])

  /// - Parameters:
  ///   - file: what it is written to; `finish` commits it.
  ///   - tag: the image's name in the layout.
  ///   - name: for people.
  public init(_ file: StagedFile, tag: String?, name: String) throws {
    if let tag { _ = try ImageTag(tag) }
    self.file = file
    self.tag = tag
    self.name = name
  }

  public func begin(_ plan: CopyPlan) throws {
    var contents: [String: Int64] = [:]
    for blob in plan.blobs + plan.documents.map(\.descriptor) {
      contents[LayoutFiles.name(of: blob.digest)] = blob.size
    }
    let small = [
      "index.json": CanonicalJSON.encode(index(plan).json),
      "oci-layout": CanonicalJSON.encode(ImageLayoutWriter.layoutFile),
    ]
    for (name, bytes) in small { contents[name] = Int64(bytes.count) }
    try place(contents)
    for (name, bytes) in small { try write(bytes, to: name) }
  }

  /// Writes all headers and the end, and remembers where contents go.
  private func place(_ contents: [String: Int64]) throws {
    var position: Int64 = 0
    var places: [String: Int64] = [:]
    func header(_ header: TarHeader) throws {
      var bytes: [UInt8] = []
      header.encode(into: &bytes)
      try file.file.write(bytes, at: position)
      position += Int64(bytes.count)
    }
    for directory in ["blobs/", "blobs/sha256/"] {
      try header(TarHeader(kind: .directory, path: Array(directory.utf8), mode: 0o755, time: 0))
    }
    for (name, size) in contents.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let mode: UInt32 = name.hasPrefix("blobs/") ? 0o444 : 0o644
      try header(TarHeader(kind: .file, path: Array(name.utf8), mode: mode, size: size, time: 0))
      places[name] = position
      position += (size + 511) / 512 * 512
    }
    // Two blocks of zeros; what is not written reads as zeros.
    try file.file.truncate(to: position + 2 * Int64(TarHeader.blockSize))
    offsets.withLock { $0 = places }
  }

  private func index(_ plan: CopyPlan) -> ImageIndex {
    var root = plan.root.descriptor.unnamed
    root.annotations[ImageTag.annotation] = tag
    let referrers = plan.documents.filter { $0.subject != nil && $0.descriptor.digest != root.digest }
    return ImageIndex(manifests: [root] + referrers.map(\.descriptor.unnamed).sorted { $0.digest < $1.digest })
  }

  private func offset(of name: String) throws -> Int64 {
    guard let offset = offsets.withLock({ $0[name] }) else {
      throw Failure("not_planned", "\(name) was not announced to the archive")
    }
    return offset
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try file.file.write(bytes, at: offset(of: name))
  }

  public func has(_ descriptor: BlobDescriptor) throws -> Bool { false }

  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws {
    let start = try offset(of: LayoutFiles.name(of: descriptor.digest))
    var done: Int64 = 0
    try source.read(descriptor) { bytes in
      try file.file.write(bytes, at: start + done)
      done += Int64(bytes.count)
      progress(done)
    }
  }

  public func put(_ document: ImageDocument) throws {
    try write(document.bytes, to: LayoutFiles.name(of: document.descriptor.digest))
  }

  public func finish(_ root: ImageDocument) throws { try file.commit() }
}
