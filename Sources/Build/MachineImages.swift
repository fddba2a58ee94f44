internal import Kernel
internal import OCI
internal import PackCore

/// The images beside the container's, for tools that start machines. Kernel and initrd are files in ordinary layers, which
/// all three have in common:
///
///     TAG-vm      linux/amd64    /unikraft/bin/kernel, /unikraft/bin/initrd, /urunc.json   KubeVirt's kernelBoot, urunc
///                                /machine.json                                             packc image export
///     TAG-kraft   an index, and in it qemu/x86_64 with the same kernel and initrd          kraft
///
/// KubeVirt and urunc take the two files from any path, kraft only from these. What each tool insists on, and where that was
/// read, is in docs/machine-images.md.
struct MachineImages {
  /// Where the unikernel image is written now.
  let unikernel: UnikernelImage
  /// The kernel in the catalog: a path that stays, so that its layer is known again without reading.
  let kernel: HostPath
  let platform: Platform
  /// Of the container's image: the facts belong to this one as well.
  let labels: [String: String]
  let epoch: Int64
  let cache: LayerCache
  let store: ContentStore

  /// What urunc passes on as `rdinit=`.
  private static let initPath = "/init"

  /// - Returns: by what stands behind the container image's tag.
  func assemble() throws -> [(suffix: String, image: ImageBuilder.Assembled)] {
    let kernel = try layer(file: self.kernel, at: MachineLabels.kernelPath)
    let initrd = try layer(file: unikernel.initrd, at: MachineLabels.initrdPath)
    return [
      ("vm", try virtualMachine(kernel, initrd)), ("kraft", try kraft(kernel, initrd)),
    ]
  }

  // MARK: - KubeVirt and urunc

  private func virtualMachine(_ kernel: Layer, _ initrd: Layer) throws -> ImageBuilder.Assembled {
    var image = ImageDescription(
      platform: platform, entrypoint: [Self.initPath], labels: labels.merging(urunc) { $1 },
      annotations: annotations, epoch: epoch, titles: ["kernel", "urunc.json", "initrd"])
    image.labels[MachineLabels.cmdline] = try unikernel.portableCmdline()
    let document = CanonicalJSON.encode(
      JSONValue(strings: urunc.mapValues { Base64.encode(Array($0.utf8)) }))
    let settings = try layer([
      entry(MachineLabels.descriptionPath, .bytes(CanonicalJSON.encodePretty(unikernel.machine.json))),
      entry(RootPath(literal: "urunc.json"), .bytes(document)),
    ])
    return try ImageBuilder.assemble(image, layers: [kernel, settings, initrd], store: store)
      .annotated([MachineLabels.kind: "vm"])
  }

  /// Labels in plain text; the same in `/urunc.json` in base64. As annotations of the manifest they would reach the runtime
  /// undecoded.
  private var urunc: [String: String] {
    let prefix = "com.urunc.unikernel."
    return [
      prefix + "unikernelType": "linux", prefix + "unikernelVersion": unikernel.machine.release,
      prefix + "hypervisor": "qemu", prefix + "binary": "/\(MachineLabels.kernelPath)",
      prefix + "initrd": "/\(MachineLabels.initrdPath)",
      prefix + "cmdline": Self.initPath, prefix + "useDMBlock": "false",
    ]
  }

  private var annotations: [String: String] { labels.merging([MachineLabels.kind: "vm"]) { $1 } }

  // MARK: - kraft

  /// kraft takes an index for one of its own only with its annotation on index, manifest and descriptor.
  private func kraft(_ kernel: Layer, _ initrd: Layer) throws -> ImageBuilder.Assembled {
    let mark = ["sh.kraftkit.version": PackcVersion.current]
    var image = ImageDescription(
      platform: platform, entrypoint: [],
      arguments: try unikernel.portableCmdline().split(separator: " ").map(String.init),
      labels: labels, annotations: labels.merging(mark) { $1 }, epoch: epoch, titles: ["kernel", "initrd"])
    image.platform = ImagePlatform(os: "qemu", architecture: try Self.unikraftArchitecture(platform))
    return try ImageBuilder.assemble(image, layers: [kernel, initrd], store: store).nested(
      childAnnotations: mark, annotations: mark.merging([MachineLabels.kind: "kraft"]) { $1 }, store: store)
  }

  private static func unikraftArchitecture(_ platform: Platform) throws -> String {
    switch platform.architecture {
    case .amd64: "x86_64"
    case .arm64: "arm64"
    }
  }

  // MARK: - Layers

  private func layer(file: HostPath, at path: RootPath) throws -> Layer {
    guard let status = try FileSystem.status(file) else { throw Failure.system("read", file, errno: 2) }
    return try layer([
      entry(RootPath(literal: "unikraft"), .directory), entry(RootPath(literal: "unikraft/bin"), .directory),
      entry(path, .host(file, status)),
    ])
  }

  /// gzip, whatever the container's layers are: kraft and urunc's engines know nothing else for certain.
  private func layer(_ entries: [RootFilesystem.Entry]) throws -> Layer {
    try cache.layer(
      for: LayerContent(role: .runtime, entries: entries), compression: .gzip, epoch: epoch
    ).0
  }

  /// Readable for everybody: KubeVirt reads the files as user 107.
  private func entry(_ path: RootPath, _ content: RootFilesystem.Entry.Content) -> RootFilesystem.Entry {
    var isDirectory = false
    if case .directory = content { isDirectory = true }
    return RootFilesystem.Entry(
      path: path, content: content, mode: isDirectory ? 0o755 : 0o444, layer: .runtime,
      origin: "packc")
  }
}
