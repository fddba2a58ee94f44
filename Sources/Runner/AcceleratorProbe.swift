internal import Glibc
internal import Kernel
internal import PackCore

/// Whether KVM works here. That /dev/kvm opens and makes a machine says nothing: nested hosts were seen where guests then
/// hang or reset. So the image's kernel is booted once by KVM without an initrd: it works when that kernel gets as far
/// as to panic for want of a root. The answer is kept until the host boots again or QEMU changes.
struct AcceleratorProbe {
  let qemu: HostPath
  let kernel: HostPath
  let cache: HostPath?
  private static let proof = "VFS: Unable to mount root fs"
  private static let limit = 3.0

  /// Throws when packc is interrupted meanwhile: then nothing was learnt.
  func choose() throws -> Accelerator {
    guard access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
    let key = key()
    if let known = known(key) { return known }
    let found = try boots() ? Accelerator.kvm : .tcg
    remember(key, found)
    return found
  }

  /// What an earlier answer says; for a kernel that would show nothing by being booted.
  func remembered() -> Accelerator { known(key()) ?? .tcg }

  private func boots() throws -> Bool {
    let command = Command(
      [
        qemu.description, "-M", "q35", "-accel", "kvm", "-cpu", "host", "-m", "128M", "-nodefaults", "-no-user-config",
        "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel.description, "-append",
        "console=ttyS0 reboot=t panic=-1 quiet",
      ], environment: ["PATH": "/usr/bin:/bin"], timeout: Self.limit, grace: 0)
    return try ProcessRunner().run(command).outputText.contains(Self.proof)
  }

  // MARK: - Memory

  private var record: HostPath? { cache.map { $0 / "accelerator.json" } }

  private func key() -> String {
    var bytes = (try? FileSystem.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
    if let status = (try? FileSystem.target(qemu)) ?? nil { status.fingerprint(into: &bytes) }
    return Digest(of: bytes).hex
  }

  private func known(_ key: String) -> Accelerator? {
    guard let record, let bytes = try? FileSystem.readIfPresent(record, limit: 4096),
      let json = try? JSONParser.parse(bytes), json["key"]?.string == key
    else { return nil }
    return json["accelerator"]?.string.flatMap { Accelerator(rawValue: $0) }
  }

  private func remember(_ key: String, _ accelerator: Accelerator) {
    guard let record else { return }
    let json: JSONValue = ["key": .string(key), "accelerator": .string(accelerator.rawValue)]
    // Only a convenience: the next run asks again.
    try? FileSystem.createDirectory(record.parent)
    try? FileSystem.writeAtomically(CanonicalJSON.encode(json), to: record, durable: false)
  }
}
