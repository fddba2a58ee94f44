internal import PackCore

/// Which blobs can be reached from some others: an index's manifests, a manifest's config and layers, and what says
/// something about a manifest that is reached (its referrers).
struct BlobMarks {
  private(set) var reached: Set<Digest> = []
  /// Documents that somebody names and that are not there, or not what their name says.
  private(set) var damaged: Set<Digest> = []
  private let library: DocumentLibrary

  init(_ library: DocumentLibrary) { self.library = library }

  /// Marks the blob and all that it leads to.
  mutating func reach(_ digest: Digest) {
    var open = [digest]
    while let next = open.popLast() {
      guard reached.insert(next).inserted else { continue }
      switch library.document(next) {
      case .document(let document): open += document.children
      case .missing: damaged.insert(next)
      case .blob: break
      }
      open += library.referrers(of: next)
    }
  }
}

/// What the blobs of a store say, as far as a collector asks: read once each, since a digest means the same bytes always.
final class DocumentLibrary {
  struct Summary {
    let children: [Digest]
    let subject: Digest?
  }
  enum Found {
    case document(Summary)
    /// A layer, a config, anything that names no other blob.
    case blob
    case missing
  }

  private let store: ContentStore
  private var known: [Digest: Found] = [:]
  private var referrers: [Digest: [Digest]] = [:]

  init(_ store: ContentStore) { self.store = store }

  func document(_ digest: Digest) -> Found {
    if let found = known[digest] { return found }
    let found = read(digest)
    // What is missing may be written in the next moment.
    if case .missing = found { return found }
    known[digest] = found
    if case .document(let document) = found, let subject = document.subject {
      referrers[subject, default: []].append(digest)
    }
    return found
  }

  /// Of those that were read; `survey` reads all.
  func referrers(of digest: Digest) -> [Digest] { referrers[digest] ?? [] }

  func survey(_ blobs: [ContentStore.Blob]) {
    for blob in blobs where blob.size <= Int64(ImageDocument.sizeLimit) { _ = document(blob.digest) }
  }

  /// By what it says itself, since a lease or a referrer gives no media type.
  private func read(_ digest: Digest) -> Found {
    let path = store.path(of: digest)
    guard let size = store.size(of: digest) else { return .missing }
    guard size <= Int64(ImageDocument.sizeLimit), (try? FileSystem.head(path, count: 1)) == [UInt8(ascii: "{")],
      let bytes = try? FileSystem.read(path, limit: ImageDocument.sizeLimit)
    else { return .blob }
    guard Digest(of: bytes) == digest else { return .missing }
    guard let value = try? JSONParser.parse(bytes, name: path.description) else { return .blob }
    let type = value["mediaType"]?.string.flatMap { MediaType($0) } ?? Self.guess(value)
    guard let type, let document = try? ImageDocument(bytes, mediaType: type, name: path.description) else {
      return .blob
    }
    return .document(Summary(children: document.children.map(\.digest), subject: document.subject?.digest))
  }

  /// The field is optional in both (OCI image spec, manifest.md, image-index.md).
  private static func guess(_ value: JSONValue) -> MediaType? {
    value["manifests"] != nil ? .imageIndex : value["layers"] != nil ? .imageManifest : nil
  }
}
