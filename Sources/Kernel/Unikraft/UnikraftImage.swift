internal import Glibc
public import PackCore

extension UnikernelImage {
  /// What an image for Unikraft's ELF loader is made of: no init and no configuration of packc's, since the kernel itself
  /// starts the program as its command line says.
  public struct UnikraftParts: Sendable {
    public var kernel: KernelCatalog.Kernel
    /// argv; the first is an absolute path.
    public var arguments: [String]
    public var environment: [String: String]
    public var directory: RootPath
    public var layers: [LayerContent]
    public var ports: [GuestPort]
    public var mode: BuildMode
    /// MiB; nil for what the initrd's size suggests.
    public var memory: Int?
    public var cpus: Int
    public var volumes: [GuestVolume]

    public init(
      kernel: KernelCatalog.Kernel, arguments: [String], environment: [String: String], directory: RootPath,
      layers: [LayerContent], ports: [GuestPort], mode: BuildMode, memory: Int? = nil, cpus: Int = 1,
      volumes: [GuestVolume] = []
    ) {
      self.kernel = kernel
      self.arguments = arguments
      self.environment = environment
      self.directory = directory
      self.layers = layers
      self.ports = ports
      self.mode = mode
      self.memory = memory
      self.cpus = cpus
      self.volumes = volumes
    }
  }

  /// Writes `kernel`, `initrd`, `cmdline` and `machine.json` into `directory`, which is new or empty.
  ///
  /// - Throws: `unikraft_lacks`, `unikraft_command_line`, `too_little_memory`, `initrd_cannot_carry`.
  public static func write(_ parts: UnikraftParts, to directory: HostPath) throws -> UnikernelImage {
    guard parts.volumes.isEmpty else { throw UnikraftFailure.lacks("volumes (run.volumes)") }
    guard parts.cpus == 1 else { throw UnikraftFailure.lacks("second processor (run.cpus)") }
    let manifest = parts.kernel.manifest
    let network = GuestNetwork.qemuUser
    let cmdline = try UnikraftCommandLine(
      arguments: parts.arguments, environment: parts.environment, directory: parts.directory, network: network,
      features: Set(manifest.features)
    ).text()
    try FileSystem.createDirectory(directory)
    try place(parts.kernel, at: directory / "kernel")
    let entries = entries(of: parts.layers)
    let initrd = try writeInitrd(entries, to: directory / "initrd")
    let line = Array((cmdline + "\n").utf8)
    try FileSystem.writeAtomically(line, to: directory / "cmdline", durable: false)
    let machine = MachineDescription(
      kernel: .init(name: "kernel", digest: manifest.kernel.digest, size: manifest.kernel.size), initrd: initrd,
      cmdline: .init(name: "cmdline", digest: Digest(of: line), size: Int64(line.count)),
      kernelManifest: parts.kernel.digest, release: manifest.release, mode: parts.mode,
      memory: try memory(parts.memory, initrd: initrd.size, entries), cpus: 1, network: network, ports: parts.ports,
      qemuMachines: [.q35], guest: .unikraft)
    try FileSystem.writeAtomically(
      CanonicalJSON.encodePretty(machine.json), to: directory / "machine.json", durable: false)
    return UnikernelImage(directory: directory, machine: machine)
  }

  /// Sorted. The layers have directories in common.
  private static func entries(of layers: [LayerContent]) -> [RootFilesystem.Entry] {
    var entries: [RootPath: RootFilesystem.Entry] = [:]
    for (path, mode) in [(RootPath(literal: "dev"), UInt32(0o755)), (RootPath(literal: "tmp"), 0o1777)] {
      entries[path] = RootFilesystem.Entry(
        path: path, content: .directory, mode: mode, layer: .runtime, origin: "packc")
    }
    for entry in layers.flatMap(\.entries) where entries[entry.path] == nil || !entry.isDirectory {
      entries[entry.path] = entry
    }
    return entries.values.sorted { $0.path < $1.path }
  }

  /// One archive: what stands behind the first one's end is not read there.
  private static func writeInitrd(
    _ entries: [RootFilesystem.Entry], to path: HostPath
  ) throws -> MachineDescription.File {
    var writer = NewcWriter(into: HashingSink(try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)))
    try writer.add(entries)
    var sink = try writer.finish()
    let state = try sink.checkpoint()
    return .init(name: path.name, digest: state.finish(), size: Int64(state.count))
  }

  /// The archive and its files are there at once, each file in one block of a power of two, at a multiple of it. Measured
  /// with 0.16.3: a static C server of 1 MB answers in 20 MiB and not in 16, with a file of 20 MB beside it in 88 and not
  /// in 80, with five of 4 MB in 56.
  private static func memory(
    _ asked: Int?, initrd: Int64, _ entries: [RootFilesystem.Entry]
  ) throws -> MachineDescription.Memory {
    let blocks = entries.map { entry -> Int64 in
      var block: Int64 = 4096
      while block < entry.size { block *= 2 }
      return block
    }
    let bytes = initrd + blocks.reduce(0, +) + (blocks.max() ?? 0)
    let minimum = 16 + Int((bytes + (1 << 20) - 1) >> 20)
    guard let asked else { return .init(minimum: minimum, standard: max(64, (minimum + 32 + 31) / 32 * 32)) }
    guard asked >= minimum else { throw KernelFailure.tooLittleMemory(asked, needed: minimum) }
    return .init(minimum: minimum, standard: asked)
  }
}
