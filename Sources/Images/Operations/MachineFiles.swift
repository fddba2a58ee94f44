public import OCI
public import PackCore

/// Kernel, initrd and command line out of an image that `packc build` made for machines (`…-vm`).
public struct MachineFiles: Sendable {
  public let kernel: HostPath
  public let initrd: HostPath
  public let cmdline: String
  /// `machine.json`; nil for an image that has none.
  public let description: [UInt8]?
  /// Where the image came from, for people.
  public let source: String

  /// - Parameter directory: new or empty; the files lie in it.
  /// - Throws: `no_machine_image` for an image that is none; what reading and unpacking throw.
  public static func unpack(
    _ image: LocatedImage, platform: ImagePlatform?, to directory: HostPath
  ) throws -> MachineFiles {
    let opened = try SingleImage.open(image.source, platform: platform)
    guard let cmdline = opened.config.labels[MachineLabels.cmdline] else { throw ImagesFailure.noMachine(image.name) }
    try LayerUnpacker.unpack(opened, to: directory)
    let files = [MachineLabels.kernelPath, MachineLabels.initrdPath].map { directory / $0 }
    for file in files where try FileSystem.status(file)?.kind != .file { throw ImagesFailure.noMachine(image.name) }
    return MachineFiles(
      kernel: files[0], initrd: files[1], cmdline: cmdline,
      description: try FileSystem.readIfPresent(directory / MachineLabels.descriptionPath, limit: 1 << 20),
      source: image.name)
  }
}
