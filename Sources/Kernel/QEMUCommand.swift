public import PackCore

/// The machine types of QEMU that packc knows.
public enum QEMUMachine: String, Sendable, CaseIterable {
  /// No PCI, no BIOS screen: the quickest start. Devices are found by ACPI, or named on the command line.
  case microvm
  /// A PC with PCI, for kernels without virtio-mmio.
  case q35
  /// QEMU's machine for arm64, described to the kernel by a device tree.
  case virt

  public var architecture: Platform.Architecture { self == .virt ? .arm64 : .amd64 }
  /// QEMU's program for it, and Debian's package of that.
  public var program: (name: String, package: String) {
    self == .virt ? ("qemu-system-aarch64", "qemu-system-arm") : ("qemu-system-x86_64", "qemu-system-x86")
  }
  /// What the names of virtio devices end with.
  var bus: String { self == .q35 ? "pci" : "device" }
}

/// What runs the guest's instructions.
public enum Accelerator: String, Sendable, CaseIterable {
  case tcg, kvm
}

/// The command line of QEMU for one machine, as a value.
public struct QEMUCommand: Sendable {
  /// A port of the host that leads to one of the guest.
  public struct Forward: Hashable, Sendable {
    /// An IPv4 address of the host.
    public var address: String
    public var hostPort: UInt16
    public var guestPort: GuestPort
    public init(address: String, hostPort: UInt16, guestPort: GuestPort) {
      self.address = address
      self.hostPort = hostPort
      self.guestPort = guestPort
    }
  }

  /// A file of this host that is a disk of the guest.
  public struct Disk: Hashable, Sendable {
    public var file: HostPath
    /// By which the guest knows it.
    public var serial: String
    public var isReadOnly: Bool
    public init(file: HostPath, serial: String, isReadOnly: Bool = false) {
      self.file = file
      self.serial = serial
      self.isReadOnly = isReadOnly
    }
  }

  public var program: HostPath
  public var machine: QEMUMachine
  public var accelerator: Accelerator
  /// MiB
  public var memory: Int
  public var cpus: Int
  public var kernel: HostPath
  public var initrd: HostPath
  public var cmdline: String
  /// kHz of the host's time-stamp counter, see `arguments`.
  public var timestampRate: UInt64?
  public var network: GuestNetwork
  public var forwards: [Forward]
  /// The child's descriptor of a socket to a network that somebody else makes (frames with their length before them);
  /// nil for QEMU's own.
  public var networkDescriptor: Int32?
  public var disks: [Disk] = []
  /// The child's descriptor of a socket, over which QEMU says that it is ready and waits to be told to go on
  /// (QMP); nil for a machine that starts by itself.
  public var monitorDescriptor: Int32?
  /// What the guest has in memory is in no core dump of QEMU.
  public var hidesMemory = false
  /// False for a guest without packc's init: no control channel, no output port, and no device that only a Linux would use.
  public var hasControl = true
  /// The child's descriptors of three connected stream sockets: the serial line, the control channel, the program's output.
  public var consoleDescriptor: Int32 = 3
  public var controlDescriptor: Int32 = 4
  public var outputDescriptor: Int32 = 5

  public init(
    program: HostPath, machine: QEMUMachine, accelerator: Accelerator, memory: Int, cpus: Int, kernel: HostPath,
    initrd: HostPath, cmdline: String, timestampRate: UInt64?, network: GuestNetwork = .qemuUser,
    forwards: [Forward] = []
  ) {
    self.program = program
    self.machine = machine
    self.accelerator = accelerator
    self.memory = memory
    self.cpus = cpus
    self.kernel = kernel
    self.initrd = initrd
    self.cmdline = cmdline
    self.timestampRate = timestampRate
    self.network = network
    self.forwards = forwards
  }

  /// argv. Nothing comes from QEMU's configuration files or defaults; a guest that ends or restarts ends QEMU; the
  /// channels are sockets that packc made, so no path and no port of them can be in anybody's way.
  public var arguments: [String] {
    let bus = machine.bus
    // Without the option ROM QEMU needs no file for network boot.
    let rom = bus == "pci" ? ",romfile=" : ""
    var arguments = [program.description, "-M", machineArgument, "-accel", accelerator.rawValue]
    // Devices of virtio 1, as microvm has them.
    if machine == .virt { arguments += ["-global", "virtio-mmio.force-legacy=false"] }
    arguments += ["-cpu", processor, "-smp", String(cpus), "-m", "\(memory)M"]
    arguments += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    arguments += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny"]
    arguments += ["-kernel", kernel.description, "-initrd", initrd.description, "-append", fullCmdline]
    arguments += ["-chardev", "socket,id=console,fd=\(consoleDescriptor)", "-serial", "chardev:console"]
    if hasControl { arguments += controlArguments(bus) }
    arguments += ["-netdev", netdev, "-device", "virtio-net-\(bus),netdev=net\(rom)"]
    for index in disks.indices { arguments += diskArguments(index, bus) }
    return arguments + monitorArguments
  }

