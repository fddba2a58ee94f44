internal import Config
internal import Kernel
internal import OCI
internal import PackCore

extension OutputStage {
  /// A unikernel image that was written, and where.
  struct Unikernel {
    let image: UnikernelImage
    let kernel: KernelCatalog.Kernel
    let cmdline: String

    var json: JSONValue {
      let machine = image.machine
      return [
        "kernel": ["path": JSONValue(image.kernel), "digest": JSONValue(machine.kernel.digest)],
        "initrd": [
          "path": JSONValue(image.initrd), "digest": JSONValue(machine.initrd.digest),
          "size": .integer(machine.initrd.size),
        ],
        "cmdline": .string(cmdline),
      ]
    }
  }

  /// One segment of the initrd for each layer, kept by the layer's diffID.
  mutating func writeUnikernel(_ parts: Parts) throws -> Unikernel? {
    let directory = output / "unikernel"
    guard let kernel else {
      try FileSystem.removeTree(directory)
      return nil
    }
    let run = project.config?.run
    let base = GuestBase(
      initFile: kernel.initFile,
      configuration: GuestConfiguration(
        arguments: parts.settings.argv, environment: parts.settings.environment,
        directory: parts.settings.workingDirectory, user: BaseFiles.user, group: BaseFiles.user,
        hostname: parts.identity.nameIsStated ? parts.identity.name : "packc", writable: parts.settings.writable,
        mode: request.mode), kernel: kernel.kernel)
    let (image, _) = try UnikernelImage.write(
      UnikernelImage.Parts(
        base: base, segments: zip(parts.layers, parts.contents).map { InitrdSegment(key: $0.diffID, layer: $1) },
        ports: parts.settings.ports.compactMap { GuestPort($0) },
        memory: run?.memory.map { Int($0.bytes >> 20) }, cpus: run?.cpus ?? 1),
      to: directory, cache: planning.cache / "segments")
    addFiles(["kernel", "initrd", "cmdline", "machine.json"].map { directory / $0 })
    return Unikernel(image: image, kernel: kernel.kernel, cmdline: try image.cmdline())
  }
}
