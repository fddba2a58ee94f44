/// A media type (RFC 6838, section 4.2): `type/subtype`, no parameters.
public struct MediaType: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(Self.isRestrictedName) else { return nil }
    description = text
  }

  /// For the constants of this project; a test parses each of them back.
  init(constant: String) { description = constant }

  private static func isRestrictedName(_ part: Substring.UTF8View) -> Bool {
    guard (1...127).contains(part.count), let first = part.first, isAlphanumeric(first) else { return false }
    return part.allSatisfy { isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

extension MediaType {
  // OCI image spec, media-types.md.
  public static let imageIndex = MediaType(constant: "application/vnd.oci.image.index.v1+json")
  public static let imageManifest = MediaType(constant: "application/vnd.oci.image.manifest.v1+json")
  public static let imageConfig = MediaType(constant: "application/vnd.oci.image.config.v1+json")
  public static let layerTar = MediaType(constant: "application/vnd.oci.image.layer.v1.tar")
  public static let layerGzip = MediaType(constant: "application/vnd.oci.image.layer.v1.tar+gzip")
  public static let layerZstd = MediaType(constant: "application/vnd.oci.image.layer.v1.tar+zstd")
  /// The empty config of an artifact that is no image (OCI image spec, manifest.md, "Guidance for an Empty Descriptor").
  public static let emptyJSON = MediaType(constant: "application/vnd.oci.empty.v1+json")

  /// An artifact with what a release build strips, and one debug file of it.
  public static let debugSymbols = MediaType(constant: "application/vnd.packc.debug-symbols.v1")
  public static let fileOwners = MediaType(constant: "application/vnd.packc.file-owners.v1")
  public static let fileOwnersJSON = MediaType(constant: "application/vnd.packc.file-owners.v1+json")
  public static let debugFileZstd = MediaType(constant: "application/vnd.packc.debug-file.v1+zstd")

  /// What somebody says of an image: signed, in sigstore's bundle, and unsigned, a statement of in-toto's alone.
  public static let signatureBundle = MediaType(constant: "application/vnd.dev.sigstore.bundle.v0.3+json")
  public static let statement = MediaType(constant: "application/vnd.in-toto+json")

  /// An artifact with a kernel, what it is, and one file of it.
  public static let kernel = MediaType(constant: "application/vnd.packc.kernel.v1")
  public static let kernelManifest = MediaType(constant: "application/vnd.packc.kernel.manifest.v1+json")
  public static let kernelFile = MediaType(constant: "application/vnd.packc.kernel.file.v1")

  // Docker's image manifest version 2, schema 2.
  public static let dockerManifest = MediaType(constant: "application/vnd.docker.distribution.manifest.v2+json")
  public static let dockerManifestList = MediaType(
    constant: "application/vnd.docker.distribution.manifest.list.v2+json")
  public static let dockerConfig = MediaType(constant: "application/vnd.docker.container.image.v1+json")
  public static let dockerLayer = MediaType(constant: "application/vnd.docker.image.rootfs.diff.tar")
  public static let dockerLayerGzip = MediaType(constant: "application/vnd.docker.image.rootfs.diff.tar.gzip")
  public static let dockerLayerZstd = MediaType(constant: "application/vnd.docker.image.rootfs.diff.tar.zstd")
}
