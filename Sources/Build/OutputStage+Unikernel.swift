internal import Config
internal import Kernel
internal import OCI
internal import PackCore

extension OutputStage {
  /// A unikernel image that was written, and where.
  struct Unikernel {
    /// Where it will lie; `image` is where it was written.
    let directory: HostPath
    let image: UnikernelImage
    let cmdline: String

    var json: JSONValue {
      let machine = image.machine
      return [
        "kernel": ["path": JSONValue(directory / machine.kernel.name), "digest": JSONValue(machine.kernel.digest)],
        "initrd": [
          "path": JSONValue(directory / machine.initrd.name), "digest": JSONValue(machine.initrd.digest),
          "size": .integer(machine.initrd.size),
        ],
        "cmdline": .string(cmdline),
      ]
    }
  }

  /// One segment of the initrd for each layer, kept by the layer's diffID.
  mutating func writeUnikernel(_ parts: Parts, in staged: HostPath) throws -> Unikernel? {
    guard let kernel else { return nil }
    guard kernel.kernel.manifest.format != .unikraft else { return try writeUnikraft(parts, kernel.kernel, in: staged) }
    let directory = output / "unikernel"
    let run = project.config?.run
    let volumes = parts.settings.volumes.map {
      GuestVolume(name: $0.name.description, size: Int64($0.size.bytes), mount: $0.mount)
    }
    for sentence in shortcomings(of: kernel.kernel, parts, cpus: run?.cpus ?? 1) {
      planning.reporter.warn(sentence, hint: "build one for this program: packc kernel build --profile tiny")
    }
    let base = GuestBase(
      initFile: kernel.initFile,
      configuration: GuestConfiguration(
        arguments: parts.settings.argv, environment: parts.settings.environment,
        directory: parts.settings.workingDirectory, user: BaseFiles.user, group: BaseFiles.user,
        hostname: parts.identity.nameIsStated ? parts.identity.name : "packc",
        writable: parts.settings.writable.filter { path in !volumes.contains { $0.mount == path } }, volumes: volumes,
        mode: request.mode), kernel: kernel.kernel)
    let (image, _) = try UnikernelImage.write(
      UnikernelImage.Parts(
        base: base, segments: zip(parts.layers, parts.contents).map { InitrdSegment(key: $0.diffID, layer: $1) },
        ports: parts.settings.ports.compactMap { GuestPort($0) },
        memory: run?.memory.map { Int($0.bytes >> 20) }, cpus: run?.cpus ?? 1),
      to: staged, cache: planning.cache / "segments", replacing: directory / "initrd")
    return try written(image)
  }

  /// The files of an image, which was written beside its place.
  mutating func written(_ image: UnikernelImage) throws -> Unikernel {
    let directory = output / "unikernel"
    addFiles(["kernel", "initrd", "cmdline", "machine.json"].map { directory / $0 })
    return Unikernel(directory: directory, image: image, cmdline: try image.cmdline())
  }

  func shortcomings(of kernel: KernelCatalog.Kernel, _ parts: Parts, cpus: Int) -> [String] {
    let isDefaultPort = parts.settings.decisions.contains {
      $0.what == "ports" && $0.value == ProgramSettings.defaultPort && $0.source.hasPrefix("packc's default")
    }
    let served = isDefaultPort ? [] : parts.settings.ports.compactMap { GuestPort($0) }
    return kernel.manifest.shortcomings(ports: served, cpus: cpus)
  }
}
