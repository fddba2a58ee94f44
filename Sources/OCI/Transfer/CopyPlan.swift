internal import PackCore

/// All that has to be copied for an image: walked from its root before anything is written.
public struct CopyPlan: Sendable {
  /// What bounds the walk; a manifest that names more is refused.
  enum Limit {
    static let documents = 1024
    static let documentBytes = 64 << 20
    static let blobs = 65_536
    /// A root's index, an index in it, and so on.
    static let depth = 4
    /// A referrer of a referrer: a signature of an SBOM.
    static let referrerDepth = 3
  }

  public let root: ImageDocument
  /// Each once; children before those that name them, referrers after what they are about, the root last.
  public internal(set) var documents: [ImageDocument]
  /// Each once, the largest first, so that a long one does not run alone at the end.
  public internal(set) var blobs: [BlobDescriptor]

  /// - Parameters:
  ///   - platform: only the image of that platform, when the root is an index; its manifest becomes the root.
  ///   - referrers: also what says something about the root and the manifests below it.
  public static func make(
    _ source: any ImageSource, platform: ImagePlatform? = nil, referrers: Bool = false
  ) throws -> CopyPlan {
    var root = try source.root()
    if let platform { root = try PlatformChoice.manifest(of: root, in: source, platform: platform) }
    var walk = Walk(source: source, root: root.descriptor.digest, referrers: referrers)
    try walk.visit(root, depth: 0, referrerDepth: 0)
    return CopyPlan(
      root: root, documents: walk.documents + [root],
      blobs: walk.blobs.values.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) })
  }

  private struct Walk {
    let source: any ImageSource
    let root: Digest
    let referrers: Bool
    var documents: [ImageDocument] = []
    var blobs: [Digest: BlobDescriptor] = [:]
    private var seen: Set<Digest> = []
    private var documentBytes = 0

    init(source: any ImageSource, root: Digest, referrers: Bool) {
      self.source = source
      self.root = root
      self.referrers = referrers
    }

    mutating func visit(_ document: ImageDocument, depth: Int, referrerDepth: Int) throws {
      try Interruption.check()
      guard seen.insert(document.descriptor.digest).inserted else { return }
      try count(document, depth: depth)
      switch document.content {
      case .manifest(let manifest):
        for blob in [manifest.config] + manifest.layers { try add(blob) }
      case .index(let index):
        for entry in index.manifests {
          guard entry.mediaType.isManifest || entry.mediaType.isIndex else {
            throw OCIFailure.damaged(
              "its index names a \(entry.mediaType), which is neither a manifest nor an index", in: source.name)
          }
          guard !seen.contains(entry.digest) else { continue }
          try visit(source.document(entry), depth: depth + 1, referrerDepth: referrerDepth)
        }
      }
      if document.descriptor.digest != root { documents.append(document) }
      guard referrers, referrerDepth < Limit.referrerDepth else { return }
      for referrer in try source.referrers(of: document.descriptor.digest) where !seen.contains(referrer.digest) {
        try visit(source.document(referrer), depth: depth, referrerDepth: referrerDepth + 1)
      }
    }

    private mutating func count(_ document: ImageDocument, depth: Int) throws {
      guard depth < Limit.depth else { throw OCIFailure.damaged("indexes are nested too deeply", in: source.name) }
      guard seen.count <= Limit.documents else {
        throw OCIFailure.tooMany("manifests", limit: Limit.documents, in: source.name)
      }
      documentBytes += document.bytes.count
      guard documentBytes <= Limit.documentBytes else {
        throw OCIFailure.damaged("its manifests have more than \(Limit.documentBytes) bytes together", in: source.name)
      }
    }

    private mutating func add(_ blob: BlobDescriptor) throws {
      if let other = blobs[blob.digest] {
        guard other.size == blob.size else { throw OCIFailure.conflict(blob.digest, in: source.name) }
        return
      }
      blobs[blob.digest] = blob
      guard blobs.count <= Limit.blobs else {
        throw OCIFailure.tooMany("blobs", limit: Limit.blobs, in: source.name)
      }
    }
  }
}
