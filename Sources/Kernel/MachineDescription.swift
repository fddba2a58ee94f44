public import PackCore

/// `machine.json`: what a unikernel image needs from a machine, for packc's runner and for any other monitor. Kernel,
/// initrd and command line lie beside it as plain files.
public struct MachineDescription: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    /// Its name in the directory of `machine.json`.
    public let name: String
    public let digest: Digest
    public let size: Int64
    public init(name: String, digest: Digest, size: Int64) {
      self.name = name
      self.digest = digest
      self.size = size
    }
  }
  public struct Memory: Hashable, Sendable {
    /// MiB below which the initrd cannot be unpacked.
    public let minimum: Int
    /// MiB that a machine gets when nothing else is asked for.
    public let standard: Int
  }

  /// What starts the program in the machine.
  public enum Guest: String, Sendable {
    /// packc's init on Linux.
    case linux
    /// Unikraft's ELF loader: no init, no control channel.
    case unikraft
  }

  public let guest: Guest
  public let kernel: File
  public let initrd: File
  /// Nil for a root that is in the initrd.
  public let root: RootDisk?
  public let cmdline: File
  /// The digest of the kernel in the catalog (its manifest), and its release.
  public let kernelManifest: Digest
  public let release: String
  public let mode: BuildMode
  public let memory: Memory
  public let cpus: Int
  public let network: GuestNetwork
  public let ports: [GuestPort]
  public let volumes: [GuestVolume]
  /// Where the program may connect to (`contract.egress`: `api.example.com:443`); nil where nobody has said.
  public let egress: [String]?
  /// Machine types of QEMU that this kernel works with, the preferred one first.
  public let qemuMachines: [QEMUMachine]
  /// False for a kernel without ACPI: microvm is started with `acpi=off` then.
  public let hasACPI: Bool
  /// It finds a microvm's devices on the command line, too. Interpreting ACPI's tables is a tenth of such a kernel's boot
  /// under TCG.
  public let worksWithoutACPI: Bool
  public let architecture: Platform.Architecture

  public init(
    kernel: File, initrd: File, root: RootDisk? = nil, cmdline: File, kernelManifest: Digest, release: String,
    mode: BuildMode,
    memory: Memory, cpus: Int, network: GuestNetwork, ports: [GuestPort], volumes: [GuestVolume] = [],
    egress: [String]? = nil, qemuMachines: [QEMUMachine],
    hasACPI: Bool = true, worksWithoutACPI: Bool = false, architecture: Platform.Architecture = .amd64,
    guest: Guest = .linux
  ) {
    self.guest = guest
    self.kernel = kernel
    self.initrd = initrd
    self.root = root
    self.cmdline = cmdline
    self.kernelManifest = kernelManifest
    self.release = release
    self.mode = mode
    self.memory = memory
    self.cpus = cpus
    self.network = network
    self.ports = ports
    self.volumes = volumes
    self.egress = egress
    self.qemuMachines = qemuMachines
    self.hasACPI = hasACPI
    self.worksWithoutACPI = worksWithoutACPI
    self.architecture = architecture
  }

  /// The kernel's name of the serial line: a PC's 8250, and the PL011 of QEMU's `virt`.
  static func console(_ architecture: Platform.Architecture) -> String {
    architecture == .arm64 ? "ttyAMA0" : "ttyS0"
  }

  public var json: JSONValue {
    func file(_ file: File) -> JSONValue {
      ["file": .string(file.name), "digest": JSONValue(file.digest), "size": .integer(file.size)]
    }
    let isLinux = guest == .linux
    let devices =
      (isLinux ? ["virtio-net", "virtio-rng", "virtio-serial"] : ["virtio-net"])
      + (root == nil ? [] : ["virtio-blk"])
    return JSONValue(compact: [
      "schema": 1, "guest": isLinux ? nil : .string(guest.rawValue), "architecture": .string(architecture.rawValue),
      "mode": .string(mode.rawValue), "kernel": file(kernel),
      "initrd": file(initrd), "root": root?.json, "cmdline": file(cmdline),
      "catalog": ["digest": JSONValue(kernelManifest), "release": .string(release)],
      "memory": [
        "minimum_mib": .integer(Int64(memory.minimum)), "default_mib": .integer(Int64(memory.standard)),
      ],
      "cpus": .integer(Int64(cpus)), "console": .string(Self.console(architecture)),
      "devices": JSONValue(strings: devices),
      "control": isLinux ? .string(GuestControl.portName) : nil,
      "output": isLinux ? .string(GuestControl.outputPortName) : nil,
      "network": [
        "address": .string(network.address), "gateway": .string(network.gateway),
        "nameserver": .string(network.nameserver),
      ],
      "volumes": .array(volumes.map(\.json)), "egress": egress.map { JSONValue(strings: $0) },
      "ports": .array(ports.map { ["port": .integer(Int64($0.number)), "protocol": .string($0.transport.rawValue)] }),
      "hypervisors": [
        // The rate of the time-stamp counter is the host's: whoever starts the machine appends it in kHz.
        "qemu": JSONValue(compact: [
          "machines": JSONValue(strings: qemuMachines.map(\.rawValue)),
          "append_under_tcg": architecture == .amd64 && isLinux
            ? .string("tsc_early_khz=KHZ \(QEMUCommand.timerWords)") : nil,
          "acpi": hasACPI ? nil : false,
          "works_without_acpi": worksWithoutACPI ? true : nil,
        ])
      ],
    ])
  }

  /// Reads `machine.json`.
  public init(json: JSONValue) throws {
    func file(_ reader: JSONReader) throws -> File {
      let name = try reader.required("file")
      guard let text = try? name.string(), RootPath.root.appending(component: Array(text.utf8)) != nil else {
        throw name.failure("not a file's name")
      }
      return File(
        name: text, digest: try reader.required("digest").digest(),
        size: try reader.required("size").integer(in: 0 ... .max))
    }
    func choice<Value: RawRepresentable<String>>(_ reader: JSONReader, _ type: Value.Type) throws -> Value {
      guard let value = Value(rawValue: try reader.string()) else {
        throw reader.failure("a value that this packc does not know")
      }
      return value
    }
    func number(_ reader: JSONReader, _ range: ClosedRange<Int64>) throws -> Int { Int(try reader.integer(in: range)) }

    let reader = JSONReader(json)
    _ = try reader.required("schema").integer(in: 1...1)
    architecture = try choice(try reader.required("architecture"), Platform.Architecture.self)
    guest = try reader.optional("guest").map { try choice($0, Guest.self) } ?? .linux
    mode = try choice(try reader.required("mode"), BuildMode.self)
    kernel = try file(try reader.required("kernel"))
    initrd = try file(try reader.required("initrd"))
    root = try reader.optional("root").map(RootDisk.init)
    cmdline = try file(try reader.required("cmdline"))
    let catalog = try reader.required("catalog")
    kernelManifest = try catalog.required("digest").digest()
    release = try catalog.required("release").string()
    let memory = try reader.required("memory")
    self.memory = Memory(
      minimum: try number(try memory.required("minimum_mib"), 1...(1 << 30)),
      standard: try number(try memory.required("default_mib"), 1...(1 << 30)))
    cpus = try number(try reader.required("cpus"), 1...256)
    let network = try reader.required("network")
    self.network = GuestNetwork(
      address: try network.required("address").string(), gateway: try network.required("gateway").string(),
      nameserver: try network.required("nameserver").string())
    ports = try reader.required("ports").array().map {
      GuestPort(
        number: UInt16(try number(try $0.required("port"), 1...65535)),
        transport: try choice(try $0.required("protocol"), GuestPort.Transport.self))
    }
    volumes = try reader.optional("volumes")?.array().map(GuestVolume.init) ?? []
    egress = try reader.optional("egress")?.strings()
    let qemu = try reader.required("hypervisors").required("qemu")
    qemuMachines = try qemu.required("machines").array().map { try choice($0, QEMUMachine.self) }
    hasACPI = try qemu.optional("acpi")?.bool() ?? true
    worksWithoutACPI = try qemu.optional("works_without_acpi")?.bool() ?? false
    guard !qemuMachines.isEmpty else { throw reader.failure("no machine of QEMU is named") }
  }
}

