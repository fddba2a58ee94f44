internal import PackCore

/// The directory from which another monitor starts a machine: kernel, initrd, and the monitor's own configuration, which
/// names the two by relative paths. None of these monitors is run here; what each of them takes was read in the API
/// document that it publishes.
///
/// Neither has packc's control channel, so the program's end is told on the console only.
enum MonitorExport {
  /// One network for both, which the host makes: docs/machine-images.md says how.
  enum Network {
    static let tap = "tap0"
    static let host = "172.16.0.1"
    static let guest = "172.16.0.2"
    static let mask = "255.255.255.252"
    /// Locally administered, with the guest's address in it.
    static let mac = "06:00:ac:10:00:02"
    /// For the kernel's command line, see `GuestNetwork`.
    static let parameter = "ip=\(guest)::\(host):\(mask):::off"
  }

  /// The image's command line with the words for this place: a word `key=…` goes before the image's of the same key.
  static func cmdline(_ image: String, replacing words: [String]) -> String {
    let keys = words.compactMap(key(of:))
    let kept = image.split(separator: " ").map(String.init).filter { word in !keys.contains { $0 == key(of: word) } }
    return (kept + words).joined(separator: " ")
  }

  private static func key(of word: String) -> String? {
    word.firstIndex(of: "=").map { String(word[..<$0]) }
  }

  static func requireLinux(_ machine: MachineDescription, _ monitor: String) throws {
    guard machine.guest == .linux else {
      throw KernelFailure.wrongMonitor(monitor, "it is Unikraft, which is built for one monitor, here QEMU", needs: "")
    }
  }

  static func write(_ json: JSONValue, to path: HostPath) throws {
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(json), to: path, durable: false)
  }
}

/// Firecracker's `--config-file` (firecracker: src/firecracker/swagger/firecracker.yaml, `FullVmConfiguration`).
enum Firecracker {
  /// `vcpu_count` of its schema.
  private static let processors = 32

  /// - Throws: `kernel_lacks_devices`, `too_many_cpus`, `no_elf_kernel`.
  static func write(_ files: BootFiles, _ machine: MachineDescription, to directory: HostPath) throws {
    try MonitorExport.requireLinux(machine, "Firecracker")
    guard machine.qemuMachines.contains(.microvm) else {
      throw KernelFailure.wrongMonitor("Firecracker", "it knows no virtio devices without PCI (virtio-mmio)", needs: "")
    }
    guard machine.cpus <= processors else {
      throw KernelFailure.tooManyProcessors("Firecracker", machine.cpus, limit: processors)
    }
    let kernel = try CompressedKernel(
      try FileSystem.read(files.kernel, limit: 256 << 20), name: files.kernel.description)
    let elf = try StagedFile(for: directory / "vmlinux")
    try kernel.write(to: elf.file)
    try elf.commit()
    try FileSystem.copyFile(files.initrd, to: directory / "initrd", mode: 0o644)
    try MonitorExport.write(configuration(files.cmdline, machine), to: directory / "firecracker.json")
  }

  static func configuration(_ cmdline: String, _ machine: MachineDescription) -> JSONValue {
    [
      "boot-source": [
        "kernel_image_path": "vmlinux", "initrd_path": "initrd",
        // A reset by the keyboard controller is how a guest ends Firecracker.
        "boot_args": .string(
          MonitorExport.cmdline(cmdline, replacing: ["reboot=k", MonitorExport.Network.parameter])),
      ],
      "machine-config": [
        "vcpu_count": .integer(Int64(machine.cpus)), "mem_size_mib": .integer(Int64(machine.memory.standard)),
      ],
      // Its parser insists on the list.
      "drives": [],
      "network-interfaces": [
        [
          "iface_id": "eth0", "host_dev_name": .string(MonitorExport.Network.tap),
          "guest_mac": .string(MonitorExport.Network.mac),
        ]
      ],
      "entropy": [:],
    ]
  }
}

/// The body of cloud-hypervisor's `vm.create` (cloud-hypervisor: vmm/src/api/openapi/cloud-hypervisor.yaml, `VmConfig`).
enum CloudHypervisor {
  /// - Throws: `kernel_lacks_devices`.
  static func write(_ files: BootFiles, _ machine: MachineDescription, to directory: HostPath) throws {
    try MonitorExport.requireLinux(machine, "cloud-hypervisor")
    guard machine.hasACPI, machine.qemuMachines.contains(.q35) else {
      throw KernelFailure.wrongMonitor(
        "cloud-hypervisor", "it finds its devices by ACPI and PCI, and the kernel \(machine.release) has not both",
        needs: " --profile tiny --need acpi,pci")
    }
    try FileSystem.copyFile(files.kernel, to: directory / "kernel", mode: 0o644)
    try FileSystem.copyFile(files.initrd, to: directory / "initrd", mode: 0o644)
    try MonitorExport.write(configuration(files.cmdline, machine), to: directory / "cloud-hypervisor.json")
  }

  static func configuration(_ cmdline: String, _ machine: MachineDescription) -> JSONValue {
    [
      "payload": [
        "kernel": "kernel", "initramfs": "initrd",
        // A reset would start the machine again.
        "cmdline": .string(
          MonitorExport.cmdline(cmdline, replacing: ["packc.end=off", MonitorExport.Network.parameter])),
      ],
      "cpus": ["boot_vcpus": .integer(Int64(machine.cpus)), "max_vcpus": .integer(Int64(machine.cpus))],
      "memory": ["size": .integer(Int64(machine.memory.standard) << 20)],
      "net": [
        [
          "tap": .string(MonitorExport.Network.tap), "ip": .string(MonitorExport.Network.host),
          "mask": .string(MonitorExport.Network.mask), "mac": .string(MonitorExport.Network.mac),
        ]
      ],
      "rng": ["src": "/dev/urandom"],
      "serial": ["mode": "Tty"],
      "console": ["mode": "Off"],
    ]
  }
}
