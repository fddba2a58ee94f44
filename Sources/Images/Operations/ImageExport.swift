internal import OCI
public import PackCore

/// `packc image export`: an image as one file or directory.
public struct ImageExport {
  public enum Format: String, Sendable, CaseIterable {
    case ociArchive = "oci-archive"
    case dockerArchive = "docker-archive"
    /// An image layout.
    case directory = "dir"
    /// The file system of one platform's image, unpacked.
    case rootFilesystem = "rootfs"
  }

  private let locator: ImageLocator
  private let transfer: ImageTransfer

  public init(_ locator: ImageLocator, _ transfer: ImageTransfer) {
    self.locator = locator
    self.transfer = transfer
  }

  /// - Parameters:
  ///   - names: what the image is called in the export; nil for what it is called where it lies.
  ///   - output: a layout that is there gets the image beside its others; a file is replaced.
  public func write(
    _ reference: String?, as format: Format, names: [String]?, to output: HostPath
  ) throws -> ImageTransfer.Outcome {
    let image = try locator.locate(reference)
    let names = names ?? image.names
    try FileSystem.createDirectory(output.parent)
    switch format {
    case .directory:
      let destination = try LayoutDestination(layout: output, tag: ImageTarget.tag(names))
      return try transfer.copy(image, to: .blobs(destination))
    case .rootFilesystem: return try unpack(image, to: output)
    case .ociArchive, .dockerArchive:
      return try archive(image, format, names, StagedFile(for: output), label: "\(format.rawValue):\(output)")
    }
  }

  /// The same, into a descriptor that may be a pipe: the archive is written to a file first, since its beginning is known
  /// last.
  public func stream(
    _ reference: String?, as format: Format, names: [String]?, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> ImageTransfer.Outcome {
    let image = try locator.locate(reference)
    let directory = try WorkDirectory(in: locator.temporary, prefix: "export")
    defer { withExtendedLifetime(directory) {} }
    let path = directory.path / "image.tar"
    let outcome = try archive(
      image, format, names ?? image.names, StagedFile(for: path), label: "\(format.rawValue):-")
    let file = try Descriptor.open(path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 {
      try Interruption.check()
      try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    return outcome
  }

  private func unpack(_ image: LocatedImage, to output: HostPath) throws -> ImageTransfer.Outcome {
    if let found = try FileSystem.target(output) {
      guard found.kind == .directory, try DirectoryWalk.names(in: output).isEmpty else {
        throw ImagesFailure.foreignDirectory(output)
      }
    }
    let opened = try SingleImage.open(image.source, platform: transfer.platform)
    let staged = try StagedDirectory(for: output)
    let summary = try LayerUnpacker.unpack(opened, to: staged.path)
    try Interruption.check()
    try staged.commit()
    if summary.skippedSpecialFiles > 0 {
      transfer.reporter.warn("\(summary.skippedSpecialFiles) device nodes and FIFOs were left out")
    }
    if summary.skippedAttributes > 0 {
      transfer.reporter.warn(
        "\(summary.skippedAttributes) extended attributes could not be set", hint: "run packc as root to keep them")
    }
    return ImageTransfer.Outcome(
      digest: opened.descriptor.digest, source: image.source.name, destination: output.description, summary: nil)
  }

  private func archive(
    _ image: LocatedImage, _ format: Format, _ names: [String], _ file: StagedFile, label: String
  ) throws -> ImageTransfer.Outcome {
    guard format == .dockerArchive else {
      return try transfer.copy(
        image, to: .blobs(ArchiveDestination(file, tag: ImageTarget.tag(names), name: label)))
    }
    return try transfer.copy(
      image, to: .dockerArchive(file, names: ImageTarget.dockerNames(names), label: label))
  }
}
