internal import Kernel
public import PackCore

/// Runs a unikernel image in the foreground under QEMU.
public struct UnikernelRunner: Sendable {
  let context: HostContext
  let reporter: Reporter
  let output: Int32
  let signals: SignalSource

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
    guard image.machine.guest == .linux else { return try runUnikraft(request, image) }
    var session = try MachineSession(
      try setting(request, image), reporter: reporter, output: output, signals: signals)
    do {
      return try session.run()
    } catch let failure as Failure {
      // A machine that met a damaged block is over without a report. What it was is seen from here.
      throw try image.rootDamage().map { RunFailure.damaged($0, after: failure) } ?? failure
    }
  }

  /// The same for a supervisor: the program's output and what becomes known of the machine go to those of `supervision`.
  public func run(_ request: RunRequest, supervision: Supervision) throws -> RunOutcome {
    let image = try UnikernelImage.open(request.image)
    guard image.machine.guest == .linux else { throw RunFailure.unikraftLacks("way to be supervised yet") }
    var setting = try setting(request, image)
    setting.environment = supervision.environment
    var session = try MachineSession(
      setting, supervision: supervision, reporter: reporter, output: output, signals: signals)
    do {
      return try session.run()
    } catch let failure as Failure {
      throw try image.rootDamage().map { RunFailure.damaged($0, after: failure) } ?? failure
    }
  }

  /// Boots the machine until the program listens, or has ended by itself, and says where the time went since `began`
  /// (`HostContext.monotonicClock`). A program that listens is then ended.
  public func measureBoot(_ request: RunRequest, since began: UInt64) throws -> (
    report: BootReport, outcome: RunOutcome
  ) {
    let image = try UnikernelImage.open(request.image)
    guard image.machine.guest == .linux else { throw RunFailure.unikraftLacks("boot report") }
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
    let filter = try image.machine.egress.map {
      try EgressFilter($0, nameserver: image.machine.network.nameserver, ports: ports.map(\.guest))
    }
    let passt = try filter != nil || ports.contains(where: \.isIPv6) ? passt(ports) : nil
    command.hidesMemory = !request.secrets.isEmpty
    let environment = try Self.environment(request.environment.merging(request.secrets) { $1 })
    let root = image.root.map { QEMUCommand.Disk(file: $0, serial: RootDisk.serial, isReadOnly: true) }
    let volumes = try VolumeFiles(context: context, reporter: reporter).disks(
      request.volumes, of: image.machine.volumes)
    command.disks = [root].compactMap { $0 } + volumes
    let attached = image.machine.volumes.filter { volume in request.volumes.contains { $0.name == volume.name } }
    return MachineSession.Setting(
      command: command, greeting: environment + attached.map { .disk($0.name) }, ports: ports,
      declared: image.machine.ports, passt: passt, filter: filter, bootLimit: request.bootLimit,
      core: request.secrets.isEmpty ? request.core : nil, locks: request.locks)
  }

  private func passt(_ ports: [PublishedPort]) throws -> HostPath {
    try PasstNetwork.check(ports)
    guard let tool = context.findTool("passt") else { throw RunFailure.noTool("passt", package: "passt") }
    return tool
  }

  /// The command line of QEMU for a request, with every choice made.
  func command(_ request: RunRequest, _ image: UnikernelImage, _ ports: [PublishedPort]) throws -> QEMUCommand {
    let machine = image.machine
    let type = request.machine ?? machine.qemuMachines.first ?? .q35
    guard type.architecture == machine.architecture else {
      throw RunFailure.otherArchitecture(type, machine.architecture)
    }
    let (program, package) = type.program
    guard let qemu = context.findTool(program) else { throw RunFailure.noTool(program, package: package) }
    let memory = request.memory ?? machine.memory.standard
    guard memory >= machine.memory.minimum else {
      throw RunFailure.tooLittleMemory(memory, needed: machine.memory.minimum)
    }
    guard machine.qemuMachines.contains(type) else { throw RunFailure.otherMachine(type, machine) }
    let cpus = request.cpus ?? machine.cpus
    guard (1...64).contains(cpus) else { throw RunFailure.badCount("cpus", cpus) }
    let accelerator = try request.accelerator ?? accelerator(for: image, qemu)
    // See QEMUCommand: it is the timer that makes the difference.
    let isFaster =
      accelerator == .tcg && type == .microvm && cpus == 1 && machine.hasACPI && machine.worksWithoutACPI
    return QEMUCommand(
      program: qemu, machine: type, accelerator: accelerator,
      memory: memory, cpus: cpus, kernel: image.kernel, initrd: image.initrd,
      cmdline: try image.cmdline() + (isFaster ? " \(QEMUCommand.withoutACPI)" : "")
        + (request.debug ? " loglevel=7" : ""),
      timestampRate: accelerator == .tcg && machine.architecture == .amd64 ? TimestampCounter.measureRate() : nil,
      network: machine.network,
      forwards: ports.map { .init(address: $0.address, hostPort: $0.hostPort, guestPort: $0.guest) })
  }

  /// KVM runs the host's own instructions only, and is probed with a PC.
  private func accelerator(for image: UnikernelImage, _ qemu: HostPath) throws -> Accelerator {
    guard image.machine.architecture == .amd64, Platform.host.architecture == .amd64 else { return .tcg }
    let probe = AcceleratorProbe(qemu: qemu, kernel: image.kernel, cache: try? context.cacheDirectory())
    return try image.machine.guest == .linux ? probe.choose() : probe.remembered()
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
