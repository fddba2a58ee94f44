internal import PackCore

extension KernelFailure {
  static func noStub(_ path: HostPath) -> Failure {
    Failure(
      "efi_stub_missing", "an EFI program needs systemd's stub, and there is none at \(path)",
      hint: "sudo apt-get install systemd-boot-efi", exit: .toolchain)
  }
  static func badStub(_ name: String, _ why: String) -> Failure {
    Failure(
      "bad_efi_stub", "\(name) is not an EFI stub that sections can be added to: \(why)",
      hint: "install systemd-boot-efi anew", exit: .badInput)
  }
  static func noEFIKernel(_ path: String) -> Failure {
    Failure(
      "no_efi_kernel", "\(path) cannot be started by firmware: it has no EFI stub",
      hint: "build the project with a kernel that has one (CONFIG_EFI_STUB), such as Debian's: "
        + "`packc kernel import`, then `packc build --kernel NAME`; or export --format kernel+initrd", exit: .badInput)
  }
  static func efiArchitecture(_ path: String) -> Failure {
    Failure(
      "efi_architecture", "\(path) is not for x86-64, and EFI programs and disks are made for that only",
      hint: "export --format kernel+initrd", exit: .badInput)
  }
  static func rootIsDisk(_ format: String) -> Failure {
    Failure(
      "root_is_disk", "this image's root is a disk of its own, for which \(format) has no place",
      hint: "export it from the image for machines, whose root is in the initrd (packc image export "
        + "oci:.packc/image:NAME-vm --format \(format) …); or export disk.raw or qcow2, which hold the disk",
      exit: .badInput)
  }
  static func tooLargeForEFI(_ size: Int64) -> Failure {
    Failure(
      "too_large_for_efi", "\(ByteText.text(size)) are more than an EFI program can hold",
      hint: "export --format kernel+initrd", exit: .badInput)
  }
  static func occupied(_ path: HostPath) -> Failure {
    Failure(
      "not_empty", "\(path) is there and is no empty directory", hint: "choose another place, or remove it",
      exit: .badInput)
  }
  static func noPayload(_ name: String, _ why: String) -> Failure {
    Failure(
      "no_elf_kernel", "Firecracker starts an ELF file, and \(name) holds none that packc can take out: \(why)",
      hint:
        "build the project with a kernel of `packc kernel build` or with Debian's; LZ4, gzip and zstd are understood",
      exit: .badInput)
  }
  static func wrongMonitor(_ monitor: String, _ why: String, needs: String) -> Failure {
    Failure(
      "kernel_lacks_devices", "this machine's kernel cannot run under \(monitor): \(why)",
      hint: "build a kernel that can, with `packc kernel build\(needs)`, then the project with it: "
        + "`packc build --kernel NAME`", exit: .badInput)
  }
  static func noDescription() -> Failure {
    Failure(
      "no_machine_description", "the image does not say what machine it needs (no /machine.json)",
      hint: "build and push it again with this packc", exit: .badInput)
  }
  static func tooManyProcessors(_ monitor: String, _ count: Int, limit: Int) -> Failure {
    Failure(
      "too_many_cpus", "\(monitor) gives a machine \(limit) processors at most, and this one has \(count)",
      hint: "build it with fewer (unik.yaml: run.cpus)", exit: .badInput)
  }
  static func noDiskTools(_ names: [String], packages: [String]) -> Failure {
    Failure(
      "tool_missing", "\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") not in PATH",
      hint: packages.isEmpty ? "see `packc check`" : "sudo apt-get install \(packages.joined(separator: " "))",
      exit: .toolchain)
  }
  static func diskToolFailed(_ name: String, cause: String) -> Failure {
    Failure("tool_failed", "\(name) failed", hint: "is there room on the disk?", cause: cause)
  }
}
