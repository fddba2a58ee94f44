internal import PackCore

/// The files of a layout, read with bounds and checked against what names them: the one reader of layouts, wherever they
/// lie.
struct LayoutFiles: Sendable {
  let place: any LayoutPlace

  /// Manifests, configs and indexes larger than this are refused, as registries do.
  static let documentLimit = ImageDocument.sizeLimit
  private static let limits = JSONParser.Limits(bytes: documentLimit, depth: 32)

  init(place: any LayoutPlace) { self.place = place }
  init(root: HostPath) { self.init(place: DirectoryPlace(path: root)) }

  static func name(of digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

  func damaged(_ problem: String, _ digest: Digest) -> Failure { place.damaged(problem, Self.name(of: digest)) }

  /// Checks `oci-layout` and reads `index.json`.
  func index() throws -> ImageIndex {
    guard try place.file("oci-layout") != nil else { throw OCIFailure.noLayout(place.path) }
    let version = try document("oci-layout") { try $0.required("imageLayoutVersion").string() }
    guard version == "1.0.0" else {
      throw place.damaged("the layout's version is \(version), not 1.0.0", "oci-layout")
    }
    return try document("index.json") { try ImageIndex($0) }
  }

  /// The bytes of the document that `descriptor` points to, size and digest checked.
  func bytes(_ descriptor: BlobDescriptor) throws -> [UInt8] {
    let file = try blob(descriptor)
    guard descriptor.size <= Self.documentLimit else {
      throw damaged("the document has \(descriptor.size) bytes; the limit is \(Self.documentLimit)", descriptor.digest)
    }
    let bytes = try file.head(Self.documentLimit)
    try check(Digest(of: bytes), is: descriptor)
    return bytes
  }

  func document<T>(_ descriptor: BlobDescriptor, _ decode: (JSONReader) throws -> T) throws -> T {
    try self.decode(bytes(descriptor), Self.name(of: descriptor.digest), decode)
  }

  private func document<T>(_ name: String, _ decode: (JSONReader) throws -> T) throws -> T {
    guard let file = try place.file(name) else { throw place.damaged("\(name) is missing", name) }
    guard file.size <= Self.documentLimit else {
      throw place.damaged("it has \(file.size) bytes; the limit is \(Self.documentLimit)", name)
    }
    return try self.decode(file.head(Self.documentLimit), name, decode)
  }

  private func decode<T>(_ bytes: [UInt8], _ name: String, _ decode: (JSONReader) throws -> T) throws -> T {
    do {
      return try decode(JSONReader(JSONParser.parse(bytes, name: name, limits: Self.limits)))
    } catch let failure as Failure where !failure.isInterruption {
      throw place.damaged(failure.message, name)
    }
  }

  /// The blob's file, which has the size that the descriptor says; its bytes are not looked at.
  @discardableResult
  func blob(_ descriptor: BlobDescriptor) throws -> FileExtent {
    guard let file = try place.file(Self.name(of: descriptor.digest)) else {
      throw damaged("the blob \(descriptor.digest) is missing", descriptor.digest)
    }
    guard file.size == descriptor.size else {
      throw damaged("the blob has \(file.size) bytes, its descriptor says \(descriptor.size)", descriptor.digest)
    }
    return file
  }

  /// Reads the whole blob.
  func checkBytes(of descriptor: BlobDescriptor) throws {
    var hash = SHA256()
    try blob(descriptor).read { hash.update($0) }
    try check(hash.finish(), is: descriptor)
  }

  private func check(_ found: Digest, is descriptor: BlobDescriptor) throws {
    guard found == descriptor.digest else {
      throw damaged("the blob's bytes have the digest \(found)", descriptor.digest)
    }
  }

  /// The first bytes of a layer are those of its media type's format.
  func checkFormat(of layer: BlobDescriptor) throws {
    let magic: [UInt8]
    switch layer.mediaType.layerFormat {
    case .gzip: magic = [0x1f, 0x8b]
    case .zstd: magic = [0x28, 0xb5, 0x2f, 0xfd]
    case .tar, nil: return
    }
    guard try blob(layer).head(magic.count) == magic else {
      throw damaged("the layer is not \(layer.mediaType)", layer.digest)
    }
  }
}
