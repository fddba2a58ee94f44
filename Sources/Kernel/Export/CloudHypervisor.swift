internal import PackCore

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