  private func controlArguments(_ bus: String) -> [String] {
    [
      "-chardev", "socket,id=control,fd=\(controlDescriptor)", "-device", "virtio-serial-\(bus),\(Self.ports)",
      "-device", "virtserialport,chardev=control,name=\(GuestControl.portName)",
      "-chardev", "socket,id=output,fd=\(outputDescriptor)",
      "-device", "virtserialport,chardev=output,name=\(GuestControl.outputPortName)", "-device", "virtio-rng-\(bus)",
    ]
  }

  private func diskArguments(_ index: Int, _ bus: String) -> [String] {
    let disk = disks[index]
    // A comma ends a value unless it is doubled.
    let file = disk.file.description.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    return [
      "-drive",
      "if=none,id=disk\(index),format=raw,readonly=\(disk.isReadOnly ? "on" : "off"),discard=unmap,file=\(file)",
      "-device", "virtio-blk-\(bus),drive=disk\(index),serial=\(disk.serial)",
    ]
  }

  private var monitorArguments: [String] {
    guard let monitorDescriptor else { return [] }
    return ["-S", "-chardev", "socket,id=monitor,fd=\(monitorDescriptor)", "-mon", "chardev=monitor,mode=control"]
  }

  /// Port 0 is a console of another kind, the others are ours. The kernel sets up queues for all that there may be: the
  /// 31 of QEMU's default cost the guest 3.5 MiB.
  private static let ports = "max_ports=3"
  static let timerWords = "tsc=reliable no_timer_check"
  /// Of the kernel's command line: it has no ACPI. QEMU then appends `virtio_mmio.device=…` for each device.
  public static let withoutACPI = "acpi=off"

  private var isWithoutACPI: Bool { cmdline.split(separator: " ").contains { $0 == Self.withoutACPI } }

  /// Under TCG a PC does not say that it is quick at copying byte by byte (erms, fsrm): it is eight times slower at that
  /// than at copying words, and programs and kernels believe what the processor says.
  private var processor: String {
    if accelerator == .kvm { return "host" }
    return machine.architecture == .amd64 ? "max,-erms,-fsrm" : "max"
  }

  private var machineArgument: String { machineType + (hidesMemory ? ",dump-guest-core=off" : "") }

  private var machineType: String {
    switch machine {
    case .microvm: return machine.rawValue + (isWithoutACPI ? ",\(Self.withoutACPI)" : "")
    // The default one serves eight processors.
    case .virt: return "\(machine.rawValue),gic-version=max"
    case .q35: return machine.rawValue
    }
  }

  /// Under TCG the guest's counter is the host's, and a guest that measures its rate by a timer that a busy host
  /// delivers late hangs in calibration (microvm: 10 of 10 times): it is told the rate. Nor may it judge the counter by
  /// that timer later on: it would give it up, and with it every clock that is finer than a tick. For the same reason
  /// it does not try whether the timer's interrupt arrives, which takes it 50 to 300 ms on a machine without ACPI.
  ///
  /// One processor does not need its kernel's locks, but taking them out changes code in a thousand places, which takes
  /// an emulator 50 to 90 ms. Without ACPI it gets its ticks from the old timer (the PIT): to find out how fast the local
  /// APIC's timer is takes a kernel another 100 ms.
  private var fullCmdline: String {
    guard accelerator == .tcg, let timestampRate else { return cmdline }
    var words = [cmdline, "tsc_early_khz=\(timestampRate)", Self.timerWords]
    if cpus == 1 { words.append("noreplace-smp") }
    if cpus == 1, machine == .microvm, isWithoutACPI { words.append("nolapic_timer") }
    return words.joined(separator: " ")
  }

  private var netdev: String {
    if let networkDescriptor {
      return "stream,id=net,server=off,addr.type=fd,addr.str=\(networkDescriptor)"
    }
    // Commas in addresses cannot occur: both are parsed.
    let forwards = forwards.map {
      ",hostfwd=\($0.guestPort.transport.rawValue):\($0.address):\($0.hostPort)-\(network.host):\($0.guestPort.number)"
    }
    return "user,id=net" + forwards.joined()
  }
}
