internal import Glibc
internal import PackCore

/// The files of a layout on disk, read with bounds and checked against what names them.
struct LayoutFiles {
  let root: HostPath

  /// Manifests, configs and indexes larger than this are refused, as registries do.
  static let documentLimit = 4 << 20
  private static let limits = JSONParser.Limits(bytes: documentLimit, depth: 32)

  func path(of digest: Digest) -> HostPath { root / "blobs/sha256" / digest.hex }

  /// Checks `oci-layout` and reads `index.json`.
  func index() throws -> ImageIndex {
    guard FileSystem.exists(root / "oci-layout") else { throw OCIFailure.noLayout(root) }
    let version = try document(at: root / "oci-layout") { try $0.required("imageLayoutVersion").string() }
    guard version == "1.0.0" else {
      throw OCIFailure.damaged("the layout's version is \(version), not 1.0.0", root / "oci-layout")
    }
    return try document(at: root / "index.json") { try ImageIndex($0) }
  }

  /// Reads the document that `descriptor` points to, its digest and size checked.
  func document<T>(_ descriptor: BlobDescriptor, _ decode: (JSONReader) throws -> T) throws -> T {
    let path = path(of: descriptor.digest)
    try checkSize(of: descriptor)
    guard descriptor.size <= Self.documentLimit else {
      throw OCIFailure.damaged("the document has \(descriptor.size) bytes; the limit is \(Self.documentLimit)", path)
    }
    let bytes = try FileSystem.read(path, limit: Self.documentLimit)
    try check(Digest(of: bytes), is: descriptor)
    return try self.decode(bytes, path, decode)
  }

  private func document<T>(at path: HostPath, _ decode: (JSONReader) throws -> T) throws -> T {
    guard FileSystem.exists(path) else { throw OCIFailure.damaged("\(path.name) is missing", path) }
    return try self.decode(try FileSystem.read(path, limit: Self.documentLimit), path, decode)
  }

  private func decode<T>(_ bytes: [UInt8], _ path: HostPath, _ decode: (JSONReader) throws -> T) throws -> T {
    let value = try JSONParser.parse(bytes, name: path.description, limits: Self.limits)
    do {
      return try decode(JSONReader(value))
    } catch let failure as Failure {
      throw OCIFailure.damaged(failure.message, path)
    }
  }

  /// The blob is a regular file of the size that the descriptor says.
  func checkSize(of descriptor: BlobDescriptor) throws {
    let path = path(of: descriptor.digest)
    guard let found = try FileSystem.status(path) else {
      throw OCIFailure.damaged("the blob \(descriptor.digest) is missing", path)
    }
    guard found.kind == .file else { throw OCIFailure.damaged("the blob is not a regular file", path) }
    guard found.size == descriptor.size else {
      throw OCIFailure.damaged("the blob has \(found.size) bytes, its descriptor says \(descriptor.size)", path)
    }
  }

  /// Reads the whole blob.
  func checkBytes(of descriptor: BlobDescriptor) throws {
    try checkSize(of: descriptor)
    try check(FileSystem.digest(of: path(of: descriptor.digest)), is: descriptor)
  }

  private func check(_ found: Digest, is descriptor: BlobDescriptor) throws {
    guard found == descriptor.digest else {
      throw OCIFailure.damaged("the blob's bytes have the digest \(found)", path(of: descriptor.digest))
    }
  }

  /// The first bytes of a layer are those of its media type's format.
  func checkFormat(of layer: BlobDescriptor) throws {
    let magic: [UInt8]
    switch layer.mediaType {
    case .layerGzip: magic = [0x1f, 0x8b]
    case .layerZstd: magic = [0x28, 0xb5, 0x2f, 0xfd]
    default: return
    }
    let file = try Descriptor.open(path(of: layer.digest), O_RDONLY | O_NOFOLLOW)
    var start = [UInt8](repeating: 0, count: magic.count)
    let count = try start.withUnsafeMutableBytes { try file.read(into: $0) }
    guard count == magic.count, start == magic else {
      throw OCIFailure.damaged("the layer is not \(layer.mediaType)", path(of: layer.digest))
    }
  }
}
