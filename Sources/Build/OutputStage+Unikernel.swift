internal import Config
internal import Kernel
internal import OCI
internal import PackCore

extension BuildRequest {
  /// `--rootfs`, then unik.yaml, then memory.
  func root(_ run: UnikFile.Run?) -> RootForm {
    root ?? run?.root.flatMap { RootForm(rawValue: $0.rawValue) } ?? .initrd
  }
}

extension OutputStage {
  /// A unikernel image that was written, and where.
  struct Unikernel {
    /// Where it will lie; `image` is where it was written.
    let directory: HostPath
    let image: UnikernelImage
    let cmdline: String
    /// The same with its root in the initrd, for tools that give a machine no disk.
    let diskless: UnikernelImage
    /// Where that lies, when it is not `image` itself.
    let work: WorkDirectory?

    var json: JSONValue {
      let machine = image.machine
      return JSONValue(compact: [
        "kernel": ["path": JSONValue(directory / machine.kernel.name), "digest": JSONValue(machine.kernel.digest)],
        "initrd": [
          "path": JSONValue(directory / machine.initrd.name), "digest": JSONValue(machine.initrd.digest),
          "size": .integer(machine.initrd.size),
        ],
        "root": machine.root.map {
          ["path": JSONValue(directory / $0.name), "verity": JSONValue($0.rootHash), "size": .integer($0.size)]
        },
        "cmdline": .string(cmdline),
      ])
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
    var machine = UnikernelImage.Parts(
      base: base, segments: zip(parts.layers, parts.contents).map { InitrdSegment(key: $0.diffID, layer: $1) },
      ports: parts.settings.ports.compactMap { GuestPort($0) },
      memory: run?.memory.map { Int($0.bytes >> 20) }, cpus: run?.cpus ?? 1)
    machine.root = request.root(run)
    machine.egress = project.config?.contract.egress?.map(\.value)
    let segments = planning.cache / "segments"
    let (image, _) = try UnikernelImage.write(machine, to: staged, cache: segments, replacing: directory)
    return try written(image, diskless: diskless(machine, segments))
  }

  /// The files of an image, which was written beside its place.
  mutating func written(
    _ image: UnikernelImage, diskless: (image: UnikernelImage, place: WorkDirectory)? = nil
  ) throws -> Unikernel {
    let directory = output / "unikernel"
    addFiles(["kernel", "initrd", "cmdline", "machine.json"].map { directory / $0 })
    if let root = image.machine.root { addFiles([directory / root.name]) }
    return Unikernel(
      directory: directory, image: image, cmdline: try image.cmdline(), diskless: diskless?.image ?? image,
      work: diskless?.place)
  }

  /// Nil where the image is so already, or where nobody asks for it.
  private func diskless(
    _ parts: UnikernelImage.Parts, _ cache: HostPath
  ) throws -> (image: UnikernelImage, place: WorkDirectory)? {
    guard parts.root != .initrd, request.makesImage else { return nil }
    var parts = parts
    parts.root = .initrd
    // What unik.yaml gives the machine may be too little for a root in memory, and whoever starts these gives their own.
    parts.memory = nil
    let place = try WorkDirectory(in: planning.cache / "work", prefix: "machine")
    return (try UnikernelImage.write(parts, to: place.path, cache: cache).0, place)
  }

  func shortcomings(of kernel: KernelCatalog.Kernel, _ parts: Parts, cpus: Int) -> [String] {
    let isDefaultPort = parts.settings.decisions.contains {
      $0.what == "ports" && $0.value == ProgramSettings.defaultPort && $0.source.hasPrefix("packc's default")
    }
    let served = isDefaultPort ? [] : parts.settings.ports.compactMap { GuestPort($0) }
    return kernel.manifest.shortcomings(ports: served, cpus: cpus)
  }
}
