internal import PackCore

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
    try writeKernel(files.kernel, to: directory / "vmlinux")
    try FileSystem.copyFile(files.initrd, to: directory / "initrd", mode: 0o644)
    try MonitorExport.write(configuration(files.cmdline, machine), to: directory / "firecracker.json")
  }

  /// The ELF file: what the kernel is, or what is in it.
  private static func writeKernel(_ kernel: HostPath, to path: HostPath) throws {
    let bytes = try FileSystem.read(kernel, limit: 256 << 20)
    guard try KernelImage.parse(bytes, name: kernel.description).format != .vmlinux else {
      return try FileSystem.copyFile(kernel, to: path, mode: 0o644)
    }
    let compressed = try CompressedKernel(bytes, name: kernel.description)
    let staged = try StagedFile(for: path)
    try compressed.write(to: staged.file)
    try staged.commit()
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
