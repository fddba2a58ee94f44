internal import PackCore

/// The errors of this module, each code in one place.
enum KernelFailure {
  private static let otherWays =
    "import a kernel file with `packc kernel import /boot/vmlinuz-…`, or build without one: --no-unikernel"

  static func notAKernel(_ path: String, _ why: String) -> Failure {
    Failure(
      "not_a_kernel", "\(path) is not a kernel that packc can boot: \(why)",
      hint: "give a bzImage for x86-64, such as /boot/vmlinuz-… of Debian, Ubuntu or Fedora, a vmlinux with "
        + "CONFIG_PVH, or an Image for arm64", exit: .badInput)
  }
  static func otherType(_ path: String, _ found: String, wanted: String) -> Failure {
    Failure(
      "kernel_type", "\(path) is \(found), and --type asks for \(wanted)",
      hint: "leave out --type: packc sees what the file is", exit: .badInput)
  }
  static func otherArchitecture(_ path: String, _ architecture: String) -> Failure {
    Failure(
      "kernel_architecture", "\(path) is a kernel for \(architecture); packc's machines are x86-64 and arm64",
      hint: "import a kernel for x86-64 (amd64) or arm64", exit: .badInput)
  }
  static func badModule(_ path: String, _ why: String) -> Failure {
    Failure("bad_module", "\(path) is not a kernel module: \(why)", exit: .badInput)
  }
  static func noModules(_ path: String) -> Failure {
    Failure(
      "no_modules", "\(path) is Unikraft's ELF loader, which has no modules", hint: "leave out --modules", exit: .usage)
  }
  static func modulesMissing(_ directory: String) -> Failure {
    Failure(
      "modules_missing", "\(directory) holds no kernel modules",
      hint: "name the directory of that kernel's modules, such as /lib/modules/VERSION, with --modules", exit: .badInput
    )
  }
  static func noTool(_ name: String, package: String) -> Failure {
    Failure(
      "tool_missing", "\(name) is needed to import Debian's kernel and is not in PATH",
      hint: "install it (`sudo apt-get install \(package)`); on another distribution " + otherWays, exit: .toolchain)
  }
  static func noPackage(_ package: String, cause: String?) -> Failure {
    Failure(
      "kernel_unavailable", "apt knows no package \(package)",
      hint: "run `sudo apt-get update` and try again; or " + otherWays, exit: .unavailable, cause: cause)
  }
  static func downloadFailed(_ package: String, cause: String?) -> Failure {
    Failure(
      "kernel_unavailable", "apt cannot download \(package)",
      hint: "check the network, or run `sudo apt-get update` if the package list is old; or " + otherWays,
      exit: .unavailable, cause: cause)
  }
  static func wrongPackage(_ package: String, expected: String, found: String) -> Failure {
    Failure(
      "kernel_digest", "the downloaded \(package) has SHA-256 \(found); apt's list says \(expected)",
      hint: "run `sudo apt-get update` and try again", exit: .badInput)
  }
  static func unpackFailed(_ what: String, cause: String) -> Failure {
    Failure("unpack_failed", "cannot unpack \(what)", exit: .failed, cause: cause)
  }
  static func unknownKernel(_ name: String, known: [String]) -> Failure {
    Failure(
      "unknown_kernel", "there is no kernel \"\(name)\" in the catalog",
      hint: known.isEmpty
        ? "import one with `packc kernel import`"
        : "the catalog has \(known.joined(separator: ", ")); see `packc kernel list`",
      exit: .badInput)
  }
  static func noKernel(for platform: Platform, others: [String]) -> Failure {
    Failure(
      "no_kernel", "the catalog has no kernel for \(platform)",
      hint: "build one with `packc kernel build --platform \(platform)`, import one with `packc kernel import FILE`, "
        + "or build without one: --no-unikernel", exit: .badInput, details: ["known": JSONValue(strings: others)])
  }
  static func kernelOfOtherPlatform(_ kernel: KernelManifest, wanted: Platform) -> Failure {
    Failure(
      "kernel_architecture",
      "the kernel \(kernel.name) is for \(kernel.architecture.rawValue), and the image for \(wanted)",
      hint: "name another (`packc kernel list`), or build one: packc kernel build --platform \(wanted)", exit: .badInput
    )
  }
  static func ambiguousKernel(_ name: String, _ digests: [String]) -> Failure {
    Failure(
      "ambiguous_kernel", "several kernels are called \"\(name)\": \(digests.joined(separator: ", "))",
      hint: "name one by its digest", exit: .badInput)
  }
  static func damaged(_ path: String, _ why: String) -> Failure {
    Failure("kernel_damaged", "\(path) is damaged: \(why)", hint: "remove that directory and import the kernel again")
  }
  static func foreign(_ place: String, _ why: String) -> Failure {
    Failure(
      "kernel_damaged", "\(place) is no kernel that can be taken: \(why)",
      hint: "ask whoever pushed it to push it again with `packc kernel push`", exit: .badInput)
  }
  static func cannotCarry(_ path: String, _ why: String, hint: String? = nil) -> Failure {
    Failure("initrd_cannot_carry", "\(path) cannot be in a machine's root: \(why)", hint: hint, exit: .badInput)
  }
  static func noRootDisk(_ kernel: KernelManifest, _ missing: [String]) -> Failure {
    let other =
      kernel.build == nil
      ? "if packc imported it before it knew root disks, import it again (`packc kernel import --default`)"
      : "build another (`packc kernel build`, or `packc kernel build --profile tiny --need block`)"
    return Failure(
      "no_root_disk",
      "the kernel \(kernel.name) cannot take its root from a disk: it lacks \(missing.joined(separator: ", "))",
      hint: "\(other); or keep the root in memory: --rootfs initrd", exit: .badInput)
  }
  /// - Parameter place: a byte of the damaged block; -1 where that is not known.
  static func rootDamaged(_ path: HostPath, at place: Int64) -> Failure {
    Failure(
      "root_damaged",
      "the root disk \(path) is damaged: \(place < 0 ? "it is" : "its block at byte \(place) is") not what was built",
      hint: "build it again with `packc build`", exit: .badInput)
  }
  static func changed(_ path: String) -> Failure {
    Failure(
      "file_changed", "\(path) changed while it was read", hint: "run it again when nothing else writes to it",
      exit: .tryAgain)
  }
  static func badConfiguration(_ what: String, hint: String? = nil) -> Failure {
    Failure("bad_guest_configuration", what, hint: hint, exit: .badInput)
  }
  static func tooLittleMemory(_ given: Int, needed: Int) -> Failure {
    Failure(
      "too_little_memory", "\(given) MiB of memory is too little: this image needs \(needed) MiB to boot",
      hint: "give it at least \(needed)Mi (unik.yaml: run.memory, or --memory)", exit: .badInput)
  }
}
