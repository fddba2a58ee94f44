internal import Build
internal import Glibc
internal import OCI
internal import PackCore
internal import Registry

/// A repository of a registry in which machines leave the results of their steps for each other, each as an OCI artifact:
///
///     tag           step-<key>
///     artifactType  application/vnd.packc.step-result.v1
///     layers        the entry, and the contents of its files when they have any bytes
///
/// The registry is believed in nothing: blobs are checked by digest, the entry by its signature.
struct SharedRegistry: SharedPlace {
  let reference: RegistryReference
  let registries: Registries
  var name: String { "oci://\(reference)" }
  let openToOthers: String? = "who may write in a registry cannot be seen from here"

  private static let artifactType = "application/vnd.packc.step-result.v1"

  func ownFilesOnly() -> any SharedPlace { self }

  private func tagged(_ key: Digest) -> RegistryReference {
    RegistryReference(host: reference.host, repository: reference.repository, tag: "step-\(key.hex)", digest: nil)
  }

  func has(_ key: Digest) throws -> Bool { try registries.source(tagged(key)).rootIfPresent() != nil }

  /// The blobs of an entry's artifact; nil when there is none.
  private func layers(_ source: RegistrySource) throws -> [BlobDescriptor]? {
    guard let document = try source.rootIfPresent() else { return nil }
    guard case .manifest(let manifest) = document.content, manifest.artifactType == Self.artifactType,
      (1...2).contains(manifest.layers.count)
    else {
      throw Failure(
        "not_a_step", "\(source.name) is no result of a step", hint: "give the cache a repository of its own",
        exit: .badInput)
    }
    return manifest.layers
  }

  func entry(_ key: Digest, limit: Int) throws -> [UInt8]? {
    let source = registries.source(tagged(key))
    return try layers(source).map { try source.bytes(of: $0[0], limit: limit) }
  }

  func contents(of key: Digest, _ digest: Digest, size: Int64, scratch: HostPath) throws -> HostPath {
    let source = registries.source(tagged(key))
    let layer = try layers(source)?.first { $0.digest == digest }
    if let layer, layer.size != size {
      throw Failure(
        "damaged_image", "\(source.name) has \(layer.size) bytes of contents, and its entry lists \(size)",
        exit: .badInput)
    }
    let path = scratch / "content"
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    if let layer { try source.read(layer) { try file.write($0) } }
    try file.close()
    return path
  }

  func leave(_ key: Digest, entry: [UInt8], contents: HostPath, digest: Digest) throws {
    let artifact = try StepArtifact(entry: entry, contents: contents, digest: digest, type: Self.artifactType)
    try ImageCopy(from: artifact, to: registries.destination(tagged(key))).run()
  }
}

/// What is sent: small blobs in memory, the contents in a file.
private struct StepArtifact: ImageSource {
  let name = "the result of a step"
  private let document: ImageDocument
  private let blobs: [Digest: [UInt8]]
  private let contents: (digest: Digest, path: HostPath)

  init(entry: [UInt8], contents path: HostPath, digest: Digest, type: String) throws {
    let empty = [UInt8]("{}".utf8)
    func blob(_ bytes: [UInt8], _ type: MediaType) -> BlobDescriptor {
      BlobDescriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
    }
    let kind = MediaType(type) ?? .emptyJSON
    var layers = [blob(entry, kind)]
    let size = try FileSystem.status(path)?.size ?? 0
    if size > 0 { layers.append(BlobDescriptor(mediaType: kind, digest: digest, size: size)) }
    let manifest = ImageManifest(artifactType: type, config: blob(empty, .emptyJSON), layers: layers)
    document = try ImageDocument(CanonicalJSON.encode(manifest.json), mediaType: .imageManifest, name: name)
    blobs = [Digest(of: empty): empty, Digest(of: entry): entry]
    contents = (digest, path)
  }

  func root() throws -> ImageDocument { document }
  func document(_ descriptor: BlobDescriptor) throws -> ImageDocument { document }
  func referrers(of digest: Digest) throws -> [BlobDescriptor] { [] }

  func file(of digest: Digest) -> HostPath? { digest == contents.digest ? contents.path : nil }

  func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    if let bytes = blobs[descriptor.digest] { return try bytes.withUnsafeBytes(body) }
    let file = try Descriptor.open(contents.path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 {
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
