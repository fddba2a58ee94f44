internal import Codec
internal import Glibc
public import PackCore

/// Opens an archive of an image, whatever tool wrote it: a layout in a tar, or what `docker save` writes; as it is, or
/// compressed by gzip or zstd.
public enum ImageArchive {
  public enum Kind: Sendable { case layout, docker }

  /// An image of an archive.
  public struct Opened: Sendable {
    public let source: any ImageSource
    public let kind: Kind
    /// What the archive calls it; may be none, or several.
    public let names: [String]
  }

  /// - Parameters:
  ///   - kind: what it has to be; nil for what it is. Docker's since version 25 are both, and read as a layout.
  ///   - tag: the image's name in the archive, or nil for the only one.
  ///   - temporary: a directory for the plain form of a compressed archive, which nobody else sees.
  /// - Throws: `not_an_archive`, `no_such_tag`, `damaged_image`.
  public static func open(
    _ path: HostPath, kind: Kind? = nil, tag: String? = nil, temporary: HostPath
  ) throws -> Opened {
    guard var file = try FileExtent.whole(path, followsLinks: true) else { throw OCIFailure.noArchive(path) }
    let format = MediaType.LayerFormat(magic: try file.head(4))
    if format != .tar { file = try decompressed(file, format, path, temporary) }
    let place = try ArchivePlace(file, path: path)
    let isLayout = try place.file("oci-layout") != nil
    let isDocker = try place.file(DockerArchive.manifestName) != nil
    guard isLayout || isDocker else { throw OCIFailure.notAnArchive(path) }
    if kind != .docker, isLayout || kind == .layout {
      let name = "oci-archive:\(path)" + (tag.map { ":\($0)" } ?? "")
      let source = LayoutSource(place: place, tag: tag, name: name)
      return Opened(source: source, kind: .layout, names: try source.names())
    }
    let source = try DockerArchiveSource(DockerArchive(place), image: tag)
    return Opened(source: source, kind: .docker, names: source.names)
  }

  // MARK: - Compressed archives

  /// What a compressed archive may become: an image's layers hardly shrink when they are compressed already.
  private enum Limit {
    static let bytes: Int64 = 256 << 30
    /// Bytes that come out for each one that goes in, once there are more than `free`.
    static let ratio: Int64 = 200
    static let free: Int64 = 64 << 20
  }

  /// The plain archive in a file without a name.
  private static func decompressed(
    _ file: FileExtent, _ format: MediaType.LayerFormat, _ path: HostPath, _ temporary: HostPath
  ) throws -> FileExtent {
    let output = FileExtent.OpenFile(try Descriptor.unnamed(in: temporary))
    let decompressor = try UnpackedLayer.decompressor(format)
    var count: Int64 = 0
    let allowed = min(Limit.bytes, max(Limit.free, file.size.multipliedReportingOverflow(by: Limit.ratio).partialValue))
    func take(_ bytes: UnsafeRawBufferPointer) throws {
      count += Int64(bytes.count)
      guard count <= allowed else {
        throw OCIFailure.damaged("it becomes more than \(allowed) bytes when it is decompressed", path)
      }
      try output.descriptor.write(bytes)
    }
    do {
      try file.read { try decompressor.write($0, take) }
      try decompressor.finish()
    } catch let failure as Failure where failure.code == "bad_compression" {
      throw OCIFailure.damaged(failure.message, path)
    }
    return FileExtent(file: output, offset: 0, size: count)
  }
}
