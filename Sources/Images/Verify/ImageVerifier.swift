public import OCI
public import PackCore

/// Reads everything that a reference names and compares it with what names it: documents, configs, every blob, every
/// layer's archive, and what refers to the image. It goes on after an error as far as that makes sense.
public struct ImageVerifier {
  private let source: any ImageSource
  private let limits: ReadingLimits
  private let reporter: Reporter
  private var result: Verification
  /// Documents and blobs that were looked at.
  private var seen: Set<Digest> = []

  private static let deepestNesting = 4
  private static let mostDocuments = 1024

  /// - Parameter platform: of an index, the image of this platform only.
  public static func verify(
    _ source: any ImageSource, platform: ImagePlatform? = nil, limits: ReadingLimits = ReadingLimits(),
    reporter: Reporter = .silent
  ) throws -> Verification {
    let root = try source.root()
    var verifier = ImageVerifier(source, root.descriptor, limits, reporter)
    let start = try platform.map { try PlatformChoice.manifest(of: root, in: source, platform: $0) } ?? root
    try verifier.visit(start, entry: nil, depth: 0)
    return verifier.result
  }

  private init(
    _ source: any ImageSource, _ root: BlobDescriptor, _ limits: ReadingLimits,
    _ reporter: Reporter
  ) {
    self.source = source
    self.limits = limits
    self.reporter = reporter
    result = Verification(name: source.name, root: root)
  }

  /// Runs `body`; what it throws becomes a finding. Only an interruption ends the work.
  private mutating func attempt<R>(_ place: String, _ body: (inout ImageVerifier) throws -> R) throws -> R? {
    do {
      return try body(&self)
    } catch let failure as Failure where failure.exit == .badInput {
      add(.error, failure.code, place, failure.message)
      return nil
    }
  }

  private mutating func add(_ severity: Verification.Severity, _ code: String, _ place: String, _ message: String) {
    let finding = Verification.Finding(severity: severity, code: code, place: place, message: message)
    if !result.findings.contains(finding) { result.findings.append(finding) }
  }

  // MARK: - Documents

  /// - Parameter entry: the index's, for its platform.
  private mutating func visit(_ document: ImageDocument, entry: BlobDescriptor?, depth: Int) throws {
    try Interruption.check()
    let digest = document.descriptor.digest
    guard seen.insert(digest).inserted else { return }
    result.bytes += document.descriptor.size
    result.manifests += 1
    guard result.manifests <= Self.mostDocuments else {
      return add(.error, "too_large", "the image", "it has more than \(Self.mostDocuments) manifests")
    }
    switch document.content {
    case .index(let index):
      guard depth < Self.deepestNesting else {
        return add(.error, "damaged_image", "index \(digest.short)", "indexes are nested too deeply")
      }
      for child in index.manifests { try visit(child, depth: depth + 1, of: "index \(digest.short)") }
    case .manifest(let manifest): try visit(manifest, document, platform: entry?.platform)
    }
    try visitSubject(of: document)
    for referrer in try attempt("referrers of \(digest.short)", { try $0.source.referrers(of: digest) }) ?? [] {
      try visit(referrer, depth: depth + 1, of: "referrer \(referrer.digest.short)", subject: digest)
    }
  }

  private mutating func visit(
    _ descriptor: BlobDescriptor, depth: Int, of parent: String, subject: Digest? = nil
  ) throws {
    guard descriptor.mediaType.isManifest || descriptor.mediaType.isIndex else {
      return add(.error, "damaged_image", parent, "it names a \(descriptor.mediaType), which is no image")
    }
    let place = "manifest \(descriptor.digest.short)"
    guard let document = try attempt(place, { try $0.source.document(descriptor) }) else { return }
    if let subject, document.subject?.digest != subject {
      add(.error, "damaged_image", place, "it is listed as a referrer of \(subject), and names another subject")
    }
    try visit(document, entry: descriptor, depth: depth)
  }

  private mutating func visitSubject(of document: ImageDocument) throws {
    guard let subject = document.subject, !seen.contains(subject.digest) else { return }
    _ = try attempt("subject of \(document.descriptor.digest.short)") { try $0.source.document(subject) }
  }

  // MARK: - Blobs

  private mutating func visit(_ manifest: ImageManifest, _ document: ImageDocument, platform: ImagePlatform?) throws {
    guard manifest.isImage else {
      // A signature, an SBOM, debug symbols: only their digests say anything.
      for blob in [manifest.config] + manifest.layers { try readBlob(blob) }
      return
    }
    let config = "config \(manifest.config.digest.short)"
    let image = try attempt(config) { try SingleImage(document, in: $0.source) }
    count(manifest.config)
    guard let image else {
      for blob in manifest.layers { try readBlob(blob) }
      return
    }
    for problem in image.disagreements(platform: platform) { add(.error, "damaged_image", config, problem) }
    try visitLayers(of: image)
  }

  /// - Returns: false when the blob was counted already.
  @discardableResult
  private mutating func count(_ blob: BlobDescriptor) -> Bool {
    guard seen.insert(blob.digest).inserted else { return false }
    result.blobs += 1
    result.bytes += blob.size
    return true
  }

  private mutating func readBlob(_ blob: BlobDescriptor) throws {
    guard count(blob) else { return }
    _ = try attempt("blob \(blob.digest.short)") { try $0.source.read(blob) { _ in try Interruption.check() } }
  }

  private mutating func visitLayers(of image: SingleImage) throws {
    let place = "manifest \(image.descriptor.digest.short)"
    let outcome = try attempt(place) { verifier in
      try LayerSurvey.make(image, limits: verifier.limits) { layer in
        verifier.reporter.note(
          "reading layer \(layer.descriptor.digest.short) of \(ByteText.text(layer.descriptor.size))")
      }
    }
    guard let outcome else { return }
    for (layer, report) in zip(image.layers, outcome.layers) {
      let place = "layer \(layer.descriptor.digest.short)"
      count(layer.descriptor)
      result.layers += 1
      switch report {
      case .success(let summary):
        result.entries += summary.entries
        warn(summary, place)
      case .failure(let failure): add(.error, failure.code, place, failure.message)
      }
    }
    for note in outcome.notes { add(.warning, note.code, place, note.message) }
  }

  private mutating func warn(_ summary: LayerReader.Summary, _ place: String) {
    if summary.absoluteNames > 0 {
      add(.warning, "absolute_names", place, "\(summary.absoluteNames) names begin with a slash; readers take it off")
    }
    if summary.specialFiles > 0 {
      add(.warning, "device_nodes", place, "\(summary.specialFiles) device nodes or FIFOs; packc does not unpack them")
    }
  }
}
