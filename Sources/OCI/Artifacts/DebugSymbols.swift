public import PackCore

/// The artifact that carries what a release build strips: one blob for each program, so that whoever has a core dump of one
/// program fetches no other's.
///
///     artifactType  application/vnd.packc.debug-symbols.v1
///     subject       the image
///     layers        application/vnd.packc.debug-file.v1+zstd, with the annotations of `Entry`
public enum DebugSymbols {
  public static let artifactType = MediaType.debugSymbols
  /// An artifact that promises a larger file is refused. Bytes.
  public static let sizeLimit: Int64 = 16 << 30

  /// The debug file of one program at one path of the image.
  public struct Entry: Hashable, Sendable {
    /// What debuggers find it by, in hex: the build-id, or what stands for it.
    public var buildID: String
    /// `gnu`, `go` or `digest`: see `BuildIdentity.Source`.
    public var source: String
    /// Of the program in the image.
    public var program: RootPath
    /// Of the program as it is in the image.
    public var stripped: Digest
    /// Of its first 4096 bytes, which a core dump has too.
    public var head: Digest
    /// The compressed debug file.
    public var file: CompressedBlob

    public init(
      buildID: String, source: String, program: RootPath, stripped: Digest, head: Digest, file: CompressedBlob
    ) {
      self.buildID = buildID
      self.source = source
      self.program = program
      self.stripped = stripped
      self.head = head
      self.file = file
    }
  }

  fileprivate enum Key {
    static let buildID = "dev.packc.build-id"
    static let source = "dev.packc.build-id.source"
    static let program = "dev.packc.path"
    static let stripped = "dev.packc.program.digest"
    static let head = "dev.packc.program.head"
    static let content = "dev.packc.debug-file.digest"
    static let contentSize = "dev.packc.debug-file.size"
    /// The name under which general tools save a blob.
    static let title = "org.opencontainers.image.title"
  }

  /// The artifact of these files; nil when there are none. Sorted, so that the same files give the same bytes.
  public static func artifact(_ entries: [Entry], subject: BlobDescriptor) -> ArtifactDescription? {
    guard !entries.isEmpty else { return nil }
    let sorted = entries.sorted { ($0.program, $0.buildID) < ($1.program, $1.buildID) }
    return ArtifactDescription(
      artifactType: artifactType, subject: subject, layers: sorted.map(\.descriptor))
  }

  /// What the manifest of such an artifact says.
  /// - Throws: `damaged_image` when it is none.
  public static func entries(of manifest: ImageManifest, in name: String) throws -> [Entry] {
    guard manifest.artifactType == artifactType.description else {
      throw OCIFailure.damaged("it holds no debug symbols", in: name)
    }
    return try manifest.layers.map { layer in
      guard let entry = Entry(layer) else {
        throw OCIFailure.damaged("the annotations of \(layer.digest) do not say whose symbols it holds", in: name)
      }
      return entry
    }
  }
}

extension DebugSymbols.Entry {
  private typealias Key = DebugSymbols.Key

  public var descriptor: BlobDescriptor {
    BlobDescriptor(
      mediaType: .debugFileZstd, digest: file.digest, size: file.size,
      annotations: [
        Key.buildID: buildID, Key.source: source, Key.program: program.absolute, Key.stripped: stripped.description,
        Key.head: head.description, Key.content: file.content.description, Key.contentSize: String(file.contentSize),
        Key.title: "\(buildID).debug.zst",
      ])
  }

  /// Nil when an annotation is missing or is not what it should be: others can write them too.
  init?(_ layer: BlobDescriptor) {
    let notes = layer.annotations
    func digest(_ key: String) -> Digest? { notes[key].flatMap { Digest($0) } }
    guard layer.mediaType == .debugFileZstd, let buildID = notes[Key.buildID], Self.isBuildID(buildID),
      let source = notes[Key.source], ["gnu", "go", "digest"].contains(source),
      let program = notes[Key.program].flatMap({ RootPath($0) }), !program.isRoot,
      let stripped = digest(Key.stripped), let head = digest(Key.head), let content = digest(Key.content),
      let contentSize = notes[Key.contentSize].flatMap({ Int64($0) }),
      (0...DebugSymbols.sizeLimit).contains(contentSize)
    else { return nil }
    self.buildID = buildID
    self.source = source
    self.program = program
    self.stripped = stripped
    self.head = head
    file = CompressedBlob(content: content, contentSize: contentSize, digest: layer.digest, size: layer.size)
  }

  /// It becomes a path on the host.
  private static func isBuildID(_ text: String) -> Bool {
    (8...128).contains(text.utf8.count) && text.utf8.count.isMultiple(of: 2)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
