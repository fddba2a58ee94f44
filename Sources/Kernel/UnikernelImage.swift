internal import Glibc
public import PackCore

/// The directory `.packc/unikernel`: `kernel`, `initrd`, `cmdline` and `machine.json`, and `root` where that is a disk.
public struct UnikernelImage: Sendable {
  public let directory: HostPath
  public let machine: MachineDescription

  /// What an image is made of.
  public struct Parts: Sendable {
    public var base: GuestBase
    public var segments: [InitrdSegment]
    public var ports: [GuestPort]
    /// MiB; nil for what the initrd's size suggests.
    public var memory: Int?
    public var cpus: Int
    public var root = RootForm.initrd
    /// See `MachineDescription`.
    public var egress: [String]?

    public init(base: GuestBase, segments: [InitrdSegment], ports: [GuestPort], memory: Int? = nil, cpus: Int = 1) {
      self.base = base
      self.segments = segments
      self.ports = ports
      self.memory = memory
      self.cpus = cpus
    }
  }

  /// Writes the image into `directory`; `cache` keeps the layers' segments. `machine.json` comes last and atomically, and
  /// names the digests of the others, so a build that was cut off is told from a whole one.
  /// `previous`: the directory of the image that this one will replace.
  public static func write(
    _ parts: Parts, to directory: HostPath, cache: HostPath, replacing previous: HostPath? = nil
  ) throws -> (UnikernelImage, WrittenInitrd) {
    try FileSystem.createDirectory(directory)
    try FileSystem.removeFile(directory / "machine.json")
    let kernel = parts.base.kernel
    try place(kernel, at: directory / "kernel")
    let root = try rootDisk(parts, in: directory, cache, previous)
    var base = parts.base
    base.configuration.root = parts.root
    let initrd = try InitrdBuilder(cache: cache).write(
      base: base, segments: root == nil ? parts.segments : [], to: directory / "initrd",
      replacing: previous.map { $0 / "initrd" })
    let words = [cmdline(base.configuration.mode, kernel.manifest), root?.parameter].compactMap { $0 }
    let cmdline = Array((words.joined(separator: " ") + "\n").utf8)
    try FileSystem.writeAtomically(cmdline, to: directory / "cmdline", durable: false)
    let machine = MachineDescription(
      kernel: .init(name: "kernel", digest: kernel.manifest.kernel.digest, size: kernel.manifest.kernel.size),
      initrd: .init(name: "initrd", digest: initrd.digest, size: initrd.size), root: root,
      cmdline: .init(name: "cmdline", digest: Digest(of: cmdline), size: Int64(cmdline.count)),
      kernelManifest: kernel.digest, release: kernel.manifest.release, mode: parts.base.configuration.mode,
      memory: try memory(parts.memory, initrd: initrd.size, kernel.manifest), cpus: parts.cpus,
      network: parts.base.configuration.network, ports: parts.ports,
      volumes: parts.base.configuration.volumes, egress: parts.egress, qemuMachines: machines(kernel.manifest),
      hasACPI: !kernel.manifest.isWithoutACPI, worksWithoutACPI: kernel.manifest.worksWithoutACPI,
      architecture: kernel.manifest.architecture)
    try FileSystem.writeAtomically(
      CanonicalJSON.encodePretty(machine.json), to: directory / "machine.json", durable: false)
    return (UnikernelImage(directory: directory, machine: machine), initrd)
  }

  private static func rootDisk(
    _ parts: Parts, in directory: HostPath, _ cache: HostPath, _ previous: HostPath?
  ) throws -> RootDisk? {
    let path = directory / "root"
    guard parts.root == .erofs else {
      try FileSystem.removeFile(path)
      return nil
    }
    let missing = parts.base.kernel.manifest.missingForRootDisk
    guard missing.isEmpty else { throw KernelFailure.noRootDisk(parts.base.kernel.manifest, missing) }
    // The images for machines without a disk hold the same layers.
    for segment in parts.segments { try InitrdBuilder.check(segment.layer) }
    let configuration = parts.base.configuration
    return try RootDiskBuilder(cache: cache).write(
      parts.segments, places: configuration.writable + configuration.volumes.map(\.mount),
      hostname: configuration.hostname, to: path, replacing: previous.map { $0 / "root" }
    ).disk
  }

  private static func memory(
    _ asked: Int?, initrd: Int64, _ kernel: KernelManifest
  ) throws -> MachineDescription.Memory {
    let needed = MachineDescription.Memory(
      initrdSize: initrd, kernelSize: kernel.kernel.size, isTailored: kernel.build != nil)
    guard let asked else { return needed }
    guard asked >= needed.minimum else { throw KernelFailure.tooLittleMemory(asked, needed: needed.minimum) }
    return .init(minimum: needed.minimum, standard: asked)
  }

