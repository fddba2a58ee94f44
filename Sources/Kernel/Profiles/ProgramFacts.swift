public import PackCore

/// What is known of a program and the machine that it is for, as far as a kernel is concerned.
public struct ProgramFacts: Hashable, Sendable {
  /// For people: `shop (/home/ada/shop)`.
  public var name: String
  /// The pack that built it: `go`, `java`.
  public var pack: String
  public var arguments: [String]
  public var environment: [String: String]
  /// `8080/tcp`: declared, or found in the program; not packc's default.
  public var ports: [String]
  /// Where it connects to: nil when nobody said.
  public var egress: [String]?
  public var cpus: Int
  public var volumes: [String]
  /// The root is a disk.
  public var hasRootDisk = false
  /// Names of the shared libraries that its files are linked with.
  public var libraries: [String]
  public var mode: BuildMode

  public init(
    name: String, pack: String = "", arguments: [String] = [], environment: [String: String] = [:],
    ports: [String] = [], egress: [String]? = nil, cpus: Int = 1, volumes: [String] = [], libraries: [String] = [],
    mode: BuildMode = .release
  ) {
    self.name = name
    self.pack = pack
    self.arguments = arguments
    self.environment = environment
    self.ports = ports
    self.egress = egress
    self.cpus = cpus
    self.volumes = volumes
    self.libraries = libraries
    self.mode = mode
  }
}

/// For every need whether there is it, and why.
public struct ProgramNeeds: Hashable, Sendable {
  public struct Verdict: Hashable, Sendable {
    public let isNeeded: Bool
    public let reason: String
  }
  public private(set) var verdicts: [KernelNeed: Verdict]

  public var needed: Set<KernelNeed> { Set(verdicts.filter(\.value.isNeeded).keys) }

  /// Without those that another one implies: what a kernel's name says.
  public var essential: [KernelNeed] {
    let implied = Set(needed.flatMap(\.implied))
    return needed.subtracting(implied).sorted()
  }

  /// - Parameters:
  ///   - facts: nil when nothing is known of the program; then `asked` is all.
  ///   - asked, refused: what a person says; it counts more than what was found.
  public init(_ facts: ProgramFacts?, asked: [KernelNeed] = [], refused: [KernelNeed] = []) throws {
    verdicts = [:]
    for need in KernelNeed.allCases {
      verdicts[need] =
        facts.map { Self.judge(need, $0) } ?? Verdict(isNeeded: false, reason: "nobody has asked for it")
    }
    for need in asked { verdicts[need] = Verdict(isNeeded: true, reason: "--need \(need.rawValue)") }
    for need in KernelNeed.allCases where verdicts[need]?.isNeeded == true && !refused.contains(need) {
      for implied in need.implied where verdicts[implied]?.isNeeded != true {
        verdicts[implied] = Verdict(isNeeded: true, reason: "\(need.rawValue) cannot be without it")
      }
    }
    for need in refused {
      verdicts[need] = Verdict(isNeeded: false, reason: "--without \(need.rawValue)")
      if let other = asked.first(where: { $0 == need || $0.implied.contains(need) }) {
        throw KernelBuildFailure.contradiction(asked: other, refused: need)
      }
      for other in KernelNeed.allCases where other.implied.contains(need) && verdicts[other]?.isNeeded == true {
        verdicts[other] = Verdict(isNeeded: false, reason: "--without \(need.rawValue), which it cannot be without")
      }
    }
  }

  // MARK: - Rules

  private static func judge(_ need: KernelNeed, _ facts: ProgramFacts) -> Verdict {
    func yes(_ reason: String) -> Verdict { Verdict(isNeeded: true, reason: reason) }
    func no(_ reason: String) -> Verdict { Verdict(isNeeded: false, reason: reason) }
    switch need {
    case .net: return network(facts)
    case .sockets:
      let verdict = network(facts)
      return verdict.isNeeded ? verdict : no("\(verdict.reason); and nothing is known that speaks to another process")
    case .ipv6:
      if let word = sixWord(facts) { return yes("it is started with \(word)") }
      return no("no argument or variable of the program names an IPv6 address")
    case .smp:
      return facts.cpus > 1
        ? yes("the machine has \(facts.cpus) processors (run.cpus)") : no("the machine has one processor (run.cpus)")
    case .block:
      if facts.hasRootDisk { return yes("its root is a disk (run.rootfs)") }
      return facts.volumes.first.map { yes("it has the volume \($0)") }
        ?? no("the root is in memory, and the program has no volume (run.volumes)")
    case .coredump:
      return facts.mode == .debug ? yes("the image is made for debugging") : no("a release image leaves no core file")
    case .hugepages:
      return facts.pack == "java"
        ? yes("the JVM asks for large pages") : no("only the JVM is known to ask for large pages")
    case .aio, .ioUring, .mqueue: return library(need, facts)
    case .acpi: return no("QEMU's microvm names its devices on the command line where there is no ACPI")
    case .pci: return no("QEMU's microvm and Firecracker have no PCI bus")
    case .vsock: return no("packc's machines have no such device")
    case .hardened: return no("the machine holds one program; its boundary is the machine's, not the kernel's")
    case .packedInitrd: return no("packc's initrds are not compressed")
    case .namespaces: return no("packc's init makes none, and programs that do are rare")
    case .seccomp: return no("packc's init sets no filter, and programs that do go on without")
    case .sysvipc: return no("databases use it, and PHP; nothing else of the usual languages")
    case .xattr: return no("nothing of the usual languages sets any")
    }
  }

  private static func network(_ facts: ProgramFacts) -> Verdict {
    if let port = facts.ports.first { return Verdict(isNeeded: true, reason: "it serves \(port)") }
    guard let egress = facts.egress else {
      return Verdict(isNeeded: true, reason: "nobody has said that it connects to nothing (contract.egress)")
    }
    if let host = egress.first { return Verdict(isNeeded: true, reason: "it connects to \(host) (contract.egress)") }
    return Verdict(isNeeded: false, reason: "it serves no port, and connects to nothing (contract.egress)")
  }

  /// An argument or variable with an IPv6 address in it: `[::]:8080`, `--host=::`.
  private static func sixWord(_ facts: ProgramFacts) -> String? {
    func names(_ text: String) -> Bool {
      text.split(whereSeparator: { "=, \t\"'".contains($0) }).contains { word in
        word.hasPrefix("[") && word.contains("::") || word == "::" || word == "::1" || word.contains("//[")
      }
    }
    if let argument = facts.arguments.first(where: names) { return argument }
    return facts.environment.sorted { $0.key < $1.key }.first { names($0.value) }.map { "\($0.key)=\($0.value)" }
  }

  private static let libraries: [KernelNeed: String] = [
    .aio: "libaio.so", .ioUring: "liburing.so", .mqueue: "librt.so",
  ]

  private static func library(_ need: KernelNeed, _ facts: ProgramFacts) -> Verdict {
    let name = libraries[need] ?? ""
    if let found = facts.libraries.first(where: { $0.hasPrefix(name) }) {
      return Verdict(isNeeded: true, reason: "it is linked with \(found)")
    }
    return Verdict(
      isNeeded: false, reason: "none of its libraries is \(name); a static program may use it (--need \(need.rawValue))"
    )
  }
}
