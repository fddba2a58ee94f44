internal import Kernel
internal import OCI
internal import PackCore

/// A kernel as an OCI artifact, so that a team builds it once:
///
///     artifactType  application/vnd.packc.kernel.v1
///     layers        manifest.json, kernel, config, modules/*.ko, each with its name as its title
enum KernelArtifact {
  private static let titleKey = "org.opencontainers.image.title"
  /// A larger file is not read. Bytes.
  private static let sizeLimit = 256 << 20

  /// Writes the artifact into the store.
  static func assemble(_ kernel: KernelCatalog.Kernel, of catalog: KernelCatalog, store: ContentStore) throws
    -> ImageBuilder.Assembled
  {
    func layer(_ name: String, _ type: MediaType, _ bytes: [UInt8]) throws -> BlobDescriptor {
      BlobDescriptor(
        mediaType: type, digest: try store.put(bytes), size: Int64(bytes.count), annotations: [titleKey: name])
    }
    var layers = [try layer("manifest.json", .kernelManifest, catalog.manifestBytes(of: kernel))]
    for (name, _) in catalog.files(of: kernel) {
      let bytes = try FileSystem.read(kernel.directory / HostPath(name), limit: sizeLimit)
      layers.append(try layer(name, .kernelFile, bytes))
    }
    return try ArtifactBuilder.assemble(
      ArtifactDescription(
        artifactType: .kernel, subject: nil, layers: layers, annotations: annotations(kernel.manifest)), store: store)
  }

  /// What people see of it in a registry. The licence asks for the offer of the source beside the kernel.
  private static func annotations(_ manifest: KernelManifest) -> [String: String] {
    var notes = [
      titleKey: manifest.name, "org.opencontainers.image.version": manifest.version,
      "org.opencontainers.image.licenses": "GPL-2.0-only",
      "org.opencontainers.image.description": "Linux \(manifest.release) for machines of packc; \(manifest.licence)",
    ]
    if let source = manifest.source {
      notes["dev.packc.kernel.source"] = "\(source.package)=\(source.version)"
      notes["dev.packc.kernel.source.sha256"] = source.sha256.hex
    }
    return notes
  }

  /// Reads the artifact that `source` names into the catalog.
  static func receive(from source: any ImageSource, into catalog: KernelCatalog) throws -> (
    kernel: KernelCatalog.Kernel, artifact: BlobDescriptor
  ) {
    let document = try source.root()
    guard case .manifest(let manifest) = document.content, manifest.artifactType == MediaType.kernel.description else {
      throw Failure(
        "not_a_kernel", "\(source.name) is no kernel of packc's",
        hint: "kernels are pushed with `packc kernel push`; an image is fetched with `packc image pull`",
        exit: .badInput)
    }
    func read(_ name: String) throws -> [UInt8] {
      guard let layer = manifest.layers.first(where: { $0.annotations[titleKey] == name }) else {
        throw Failure(
          "kernel_damaged", "\(source.name) has no file \(name)",
          hint: "ask whoever pushed it to push it again with `packc kernel push`", exit: .badInput)
      }
      return try source.bytes(of: layer, limit: sizeLimit)
    }
    let kernel = try catalog.receive(try read("manifest.json"), from: source.name, read: read)
    return (kernel, document.descriptor)
  }
}
