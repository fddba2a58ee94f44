/// What a program, or the machine that it runs in, may need of a kernel beside the core. The lines of a profile name the
/// needs that they serve; `tiny` keeps only those of the needs that there are.
public enum KernelNeed: String, CaseIterable, Sendable, Comparable {
  case acpi, aio, block, coredump, hardened, hugepages, mqueue, namespaces, net, pci, seccomp, smp, sockets,
    sysvipc
  case vsock, xattr, ipv6
  case ioUring = "io-uring"
  case packedInitrd = "packed-initrd"

  public static func < (a: KernelNeed, b: KernelNeed) -> Bool { a.rawValue < b.rawValue }

  /// What does not work without it.
  public var meaning: String {
    switch self {
    case .acpi: "devices that the machine describes by ACPI"
    case .aio: "io_submit(2)"
    case .block: "disks: volumes, and a root that is not in memory"
    case .coredump: "a core file after a crash"
    case .hardened: "addresses that differ from boot to boot, guarded kernel stacks"
    case .hugepages: "large pages for large heaps"
    case .ioUring: "io_uring(7)"
    case .ipv6: "IPv6"
    case .mqueue: "POSIX message queues"
    case .namespaces: "namespaces, for programs that confine their children"
    case .net: "IPv4 and the network device"
    case .packedInitrd: "an initrd that somebody has compressed"
    case .pci: "machines with a PCI bus (q35, cloud-hypervisor)"
    case .seccomp: "filters of system calls"
    case .smp: "more than one processor"
    case .sockets: "sockets of any kind, between processes too"
    case .sysvipc: "System V shared memory, semaphores and message queues"
    case .vsock: "sockets between machine and host"
    case .xattr: "extended attributes in tmpfs"
    }
  }

  /// What it cannot be without.
  var implied: [KernelNeed] {
    switch self {
    case .ipv6: [.net, .sockets]
    case .net, .vsock, .seccomp, .namespaces: [.sockets]
    default: []
    }
  }

  /// All of them, and what they cannot be without.
  static func closure(_ needs: some Sequence<KernelNeed>) -> Set<KernelNeed> {
    needs.reduce(into: []) { $0.formUnion([$1] + $1.implied) }
  }
}

/// The kernels that Debian has the source of.
public enum KernelVersion: String, CaseIterable, Sendable {
  case v6_1 = "6.1"
  case v6_12 = "6.12"

  var sourcePackage: String { "linux-source-\(rawValue)" }
}
