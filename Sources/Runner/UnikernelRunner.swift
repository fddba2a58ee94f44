internal import Kernel
public import PackCore

/// Runs a unikernel image in the foreground under QEMU.
public struct UnikernelRunner: Sendable {
  private let context: HostContext
  private let reporter: Reporter
  private let output: Int32
  private let signals: SignalSource

  /// The program's output goes to the descriptor `output`.
  public init(
    _ context: HostContext, reporter: Reporter, output: Int32 = 1, signals: SignalSource = .process
  ) {
    self.context = context
    self.reporter = reporter
    self.output = output
    self.signals = signals
  }

  /// Boots the machine and returns when the program has ended and no process is left. Throws what packc or QEMU did wrong
  /// (exit code 125) and a program that could not be started (4).
  public func run(_ request: RunRequest) throws -> RunOutcome {
    try run(request, try UnikernelImage.open(request.image))
  }

  /// Of an image that was opened.
  func run(_ request: RunRequest, _ image: UnikernelImage) throws -> RunOutcome {
    var session = try MachineSession(
      try setting(request, image), reporter: reporter, output: output, signals: signals)
    do {
      return try session.run()
    } catch let failure as Failure {
      // A machine that met a damaged block is over without a report. What it was is seen from here.
      throw try image.rootDamage().map { RunFailure.damaged($0, after: failure) } ?? failure
    }
  }

  /// Boots the machine until the program listens, or has ended by itself, and says where the time went since `began`
  /// (`HostContext.monotonicClock`). A program that listens is then ended.
  public func measureBoot(_ request: RunRequest, since began: UInt64) throws -> (
    report: BootReport, outcome: RunOutcome
  ) {
    let image = try UnikernelImage.open(request.image)
    let setting = try setting(request, image)
    var session = try MachineSession(setting, measuring: began, reporter: reporter, output: output, signals: signals)
    let outcome = try session.run()
    let command = setting.command
    let machine = BootReport.Machine(
      kernel: image.machine.release, type: command.machine.rawValue, accelerator: command.accelerator.rawValue,
      memory: command.memory, cpus: command.cpus, initrdBytes: image.machine.initrd.size)
    guard let report = session.timeline?.report(machine) else { throw RunFailure.notMeasured() }
    return (report, outcome)
  }

  private func setting(_ request: RunRequest, _ image: UnikernelImage) throws -> MachineSession.Setting {
    let ports = request.publish ?? image.machine.ports.map { PublishedPort(hostPort: $0.number, guest: $0) }
    var command = try command(request, image, ports)
    for port in ports { try port.checkFree() }
    let environment = try Self.environment(request.environment)
    let root = image.root.map { QEMUCommand.Disk(file: $0, serial: RootDisk.serial, isReadOnly: true) }
    let volumes = try VolumeFiles(context: context, reporter: reporter).disks(
      request.volumes, of: image.machine.volumes)
    command.disks = [root].compactMap { $0 } + volumes
    let attached = image.machine.volumes.filter { volume in request.volumes.contains { $0.name == volume.name } }
    return MachineSession.Setting(
      command: command, greeting: environment + attached.map { .disk($0.name) }, ports: ports,
      declared: image.machine.ports, bootLimit: request.bootLimit, core: request.core)
  }

  /// The command line of QEMU for a request, with every choice made.
  func command(_ request: RunRequest, _ image: UnikernelImage, _ ports: [PublishedPort]) throws -> QEMUCommand {
    guard let qemu = context.findTool("qemu-system-x86_64") else {
      throw RunFailure.noTool("qemu-system-x86_64", package: "qemu-system-x86")
    }
    let machine = image.machine
    let memory = request.memory ?? machine.memory.standard
    guard memory >= machine.memory.minimum else {
      throw RunFailure.tooLittleMemory(memory, needed: machine.memory.minimum)
    }
    let cpus = request.cpus ?? machine.cpus
    guard (1...64).contains(cpus) else { throw RunFailure.badCount("cpus", cpus) }
    let probe = AcceleratorProbe(qemu: qemu, kernel: image.kernel, cache: try? context.cacheDirectory())
    let accelerator = try request.accelerator ?? probe.choose()
    return QEMUCommand(
      program: qemu, machine: request.machine ?? machine.qemuMachines.first ?? .q35, accelerator: accelerator,
      memory: memory, cpus: cpus, kernel: image.kernel, initrd: image.initrd,
      cmdline: try image.cmdline() + (request.debug ? " loglevel=7" : ""),
      timestampRate: accelerator == .tcg ? TimestampCounter.measureRate() : nil, network: machine.network,
      forwards: ports.map { .init(address: $0.address, hostPort: $0.hostPort, guestPort: $0.guest) })
  }

  private static func environment(_ variables: [String: String]) throws -> [GuestControl.Message] {
    var total = 0
    return try variables.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { key, value in
      let message = GuestControl.Message.environment("\(key)=\(value)")
      total += key.utf8.count + value.utf8.count + 2
      guard message.fits, total < GuestControl.Message.environmentLimit else {
        throw RunFailure.badVariable(key, "the environment is too large")
      }
      return message
    }
  }
}