/// A port that the program serves.
public struct GuestPort: Hashable, Sendable, CustomStringConvertible {
  public enum Transport: String, Sendable { case tcp, udp }
  public let number: UInt16
  public let transport: Transport

  public init(number: UInt16, transport: Transport = .tcp) {
    self.number = number
    self.transport = transport
  }

  /// `8080`, `8080/tcp`, `53/udp`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let number = UInt16(first), number > 0, parts.count <= 2,
      let transport = Transport(rawValue: parts.count == 2 ? String(parts[1]) : "tcp")
    else { return nil }
    self.init(number: number, transport: transport)
  }

  public var description: String { "\(number)/\(transport.rawValue)" }
}

extension MachineDescription.Memory {
  /// What unpacking an uncompressed initrd takes: the archive and its files at once, beside the kernel. Measured with
  /// Debian's 6.1: it boots a 1 MB initrd in 96 MiB and one of 74 MB in 240 MiB.
  ///
  /// - Parameter isTailored: the kernel is packc's own. Measured with `default` 6.1 (3 MiB): initrds of 1.6, 7.3 and
  ///   45.4 MiB boot in 42, 49 and 126 MiB and not in one less; for arm64 (5.2 MiB) one of 7.2 MiB boots in 43. Twelve of
  ///   it are what the kernel keeps ready to read from packc's two ports.
  init(initrdSize: Int64, kernelSize: Int64, isTailored: Bool = false) {
    let mebibyte: Int64 = 1 << 20
    let kernel = (isTailored ? 32 : 72) + 2 * ((kernelSize + mebibyte - 1) / mebibyte)
    let root = 2 * ((initrdSize + mebibyte - 1) / mebibyte)
    minimum = Int(kernel + root)
    standard = max(256, (minimum + 128 + 31) / 32 * 32)
  }
}
