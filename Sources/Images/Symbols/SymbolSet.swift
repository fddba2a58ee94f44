public import OCI
internal import PackCore

/// The debug symbols that lie beside an image, wherever the image lies.
public struct SymbolSet: Sendable {
  /// The image's name, for people.
  public let name: String
  /// By program and build-id; an index has those of all its images.
  public let entries: [DebugSymbols.Entry]
  let source: any ImageSource

  init(name: String, entries: [DebugSymbols.Entry], source: any ImageSource) {
    self.name = name
    self.entries = entries
    self.source = source
  }

  /// - Throws: `no_symbols`, which says why there are none; `damaged_image`.
  public static func load(_ image: LocatedImage) throws -> SymbolSet {
    let source = image.source
    let manifests = try images(of: source.root(), in: source)
    var found: Set<DebugSymbols.Entry> = []
    for manifest in manifests {
      for referrer in try source.referrers(of: manifest.descriptor.digest) where mayHoldSymbols(referrer) {
        let document = try source.document(referrer)
        guard case .manifest(let artifact) = document.content,
          artifact.artifactType == DebugSymbols.artifactType.description
        else { continue }
        found.formUnion(try DebugSymbols.entries(of: artifact, in: source.name))
      }
    }
    guard !found.isEmpty else { throw try whyNone(manifests, in: source) }
    let sorted = found.sorted {
      ($0.program, $0.buildID, $0.file.digest) < ($1.program, $1.buildID, $1.file.digest)
    }
    return SymbolSet(name: source.name, entries: sorted, source: source)
  }

  /// A layout's index need not say what an artifact is.
  private static func mayHoldSymbols(_ descriptor: BlobDescriptor) -> Bool {
    descriptor.mediaType.isManifest
      && (descriptor.artifactType ?? DebugSymbols.artifactType.description) == DebugSymbols.artifactType.description
  }

  private static func images(of root: ImageDocument, in source: any ImageSource) throws -> [ImageDocument] {
    guard case .index(let index) = root.content else { return [root] }
    return try index.manifests.filter { $0.mediaType.isManifest && $0.artifactType == nil }.map(source.document)
  }

  private static func whyNone(_ manifests: [ImageDocument], in source: any ImageSource) throws -> Failure {
    let modes = manifests.map { manifest in
      (try? SingleImage(manifest, in: source))?.config.labels["dev.packc.mode"]
    }
    if modes.contains("debug") { return ImagesFailure.symbolsInside(source.name) }
    return ImagesFailure.noSymbols(source.name, builtByPackc: modes.contains("release"))
  }

  // MARK: - Choosing

  /// Those whose build-id begins with these digits, in any case.
  /// - Throws: `no_such_build_id` with those that there are.
  public func entries(buildID digits: String) throws -> [DebugSymbols.Entry] {
    let prefix = digits.lowercased()
    let found = prefix.isEmpty ? [] : entries.filter { $0.buildID.hasPrefix(prefix) }
    guard !found.isEmpty else { throw ImagesFailure.noBuildID(digits, in: self) }
    return found
  }

  /// By the path that a process or a trace gives: the same path, or the same name when only one program has it.
  func entries(path: String) -> [DebugSymbols.Entry] {
    let exact = entries.filter { $0.program.absolute == path }
    if !exact.isEmpty { return exact }
    guard let name = path.split(separator: "/").last else { return [] }
    let named = entries.filter { $0.program.name == name }
    return Set(named.map(\.program)).count == 1 ? named : []
  }
}

extension DebugSymbols.Entry {
  /// Where debuggers look below a directory of debug files: `.build-id/ab/cdef….debug`.
  public var debugPath: String { ".build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug" }
}