  /// A kernel that stays as it is (same size and digest) is not copied again.
  static func place(_ kernel: KernelCatalog.Kernel, at path: HostPath) throws {
    let wanted = kernel.manifest.kernel
    if try FileSystem.status(path)?.size == wanted.size, try FileSystem.digest(of: path) == wanted.digest { return }
    let staged = path.parent / ".\(path.name).\(getpid())"
    defer { try? FileSystem.removeFile(staged) }
    try FileSystem.removeFile(staged)
    try FileSystem.copyFile(kernel.file, to: staged, mode: 0o644)
    guard try FileSystem.digest(of: staged) == wanted.digest else {
      throw KernelFailure.damaged(kernel.file.description, "it is not what was imported")
    }
    try FileSystem.rename(staged, to: path)
  }

  /// `rootfstype=ramfs`: a tmpfs would hold half of the memory only. `reboot=t` (triple fault) ends every PC at once,
  /// which the keyboard controller's way and power-off do not; on arm64 the firmware's interface (PSCI) does.
  /// `panic=-1`: a panic ends it too. `acpi=off` is for the machine as much as for the kernel: `QEMUCommand` reads it.
  static func cmdline(_ mode: BuildMode, _ kernel: KernelManifest) -> String {
    let console = MachineDescription.console(kernel.architecture)
    let common =
      "console=\(console) rootfstype=ramfs" + (kernel.architecture == .amd64 ? " reboot=t" : "") + " panic=-1"
      + (kernel.isWithoutACPI ? " \(QEMUCommand.withoutACPI)" : "")
    // In release only what ends the machine: an alert, an emergency.
    return common + (mode == .release ? " quiet loglevel=2" : " loglevel=7")
  }

  /// Those with whose devices the kernel can do something; all where nothing is known of it.
  private static func machines(_ kernel: KernelManifest) -> [QEMUMachine] {
    if kernel.architecture == .arm64 { return [.virt] }
    let features = Set(kernel.features)
    let known = features.contains("acpi") || features.contains("pci") || kernel.isWithoutACPI
    var machines: [QEMUMachine] = []
    if !known || features.isSuperset(of: ["acpi", "mmio"]) || kernel.isWithoutACPI { machines.append(.microvm) }
    if !known || features.isSuperset(of: ["pci", "virtio-pci"]) { machines.append(.q35) }
    return machines.isEmpty ? [.q35] : machines
  }

  // MARK: - Reading

  /// Opens an image and compares kernel, initrd, command line and the root's disk with the digests in `machine.json`.
  public static func open(_ directory: HostPath) throws -> UnikernelImage {
    let path = directory / "machine.json"
    guard let bytes = try FileSystem.readIfPresent(path, limit: 1 << 20) else {
      throw Failure(
        "no_unikernel", "\(directory) holds no unikernel image (no machine.json)", hint: "run `packc build` first",
        exit: .badInput)
    }
    let machine = try MachineDescription(json: try JSONParser.parse(bytes, name: path.description))
    for file in [machine.kernel, machine.initrd, machine.cmdline] {
      let found = directory / file.name
      guard let status = try FileSystem.target(found), status.size == file.size,
        try FileSystem.digest(of: found) == file.digest
      else {
        throw Failure(
          "unikernel_changed", "\(found) is not the file that machine.json names (\(file.digest.short))",
          hint: "build it again with `packc build`", exit: .badInput)
      }
    }
    let image = UnikernelImage(directory: directory, machine: machine)
    if let failure = try image.rootDamage() { throw failure }
    return image
  }

  /// What is wrong with the root's disk; nil when nothing is, or when there is none.
  public func rootDamage() throws -> Failure? {
    guard let disk = machine.root, let file = root, let place = try disk.damage(of: file) else { return nil }
    return KernelFailure.rootDamaged(file, at: place)
  }

  /// The root's disk, where there is one.
  public var root: HostPath? { machine.root.map { directory / $0.name } }
  public var kernel: HostPath { directory / machine.kernel.name }
  public var initrd: HostPath { directory / machine.initrd.name }
  /// For machines that others start, on a network that packc does not know: a server there says the address, as QEMU's user
  /// network does, too.
  public func portableCmdline() throws -> String {
    try cmdline() + (machine.guest == .linux ? " ip=dhcp" : "")
  }

  /// One line, without its newline.
  public func cmdline() throws -> String {
    let bytes = try FileSystem.read(directory / machine.cmdline.name, limit: 4096)
    return String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
  }
}
