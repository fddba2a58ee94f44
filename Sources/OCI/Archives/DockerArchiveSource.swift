public import PackCore

/// An image of an archive of `docker save`, as an OCI image: the config keeps its bytes, so its digest (which Docker calls
/// the image's id) stays; the manifest is made here, always the same way, since the archive has none. Layers stay as they
/// are, compressed or not.
public struct DockerArchiveSource: ImageSource {
  public let name: String
  /// The names that the archive gives this image.
  public let names: [String]
  private let manifest: ImageDocument
  private let blobs: [Digest: FileExtent]

  init(_ archive: DockerArchive, image name: String?) throws {
    let image = try archive.find(name)
    let place = archive.place
    self.name = "docker-archive:\(place.path)" + (name.map { ":\($0)" } ?? "")
    names = image.names
    var blobs: [Digest: FileExtent] = [:]
    let (configFile, bytes, config) = try Self.config(image, in: place)
    let configDescriptor = BlobDescriptor(
      mediaType: .imageConfig, digest: Digest(of: bytes), size: Int64(bytes.count))
    blobs[configDescriptor.digest] = configFile
    guard config.diffIDs.count == image.layers.count else {
      throw place.damaged(
        "the config has \(config.diffIDs.count) diff_ids for \(image.layers.count) layers", image.config)
    }
    var layers: [BlobDescriptor] = []
    for (path, diffID) in zip(image.layers, config.diffIDs) {
      let (descriptor, file) = try Self.layer(path, diffID: diffID, in: place)
      blobs[descriptor.digest] = file
      layers.append(descriptor)
    }
    let json = ImageManifest(config: configDescriptor, layers: layers).json
    manifest = try ImageDocument(CanonicalJSON.encode(json), mediaType: .imageManifest, name: self.name)
    self.blobs = blobs
  }

  private static func config(
    _ image: DockerArchive.Image, in place: any LayoutPlace
  ) throws -> (FileExtent, [UInt8], ImageConfig) {
    guard let file = try place.file(image.config) else { throw place.damaged("the config is missing", image.config) }
    guard file.size <= ImageDocument.sizeLimit else {
      throw place.damaged("the config has more than \(ImageDocument.sizeLimit) bytes", image.config)
    }
    let bytes = try file.head(ImageDocument.sizeLimit)
    do {
      return (file, bytes, try ImageConfig(JSONReader(JSONParser.parse(bytes, name: image.config))))
    } catch let failure as Failure where !failure.isInterruption {
      throw place.damaged(failure.message, image.config)
    }
  }

  /// An uncompressed layer is the blob that its diffID names, which whoever reads it checks; of a compressed one the
  /// digest is computed here.
  private static func layer(
    _ path: String, diffID: Digest, in place: any LayoutPlace
  ) throws -> (BlobDescriptor, FileExtent) {
    guard let file = try place.file(path) else { throw place.damaged("the layer is missing", path) }
    let format = MediaType.LayerFormat(magic: try file.head(4))
    let digest: Digest
    if format == .tar {
      digest = diffID
    } else {
      var hash = SHA256()
      try file.read { hash.update($0) }
      digest = hash.finish()
    }
    return (BlobDescriptor(mediaType: format.mediaType, digest: digest, size: file.size), file)
  }

  public func root() throws -> ImageDocument { manifest }

  public func document(_ descriptor: BlobDescriptor) throws -> ImageDocument {
    guard descriptor.digest == manifest.descriptor.digest else {
      throw OCIFailure.damaged("it has no document \(descriptor.digest)", in: name)
    }
    return manifest
  }

  public func read(_ descriptor: BlobDescriptor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let file = blobs[descriptor.digest] else {
      throw OCIFailure.damaged("it has no blob \(descriptor.digest)", in: name)
    }
    try file.read(descriptor, name: name, body)
  }

  public func referrers(of digest: Digest) throws -> [BlobDescriptor] { [] }
}

extension MediaType.LayerFormat {
  /// What begins with these bytes; anything else is taken for a tar archive.
  init(magic: [UInt8]) {
    self =
      magic.starts(with: [0x1f, 0x8b]) ? .gzip : magic.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) ? .zstd : .tar
  }

  /// OCI's.
  var mediaType: MediaType {
    switch self {
    case .tar: .layerTar
    case .gzip: .layerGzip
    case .zstd: .layerZstd
    }
  }
}
